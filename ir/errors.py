"""The exception tree. Every error that adjit raises on purpose derives from `AdjitError`.

Messages follow one form: what was met (file, line, expression), why it cannot be done, what to
write instead. `Location` carries the first part; `AdjitError` puts the parts together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Location:
    """A place in the user's code: where a value or an error comes from."""

    file: str
    line: int
    function: str = ""
    text: str = ""

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}"
        return f"{where}, in {self.function}" if self.function else where


class AdjitError(Exception):
    """Base class of all errors of adjit.

    Parameters
    ----------
    reason:
        What was met and why it cannot be done, one sentence.
    remedy:
        What to write instead.
    location:
        The user's line; filled in by the tracer where the raiser does not know it.
    """

    def __init__(self, reason: str, *, remedy: str = "", location: Location | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.remedy = remedy
        self.location = location

    def __str__(self) -> str:
        parts = []
        if self.location is not None:
            parts.append(str(self.location))
            if self.location.text:
                parts.append(f"    {self.location.text}")
        parts.append(self.reason)
        if self.remedy:
            parts.append(f"Instead: {self.remedy}")
        return "\n".join(parts)


class TraceError(AdjitError):
    """The function cannot be captured."""


class UnsupportedError(TraceError, NotImplementedError):
    """A function, method, keyword or statement that adjit does not differentiate."""


class DataDependentError(TraceError, TypeError):
    """Python needed the number behind a traced value (`if`, `while`, `int()`, `float()`, ...)."""


class LeakedTraceError(TraceError):
    """A traced value was used after, or outside of, the trace that it belongs to."""


class ShapeError(AdjitError, ValueError):
    """Shapes that do not fit together."""


class DTypeError(AdjitError, TypeError):
    """A dtype that cannot be differentiated or is not supported (complex, object, ...)."""


class IndexingError(AdjitError, IndexError):
    """An index out of range, or a form of indexing that is not supported."""


class MatrixError(AdjitError, np.linalg.LinAlgError):
    """A matrix that is not square, singular, or not positive definite, where it must be."""


class ArgumentError(AdjitError, TypeError):
    """Wrong `argnums`, `static_argnums`, or call arguments."""


class OutputError(AdjitError, TypeError):
    """The function's output cannot be differentiated (not a scalar, not a float)."""


class CheckError(AdjitError, AssertionError):
    """A gradient does not agree with its independent check."""


class CacheError(AdjitError, OSError):
    """The cache folder cannot be used safely."""


class InternalError(AdjitError, RuntimeError):
    """A broken invariant inside adjit: always a bug of adjit."""
