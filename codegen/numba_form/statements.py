"""What the emitter works on: recipes (values computed where they are read), memories, statements.

A value is either *virtual*: it has a recipe, and every reader computes it in place; or *stored*:
statements write it into a memory. Fusion decides which virtual values are better stored.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from adjit.codegen.numba_form.scopes import Scope
from adjit.codegen.numba_form.space import Axis, Index
from adjit.ir.dims import Size
from adjit.ir.graph import Equation
from adjit.ir.values import Literal, Operand, Type, Value

Map = Callable[[Index], Index]
Term = tuple[Operand, Index]


@dataclass(frozen=True, slots=True, eq=False)
class Recipe:
    """`value[i] = name(operand[map(i)], ...)`.

    `name` is an elementwise primitive; "copy": the one operand, moved; "count": the number that
    the index expression `number(i)` gives.
    """

    name: str
    operands: tuple[Operand, ...] = ()
    maps: tuple[Map, ...] = ()
    number: Callable[[Index], Size] | None = None

    def terms(self, index: Index) -> list[Term]:
        """What an element is computed from."""
        return [(x, move(index)) for x, move in zip(self.operands, self.maps, strict=True)]


@dataclass(slots=True, eq=False)
class Memory:
    """An array that values live in: an input, an output or a temporary.

    `whole`: all its axes are needed (something looks at it as one block). `base`: this is the
    memory of another array under another shape. `mutable`: several statements write it, at several
    times. `moves`: the variable that holds the array is bound anew. `pinned`: the value must be
    computed where its statement stands, for what it is computed from is about to be overwritten.
    `made`: the scope where it comes up. `versions`: the values that have lived in it, in order.
    """

    type: Type
    kind: str
    wish: str
    layout: str = "C"
    whole: bool = False
    base: Memory | None = None
    output: int = -1
    mutable: bool = False
    moves: bool = False
    pinned: bool = False
    made: Scope | None = None
    versions: list[Value] = field(default_factory=list)

    @property
    def owner(self) -> Memory:
        return self.base.owner if self.base is not None else self


@dataclass(frozen=True, slots=True, eq=False)
class Factors:
    """The triangular factors of matrices, and how their rows changed places."""

    matrix: Value
    pivots: Value


@dataclass(slots=True, eq=False)
class Statement:
    """Work done at every point of an iteration space.

    Attributes
    ----------
    kind:
        Key of the table of emitters: "assign", "add", "reduce", "fold", "arg", "scan", "gemm",
        "argsort", "compress", "check", "nonempty", "require", "result"; those of linear algebra
        (see `matrix_steps`); those with scopes of their own:
        "loop", "while", "branch"; those that end a scope: "carry", "test"; "reserve".
    value:
        The value that it writes (or completes), at `write`.
    axes:
        The loops around it, outermost first.
    terms:
        The operands that it reads, and where.
    kept:
        For kinds with an accumulator in a scalar: how many leading axes lie around it.
    order:
        Position of its equation in the scope.
    scope:
        Where it stands.
    """

    kind: str
    value: Value
    axes: tuple[Axis, ...]
    write: Index
    terms: tuple[Term, ...]
    order: tuple[int, int, int]
    equation: Equation | None = None
    op: str = ""
    kept: int = 0
    params: dict[str, Any] = field(default_factory=dict)
    scope: Scope = field(kw_only=True)

    @property
    def scopes(self) -> tuple[Scope, ...]:
        """The scopes inside of it."""
        found: tuple[Scope, ...] = self.params.get("scopes", ())
        return found


def literal_of(x: Operand) -> Literal | None:
    """The operand, where it is a literal."""
    return x if isinstance(x, Literal) else None
