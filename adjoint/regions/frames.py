"""The block of equations that is being differentiated, and the regions around it.

A frame without a frame around it is one whose forward values the backward equations can use as
they are: that of a whole graph, or of a region that is run once more in the backward pass.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from adjit.adjoint.context import producers_of
from adjit.adjoint.regions.copies import symbols_needed
from adjit.adjoint.regions.largest import largest
from adjit.ir import Equation, Graph, Literal, Operand, Size, Symbol, Value
from adjit.ir.bounds import maximum
from adjit.ir.dims import product as elements
from adjit.ir.dims import symbols_of
from adjit.ir.primitives import elementwise as ew
from adjit.ir.primitives import structural as st
from adjit.ir.substitution import substitute

#: How long an axis of unknown size counts as, and how often a loop of unknown count is run.
TYPICAL = 32

#: What is computed once more rather than stored, its inputs being there.
CHEAP = frozenset(
    (
        ew.add,
        ew.sub,
        ew.mul,
        ew.div,
        ew.neg,
        ew.abs,
        ew.sign,
        ew.maximum,
        ew.minimum,
        ew.fmax,
        ew.fmin,
        ew.copysign,
        ew.floor,
        ew.ceil,
        ew.trunc,
        ew.rint,
        ew.floordiv,
        ew.mod,
        ew.lt,
        ew.le,
        ew.gt,
        ew.ge,
        ew.eq,
        ew.ne,
        ew.isnan,
        ew.isinf,
        ew.isfinite,
        ew.logical_and,
        ew.logical_or,
        ew.logical_xor,
        ew.logical_not,
        ew.bit_and,
        ew.bit_or,
        ew.bit_xor,
        ew.bit_not,
        ew.shift_left,
        ew.shift_right,
        ew.select,
        ew.stop,
        ew.convert,
        st.dim,
        st.iota,
        st.broadcast,
        st.reshape,
        st.transpose,
        st.index,
        st.bind,
        st.nonzero,
    )
)


class Unbounded(Exception):
    """There is no room of known size for what an iteration needs later."""


@dataclass(frozen=True, slots=True)
class Axis:
    """The iterations of the loop whose body a block is."""

    symbol: Symbol
    count: Size


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """A block, with `outer` around it. `operands` says what its captured inputs are outside;
    its other inputs are carried values."""

    graph: Graph
    outer: Frame | None = None
    axis: Axis | None = None
    operands: Mapping[Value, Operand] = field(default_factory=dict)
    producers: Mapping[Value, Equation] = field(default_factory=dict)
    costs: dict[Value, int] = field(default_factory=dict)
    #: Where values still stand when the loops are over (see `places.py`).
    places: dict[Value, Any] = field(default_factory=dict)

    @staticmethod
    def of(
        graph: Graph,
        outer: Frame | None = None,
        axis: Axis | None = None,
        operands: Mapping[Value, Operand] | None = None,
    ) -> Frame:
        return Frame(graph, outer, axis, operands or {}, producers_of(graph))

    def outermost(self) -> Frame:
        """The block that no region is around."""
        return self if self.outer is None else self.outer.outermost()

    def loops(self) -> tuple[Frame, ...]:
        """The loops around, this one included, the outermost first."""
        around = () if self.outer is None else self.outer.loops()
        return around if self.axis is None else (*around, self)

    @property
    def symbol(self) -> Symbol:
        """The iteration number of a loop."""
        assert self.axis is not None
        return self.axis.symbol

    @property
    def count(self) -> Size:
        """How often the body of a loop is run."""
        assert self.axis is not None
        return self.axis.count

    def trips(self) -> Size:
        """Room for the iterations of a loop."""
        assert self.outer is not None
        return self.outer.room(self.count)

    def binders(self) -> dict[Symbol, Equation]:
        """The equations of this block that bind a symbol for those after them."""
        return {
            eqn.params["symbol"]: eqn
            for eqn in self.graph.equations
            if eqn.primitive in (st.bind, st.nonzero)
        }

    def room(self, size: Size) -> Size:
        """A size known outside of all loops that this one, of this block, never exceeds."""
        at: Frame | None = self
        found: Size | None = size
        while at is not None and at.outer is not None:
            for symbol, last in reversed(list(at._ranges())):
                found = None if found is None else largest(found, symbol, last)
            at = at.outer
        if found is None:
            raise Unbounded
        return maximum(0, found)

    def _ranges(self) -> Iterator[tuple[Symbol, Size | None]]:
        """The symbols that mean something in this block only, with their largest values."""
        if self.axis is not None:
            yield self.axis.symbol, self.axis.count - 1
        for symbol, eqn in self.binders().items():
            most = symbol.upper
            yield symbol, elements(eqn.inputs[0].shape) if eqn.primitive is st.nonzero else most

    # What it costs to have a forward value of this block in the backward pass.

    def cost(self, x: Operand) -> int:
        """0 for what is there anyway; else an estimate of the bytes to store."""
        if not isinstance(x, Value) or self.outer is None:
            return 0
        if x in self.operands:
            return self.outer.cost(self.operands[x])
        if x not in self.costs:
            self.costs[x] = self.price(x)
            eqn = self.producers.get(x)
            if eqn is not None and self.cheap(eqn):
                again = sum(self.cost(v) for v in eqn.inputs)
                self.costs[x] = min(self.costs[x], again)
        return self.costs[x]

    def price(self, x: Value) -> int:
        """The bytes to store x in each iteration of the loops around."""
        total = x.dtype.itemsize
        for size in x.shape:
            total *= _typical(size)
        for loop in self.loops():
            total *= _typical(loop.count)
        return total

    def cheap(self, eqn: Equation) -> bool:
        """True where the equation is run once more rather than its result stored."""
        if eqn.primitive is ew.pow and isinstance(eqn.inputs[1], Literal):
            return eqn.inputs[1].value in (2, 3, -1)  # products, or a quotient
        return eqn.primitive in CHEAP or (self.axis is not None and self.invariant(eqn))

    def invariant(self, eqn: Equation) -> bool:
        """True where every iteration computes the same."""
        assert self.axis is not None
        return (
            not eqn.regions
            and eqn.primitive is not st.update
            and self.axis.symbol not in symbols_needed(eqn)
            and all(self._same(x) for x in eqn.inputs)
        )

    def _same(self, x: Operand) -> bool:
        if not isinstance(x, Value):
            return True
        made = self.producers.get(x)
        return x in self.operands if made is None else self.invariant(made)


def _typical(size: Size) -> int:
    """The order of magnitude of a size."""
    if isinstance(size, int):
        return max(1, size)
    value = substitute(size, dict.fromkeys(symbols_of(size), TYPICAL))
    assert isinstance(value, int)
    return max(1, value if value > TYPICAL else TYPICAL)
