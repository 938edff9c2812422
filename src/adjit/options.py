"""`options`: how derivatives are made, for a block of code."""

from __future__ import annotations

import os
import re
from contextvars import ContextVar, Token
from dataclasses import dataclass
from functools import cache
from types import TracebackType
from typing import Any

from adjit.errors import ArgumentError
from adjit.ir.graph import Graph
from adjit.ir.primitives import regions as rg

#: Bytes of saved forward values up to which "auto" saves all of them.
MEMORY_LIMIT = 2**30
_FORMS = 'one of "auto", "none", "sqrt", "revolve:K" with K snapshots, such as "revolve:10"'


@dataclass(frozen=True, slots=True)
class Options:
    """Settings of a derivative, see `options`."""

    checkpoint: str
    memory_limit: int


_chosen: ContextVar[Options | None] = ContextVar("adjit_options", default=None)
#: The options of the enclosing `with` block, one object for equal ones; None outside of any.
chosen = _chosen.get


def present() -> Options:
    """The options that hold here: of the enclosing block, else of the environment."""
    return chosen() or _from_environment()


def matter(graph: Graph) -> bool:
    """True for a graph that options may change: one with loops."""
    return any(
        eqn.primitive in (rg.loop, rg.while_) or any(map(matter, eqn.regions))
        for eqn in graph.equations
    )


class options:
    """Choose how gradients of loops are made, for the calls inside of a `with` block.

    The gradient of a loop needs values of the forward loop. All of them can be saved, or some of
    them, from which the others are computed once more; that takes less memory and more time.

    Parameters
    ----------
    checkpoint:
        "none" saves the values of every iteration. "sqrt" saves the carried values of about
        `sqrt(n)` of n iterations, and runs each iteration once more. "revolve:K" saves K of them
        at a time and chooses which by the schedule of Griewank and Walther. "auto" is "none" where
        the saved values take no more than `memory_limit` bytes with the sizes of the call that is
        traced, else "sqrt": later calls with larger sizes run the same code.
    memory_limit:
        For "auto", in bytes; 1 GiB by default.

    What is left out is as around the block: at first as the environment variables
    ADJIT_CHECKPOINT and ADJIT_MEMORY_LIMIT say. Options count when a function is first called with
    arguments of some kind; the code made for one choice is not used for another. They hold for the
    thread, or asyncio task, that entered the block.

    Raises
    ------
    ArgumentError
        For a value that is none of these.

    Notes
    -----
    Griewank and Walther, "Algorithm 799: revolve", ACM Transactions on Mathematical Software 26
    (2000), 19-45.

    Examples
    --------
    >>> import adjit
    >>> import numpy as np
    >>> @adjit.grad
    ... def last(x):
    ...     for _ in range(100):
    ...         x = np.sin(x)
    ...     return x
    >>> with adjit.options(checkpoint="sqrt"):
    ...     slope = last(1.0)
    """

    def __init__(self, *, checkpoint: str | None = None, memory_limit: int | None = None) -> None:
        self._checkpoint = None if checkpoint is None else _policy(checkpoint, "checkpoint")
        self._limit = None if memory_limit is None else _limit(memory_limit, "memory_limit")
        self._tokens: list[Token[Options | None]] = []

    def __enter__(self) -> Options:
        around = present()
        entered = _options(
            around.checkpoint if self._checkpoint is None else self._checkpoint,
            around.memory_limit if self._limit is None else self._limit,
        )
        self._tokens.append(_chosen.set(entered))
        return entered

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        _chosen.reset(self._tokens.pop())


@cache
def _options(checkpoint: str, memory_limit: int) -> Options:
    return Options(checkpoint, memory_limit)


def _from_environment() -> Options:
    named = os.environ.get("ADJIT_CHECKPOINT", "").strip() or "auto"
    limit = os.environ.get("ADJIT_MEMORY_LIMIT", "").strip() or str(MEMORY_LIMIT)
    return _options(
        _policy(named, "ADJIT_CHECKPOINT"),
        _limit(int(limit) if limit.isdecimal() else limit, "ADJIT_MEMORY_LIMIT"),
    )


def _policy(policy: Any, what: str) -> str:
    known = isinstance(policy, str) and re.fullmatch(r"auto|none|sqrt|revolve:[1-9]\d*", policy)
    if not known:
        raise ArgumentError(f"{what}={policy!r} is not known", remedy=f"give {_FORMS}")
    return str(policy)


def _limit(limit: Any, what: str) -> int:
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 0:
        raise ArgumentError(
            f"{what}={limit!r} is not a number of bytes", remedy="give an int, such as 2**30"
        )
    return limit
