"""Lowering: each equation of a graph becomes a recipe or statements that write a memory."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from adjit.codegen.numba_form.access import aligned, identity
from adjit.codegen.numba_form.scopes import Order, Scope, count_uses
from adjit.codegen.numba_form.space import Axis, Dynamic, Index, Space
from adjit.codegen.numba_form.statements import Factors, Memory, Recipe, Statement, Term
from adjit.codegen.program import Failure
from adjit.ir.bounds import bounds
from adjit.ir.dims import Size, Symbol, as_symbol
from adjit.ir.graph import Equation, Graph
from adjit.ir.indexing import AtValue, Gather, Spec
from adjit.ir.values import Literal, Operand, Shape, Type, Value

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
    factors:
        What matrices were factored into.
    failures:
        The exceptions of the user's own, each once.
    bound:
        Symbols that an equation binds (`bind`, the count of a `nonzero`), and the scalar that holds
        them.
    scope, home:
        The scope that is open; that in which each value is defined.
    consumers:
        The virtual values that are computed from a value.
    """

    def __init__(self, graph: Graph, layouts: Sequence[str]) -> None:
        self.graph = graph
        self.space = Space()
        self.scope = Scope(graph)
        self.scopes = [self.scope]
        self.home: dict[Value, Scope] = {}
        self.recipes: dict[Value, Recipe] = {}
        self.memories: dict[Value, Memory] = {}
        self.consumers: dict[Value, list[Value]] = {}
        self.views: dict[Value, tuple[Value, Recipe]] = {}
        self.writers: dict[Value, list[Statement]] = {}
        self.checks: dict[tuple[Operand, Size], list[Value]] = {}
        self.bound: dict[Symbol, Value] = {}
        self.position: dict[Value, tuple[float, ...]] = {}
        self.equations: dict[Value, Equation] = {}
        self.nonempty: list[Size] = []
        self.failures: list[Failure] = []
        self.packed: dict[Operand, list[Value]] = {}
        self.factors: dict[Operand, list[Factors]] = {}
        self.uses = count_uses(graph)
        self.index_names: dict[Symbol, str] = {}
        self.capacities: set[Symbol] = set()
        self.current: Equation | None = None
        for value, layout in zip(graph.inputs, layouts, strict=True):
            self.position[value] = (-1, 0, 0)
            self.home[value] = self.scope
            if value.shape:
                self.memories[value] = Memory(value.type, "input", value.name or "x", layout)

    def begin(self, position: int, eqn: Equation) -> None:
        """What follows belongs to this equation."""
        self.current = eqn
        self.scope.current = position
        self.scope.order = (position, 0, 0)
        for value in eqn.outputs:
            self.define(value)
            self.equations[value] = eqn

    def begin_outputs(self) -> None:
        """What follows comes after all equations and belongs to none."""
        self.current = None
        count = len(self.scope.graph.equations)
        self.scope.current = count - 0.5
        self.scope.order = max(self.scope.order, (count, 0, 0))

    def define(self, value: Value) -> None:
        """The value belongs to the open scope."""
        self.home[value] = self.scope
        self.position[value] = (*self.scope.trail, *self.scope.order)
        if self.scope.symbol is not None:
            self.space.homes[value] = self.scope.symbol

    def open(self, scope: Scope) -> None:
        """What follows belongs to an inner scope."""
        if scope not in self.scopes:
            self.scopes.append(scope)
        self.scope = scope

    def close(self, eqn: Equation | None) -> None:
        """Back to the scope around."""
        assert self.scope.parent is not None
        self.scope = self.scope.parent
        self.current = eqn

    def order(self) -> Order:
        """The next place in program order."""
        first, second, _ = self.scope.order
        self.scope.order = (first, second + 1, 0)
        return self.scope.order

    # Values.

    def temporary(self, type: Type, name: str = "") -> Value:
        """A value that the graph does not have."""
        value = Value(type, name)
        self.order()
        self.define(value)
        if self.current is not None:
            self.equations[value] = self.current
        return value

    def virtual(self, value: Value, recipe: Recipe) -> Value:
        self.recipes[value] = recipe
        self.order()
        self.define(value)
        self.consumed(value, recipe.operands)
        return value

    def consumed(self, by: Value, operands: Sequence[Operand]) -> None:
        """A virtual value is computed from these."""
        for x in operands:
            if isinstance(x, Value):
                self.consumers.setdefault(x, []).append(by)

    def bind(self, symbol: Symbol, value: Value) -> None:
        """The symbol stands for the number of this scalar from now on."""
        self.bound[symbol] = value
        if self.scope.symbol is not None:
            self.space.bound_in[symbol] = self.scope.symbol

    def copy(self, operand: Operand, type: Type) -> Value:
        """A virtual value equal to an operand (of any shape that broadcasts to the type)."""
        return self.virtual(
            self.temporary(type), Recipe("copy", (operand,), (aligned(operand.shape, type.shape),))
        )

    def packed_copy(self, x: Operand) -> Value:
        """A contiguous copy, made once for all that is lowered in this scope."""
        known = self.packed.setdefault(x, [])
        for copied in known:
            if self.scope.within(self.home[copied]):
                return copied
        copied = self.copy(x, x.type)
        if isinstance(x, Value):
            self.hoist(copied, x)
        self.store(copied)
        known.append(copied)
        return copied

    def hoist(self, value: Value, x: Value) -> None:
        """Move a fresh value that depends on x alone out of loops in which x does not change."""
        scope, outer = self.scope, self.home[x]
        while scope is not outer and scope.parent is not None:
            if scope.repeats:
                self.home[value] = scope.parent
            scope = scope.parent
        home = self.home[value]
        if home is self.scope:
            return
        if home.symbol is None:
            self.space.homes.pop(value, None)
        else:
            self.space.homes[value] = home.symbol
        # Right where x is there, or else before the equation with the loop.
        here = home is outer
        order = self.position[x][-3:] if here else (int(home.current), 0, 0)
        self.position[value] = (*home.trail, *order[:2], 2)

    def memory(self, value: Value, kind: str = "temporary") -> Memory:
        """Give the value a memory of its own."""
        made = Memory(value.type, kind, value.name, made=self.home[value])
        self.writers[value] = []
        self.place(value, made)
        return made

    def place(self, value: Value, memory: Memory) -> None:
        """The value lives in this memory from now on."""
        self.memories[value] = memory
        memory.owner.versions.append(value)

    def take(self, value: Value, old: Value) -> None:
        """The value takes over the memory of an old one, and what has been written there."""
        self.place(value, self.memories[old])
        self.memories[value].wish = value.name or self.memories[value].wish
        self.writers[value] = list(self.writers.get(old, ()))

    def is_stored(self, x: Operand) -> bool:
        return isinstance(x, Value) and (x in self.memories or x in self.views)

    def store(self, value: Value) -> None:
        """Make a virtual value a stored one, written by one statement."""
        if not self.is_stored(value):
            self.memory(value)
            index, axes = self.space.over(value.shape)
            first, second, third = (int(k) for k in self.position[value][-3:])
            order = (first, second, third + 1)
            self.write("assign", value, axes, index, [(value, index)], order=order)

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
        """Append a statement that writes `value`; with an order, in the scope of the value."""
        scope = self.scope if order is None else self.home[value]
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
            scope=scope,
        )
        self.writers.setdefault(value, []).append(statement)
        return statement

    def arrange(self) -> None:
        """Give each scope its statements, in program order."""
        ends = {id(scope.end) for scope in self.scopes}
        for scope in self.scopes:
            scope.statements = []
        for s in {id(s): s for group in self.writers.values() for s in group}.values():
            if id(s) not in ends:
                s.scope.statements.append(s)
        for scope in self.scopes:
            scope.statements.sort(key=lambda s: s.order)

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
        if isinstance(operand, Literal) or self._checked(operand, extent, self.scope) is not None:
            return
        at, _ = self.space.over(operand.shape)
        if self._counted(operand, at) is not None and operand.shape == (extent,):
            return
        good = self.temporary(Type(_BOOL), "in_range")
        self.checks.setdefault((operand, extent), []).append(good)
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

    def guard_of(self, read: Dynamic, scope: Scope) -> Value | None:
        """The value that is complete when a dynamic index, used in a scope, has been checked."""
        return None if read.checked else self._checked(read.operand, read.extent, scope)

    def is_capacity(self, size: Size) -> bool:
        """True for the length of a growing storage, which nothing binds."""
        symbol = as_symbol(size)
        return symbol is not None and symbol in self.capacities

    def _checked(self, operand: Operand, extent: Size, scope: Scope) -> Value | None:
        known = self.checks.get((operand, extent), ())
        return next((good for good in known if scope.within(self.home[good])), None)


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
