"""Types, values and literals: what stands at the edges of equations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from adjit.ir.dims import Size, product
from adjit.ir.errors import Location

Shape = tuple[Size, ...]
Number = bool | int | float


@dataclass(frozen=True, slots=True)
class Type:
    """dtype and shape of an array; a scalar has shape ()."""

    dtype: np.dtype[np.generic]
    shape: Shape = ()

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> Size:
        return product(self.shape)

    @property
    def is_float(self) -> bool:
        return self.dtype.kind == "f"

    def with_shape(self, shape: Shape) -> Type:
        return Type(self.dtype, tuple(shape))

    def with_dtype(self, dtype: np.dtype[np.generic]) -> Type:
        return Type(np.dtype(dtype), self.shape)

    def __str__(self) -> str:
        return f"{self.dtype.name}[{', '.join(map(str, self.shape))}]"


class Value:
    """One SSA value. Compared by identity.

    `name` is the user's variable, where there is one (`z1`), or a suggestion for the generated
    code (`dz1`); it need not be unique. `location` is the user's line that it comes from.
    """

    __slots__ = ("location", "name", "type")

    def __init__(self, type: Type, name: str = "", location: Location | None = None) -> None:
        self.type = type
        self.name = name
        self.location = location

    @property
    def shape(self) -> Shape:
        return self.type.shape

    @property
    def dtype(self) -> np.dtype[np.generic]:
        return self.type.dtype

    def __repr__(self) -> str:
        return f"<{self.name or 'value'}: {self.type}>"


@dataclass(frozen=True, slots=True)
class Literal:
    """A scalar constant with its dtype. `value` is a Python bool, int or float."""

    value: Number
    dtype: np.dtype[np.generic]

    @property
    def type(self) -> Type:
        return Type(self.dtype)

    @property
    def shape(self) -> Shape:
        return ()

    def is_value(self, number: Number) -> bool:
        """True when this is exactly `number` (-0.0 is not 0.0)."""
        return self.value == number and (number != 0 or str(self.value)[0] != "-")

    def _identity(self) -> tuple[str, str, np.dtype[np.generic]]:
        return type(self.value).__name__, repr(self.value), self.dtype

    def __eq__(self, other: object) -> bool:
        """Equal in kind, sign and dtype: 0.0 and -0.0, 1 and True differ; nan equals nan."""
        return isinstance(other, Literal) and self._identity() == other._identity()

    def __hash__(self) -> int:
        return hash(self._identity())

    def __repr__(self) -> str:
        return repr(self.value)


Operand = Value | Literal


def literal(value: Number | np.generic, dtype: DTypeLike | None = None) -> Literal:
    """A literal of `dtype`, or of the value's own: bool, int64 or float64."""
    plain = value.item() if isinstance(value, np.generic) else value
    if dtype is None:
        dtype = (
            np.bool_
            if isinstance(plain, bool)
            else (np.int64 if isinstance(plain, int) else np.float64)
        )
    dt: np.dtype[Any] = np.dtype(dtype)
    if dt.kind == "f":
        plain = float(dt.type(plain)) if dt != np.float64 else float(plain)
    elif dt.kind == "b":
        plain = bool(plain)
    else:
        plain = int(plain)
    return Literal(plain, dt)
