"""Lowering: each equation of a graph becomes a recipe or statements that write a memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from adjit.codegen.numba_form.access import aligned, identity
from adjit.codegen.numba_form.space import Axis, Dynamic, Index, Space
from adjit.codegen.numba_form.statements import Memory, Recipe, Statement, Term
from adjit.ir.bounds import bounds
from adjit.ir.dims import Size, Symbol
from adjit.ir.graph import Equation, Graph
from adjit.ir.indexing import AtValue, Gather, Spec
from adjit.ir.values import Literal, Operand, Shape, Type, Value

Order = tuple[int, int, int]
_INT64, _BOOL = np.dtype(np.int64), np.dtype(np.bool_)


class Lowering:
    """The state of one lowering; `structural.ROWS` fill it, equation by equation.

    Attributes
    ----------
    recipes:
        Virtual values.
    memories:
        Stored values and array inputs. A value has a recipe or a memory, and both when it is a
        stored elementwise value: then its own statement computes the recipe.
    views:
        Values that are another value's memory under another shape: the value and the index map.
    writers:
        For each stored value all statements that must have run before it is complete.
    packed:
        Contiguous copies that matrix products read.
    bound:
        Symbols that an equation binds (the count of a `nonzero`), and the scalar that holds them.
    """

    def __init__(self, graph: Graph, layouts: Sequence[str]) -> None:
        self.graph = graph
        self.space = Space()
        self.recipes: dict[Value, Recipe] = {}
        self.memories: dict[Value, Memory] = {}
        self.views: dict[Value, tuple[Value, Recipe]] = {}
        self.writers: dict[Value, list[Statement]] = {}
        self.checks: dict[tuple[Operand, Size], Value] = {}
        self.bound: dict[Symbol, Value] = {}
        self.position: dict[Value, Order] = {}
        self.equations: dict[Value, Equation] = {}
        self.nonempty: list[Size] = []
        self.packed: dict[Operand, Value] = {}
        self.uses: Counter[Value] = Counter()
        self.current: Equation | None = None
        self._order: Order = (0, 0, 0)
        for eqn in graph.equations:
            self.uses.update(x for x in eqn.inputs if isinstance(x, Value))
        self.uses.update(x for x in graph.outputs if isinstance(x, Value))
        for value, layout in zip(graph.inputs, layouts, strict=True):
            self.position[value] = (-1, 0, 0)
            if value.shape:
                self.memories[value] = Memory(value.type, "input", value.name or "x", layout)

    def begin(self, position: int, eqn: Equation) -> None:
        """What follows belongs to this equation."""
        self.current = eqn
        self._order = (position, 0, 0)
        for value in eqn.outputs:
            self.position[value] = self._order
            self.equations[value] = eqn

    def begin_outputs(self) -> None:
        """What follows comes after all equations and belongs to none."""
        self.current = None
        self._order = (len(self.graph.equations), 0, 0)

    def order(self) -> Order:
        """The next place in program order."""
        self._order = (self._order[0], self._order[1] + 1, 0)
        return self._order

    # Values.

    def temporary(self, type: Type, name: str = "") -> Value:
        """A value that the graph does not have."""
        value = Value(type, name)
        self.position[value] = self.order()
        if self.current is not None:
            self.equations[value] = self.current
        return value

    def virtual(self, value: Value, recipe: Recipe) -> Value:
        self.recipes[value] = recipe
        self.position[value] = self.order()
        return value

    def copy(self, operand: Operand, type: Type) -> Value:
        """A virtual value equal to an operand (of any shape that broadcasts to the type)."""
        return self.virtual(
            self.temporary(type), Recipe("copy", (operand,), (aligned(operand.shape, type.shape),))
        )

    def memory(self, value: Value, kind: str = "temporary") -> Memory:
        """Give the value a memory of its own."""
        made = self.memories[value] = Memory(value.type, kind, value.name)
        self.writers[value] = []
        return made

    def is_stored(self, x: Operand) -> bool:
        return isinstance(x, Value) and (x in self.memories or x in self.views)

    def store(self, value: Value) -> None:
        """Make a virtual value a stored one, written by one statement."""
        if not self.is_stored(value):
            self.memory(value)
            index, axes = self.space.over(value.shape)
            self.write(
                "assign", value, axes, index, [(value, index)], order=(*self.position[value][:2], 1)
            )

    def write(
        self,
        kind: str,
        value: Value,
        axes: Sequence[Axis],
        at: Index,
        terms: Sequence[Term],
        *,
        order: Order | None = None,
        op: str = "",
        kept: int = 0,
        **params: object,
    ) -> Statement:
        """Append a statement that writes `value`."""
        statement = Statement(
            kind,
            value,
            tuple(axes),
            at,
            tuple(terms),
            order or self.order(),
            self.equations.get(value),
            op,
            kept,
            params,
        )
        self.writers.setdefault(value, []).append(statement)
        return statement

    def statements(self) -> list[Statement]:
        """All statements in program order."""
        found = {id(s): s for group in self.writers.values() for s in group}
        return sorted(found.values(), key=lambda s: s.order)

    # Reading.

    def resolve(self, x: Operand, index: Index) -> Term:
        """Follow moved copies to the value that they move: stored, computed, or a literal."""
        while isinstance(x, Value) and not self.is_stored(x):
            recipe = self.recipes.get(x)
            if recipe is None or recipe.name != "copy":
                break
            x, index = recipe.terms(index)[0]
        return x, index

    def size_operand(self, size: Size, type: Type) -> Operand:
        """A size as a scalar operand of this dtype."""
        if isinstance(size, int):
            return Literal(type.dtype.type(size).item(), type.dtype)
        number = self.virtual(self.temporary(Type(_INT64)), Recipe("count", number=lambda i: size))
        scalar = self.temporary(Type(type.dtype))
        return self.virtual(scalar, Recipe("convert", (number,), (identity,)))

    def fold(
        self,
        value: Value,
        x: Operand,
        index: Index,
        axes: Sequence[Axis],
        kept: Sequence[Axis],
        at: Index,
        op: str,
    ) -> None:
        """`value[at] = op over the other axes of x[index]`, the loops in the order of `axes`."""
        self.memory(value)
        loose = [a for a in axes if a not in kept]
        if axes and loose and axes[-1] in loose:
            axes = [*(a for a in axes if a in kept), *loose]
        if list(axes[: len(kept)]) == list(kept):
            self.write("reduce", value, axes, at, [(x, index)], op=op, kept=len(kept))
            return
        start = Literal(*initial(op, value.type))
        fresh = {a.symbol: self.space.axis(a.size) for a in kept}
        moved = self.space.rename(at, {s: a.index for s, a in fresh.items()})
        self.write("assign", value, list(fresh.values()), moved, [(start, ())])
        self.write("fold", value, axes, at, [(x, index)], op=op)

    def check(self, spec: Spec, operands: Sequence[Operand], shape: Shape) -> None:
        """Add the statements that make sure that no index of a spec is out of range."""
        axis = 0
        for item in spec:
            if isinstance(item, (Gather, AtValue)) and not getattr(item, "checked", False):
                self._check(operands[item.operand], shape[axis])
            axis += 0 if type(item).__name__ == "NewAxis" else 1

    def _check(self, operand: Operand, extent: Size) -> None:
        if (operand, extent) in self.checks or isinstance(operand, Literal):
            return
        at, _ = self.space.over(operand.shape)
        if self._counted(operand, at) is not None and operand.shape == (extent,):
            return
        good = self.checks[operand, extent] = self.temporary(Type(_BOOL), "in_range")
        index, axes = self.space.over(operand.shape)
        number = self.entry(operand, index, extent, True)
        self.write("check", good, axes, (), [(operand, index)], number=number, extent=extent)

    def entry(self, operand: Operand, at: Index, extent: Size, checked: bool) -> Size:
        """The index that an index operand holds at `at`, for an axis of size `extent`."""
        if isinstance(operand, Literal):
            number = int(operand.value)
            return number if number >= 0 else extent + number
        counted = self._counted(operand, at)
        if counted is not None:
            return counted
        return self.space.dynamic(Dynamic(operand, at, extent, checked))

    def _counted(self, operand: Operand, at: Index) -> Size | None:
        """An index that needs no memory: `arange` and the like, never negative."""
        root, place = self.resolve(operand, at)
        recipe = self.recipes.get(root) if isinstance(root, Value) else None
        if recipe is None or recipe.number is None or self.is_stored(root):
            return None
        number = recipe.number(place)
        least, _ = bounds(number)
        return number if least is not None and least >= 0 else None

    def guard_of(self, read: Dynamic) -> Value | None:
        """The value that is complete when a dynamic index has been checked."""
        return None if read.checked else self.checks.get((read.operand, read.extent))


def initial(op: str, type: Type) -> tuple[float | int | bool, np.dtype[np.generic]]:
    """The number that a reduction starts from, and its dtype."""
    dtype = type.dtype
    if op in ("max", "min"):
        if dtype.kind == "b":
            return op == "min", dtype
        if dtype.kind == "f":
            return (-np.inf if op == "max" else np.inf), dtype
        limits = np.iinfo(dtype.name)
        return int(limits.min if op == "max" else limits.max), dtype
    number = {"sum": 0, "dot": 0, "prod": 1, "any": False, "all": True}[op]
    return (float(number) if dtype.kind == "f" else number), dtype
