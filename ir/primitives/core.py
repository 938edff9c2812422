"""What a primitive is, and the registry of all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from adjit.ir.errors import InternalError
from adjit.ir.values import Type

TypeRule = Callable[[Sequence[Type], Mapping[str, Any], Sequence[Any]], tuple[Type, ...]]


@dataclass(frozen=True, slots=True, eq=False)
class Primitive:
    """An operation of the graph. Compared by identity; `name` is unique.

    Attributes
    ----------
    name:
        Unique, also the key of each consumer's table (derivative rule, NumPy form, numba form).
    kind:
        "elementwise" (inputs broadcast against each other, one output), "structural", "region".
    type_rule:
        (input types, params, regions) -> output types; raises `InternalError` for a misuse.
    formula:
        For elementwise primitives with a scalar formula: a sympy expression in `x`, `y`, from
        which the derivative rules are derived; "" where the rule is given by hand.
    """

    name: str
    kind: str
    type_rule: TypeRule
    formula: str = ""

    def __repr__(self) -> str:
        return self.name


PRIMITIVES: dict[str, Primitive] = {}


def register(primitive: Primitive) -> Primitive:
    """Add a primitive to the registry."""
    if primitive.name in PRIMITIVES:
        raise InternalError(f"primitive {primitive.name!r} is registered twice")
    PRIMITIVES[primitive.name] = primitive
    return primitive


def require(condition: bool, message: str) -> None:
    """Raise `InternalError` unless `condition`: type rules state what a pass must never break."""
    if not condition:
        raise InternalError(message)
