"""Loop-invariant work, moved before the loop."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from adjit.ir.bounds import at_most
from adjit.ir.dims import Size, Symbol
from adjit.ir.effects import acts
from adjit.ir.graph import (
    Equation,
    Graph,
    bound_by,
    bound_in_regions,
    own_symbols,
    values_of,
)
from adjit.ir.indexing import At, AtValue, Gather, Slice
from adjit.ir.primitives import effects as fx
from adjit.ir.primitives import elementwise as ew
from adjit.ir.primitives import linear_algebra as la
from adjit.ir.primitives import regions as rg
from adjit.ir.primitives import structural as st
from adjit.ir.rewrite import with_equations
from adjit.ir.values import Operand, Value

#: Stay where they are: they make an array to be written to, write to it, give a symbol its
#: meaning, or raise.
FIXED = (st.update, st.empty, st.storage, st.reserve, st.bind, st.nonzero, fx.require)
#: Array work that is worth a move.
WORK = (st.reduce, st.argreduce, st.contract, st.cumulative, st.sort, st.concatenate, *la.ALL)
#: Elementwise work of an instruction or two: a compiler moves scalars of this kind by itself; where
#: the result is larger than what it is made of, to make it again costs less than to read it.
# fmt: off
CHEAP = frozenset((
    ew.add, ew.sub, ew.mul, ew.div, ew.neg, ew.sqrt, ew.abs, ew.sign, ew.maximum, ew.minimum,
    ew.fmax, ew.fmin, ew.copysign, ew.floor, ew.ceil, ew.trunc, ew.rint, ew.floordiv, ew.mod,
    ew.lt, ew.le, ew.gt, ew.ge, ew.eq, ew.ne, ew.isnan, ew.isinf, ew.isfinite, ew.logical_and,
    ew.logical_or, ew.logical_xor, ew.logical_not, ew.bit_and, ew.bit_or, ew.bit_xor,
    ew.bit_not, ew.shift_left, ew.shift_right, ew.select, ew.convert, ew.stop,
))
# fmt: on


def hoist_invariants(graph: Graph) -> Graph:
    """Move equations that are the same in every iteration before their loop, out of as many loops
    as possible, where it saves work. Only what cannot go wrong moves, as the loop may have no
    iteration: nothing that raises, no size that might be negative, no element that might not be
    there."""
    return with_equations(graph, list(_hoisted(graph.equations)))


def _hoisted(equations: Sequence[Equation]) -> Iterator[Equation]:
    for eqn in equations:
        if eqn.regions:
            eqn = replace(eqn, regions=tuple(map(hoist_invariants, eqn.regions)))
        if eqn.primitive in (rg.loop, rg.while_):
            moved, eqn = _split(eqn)
            yield from moved
        yield eqn


@dataclass(frozen=True, slots=True)
class _Invariants:
    """Of one region: the equations that move, as they stand outside, and what stands there for
    the values that stay in use inside."""

    equations: list[Equation]
    outside: dict[Value, Value]


def _split(eqn: Equation) -> tuple[list[Equation], Equation]:
    """What moves before a loop, and the loop without it."""
    carried: int = eqn.params["carried"]
    moved: list[Equation] = []
    found: list[_Invariants] = []
    for region in eqn.regions:
        captured = zip(region.inputs[carried:], eqn.inputs[carried:], strict=True)
        found.append(_invariants(eqn, region, dict(captured)))
        moved += found[-1].equations
    if not moved:
        return [], eqn
    operands = [x for one in found for x in one.outside.values()]
    regions = []
    for region, one in zip(eqn.regions, found, strict=True):
        inside = {x: v for v, x in one.outside.items()}
        inputs = tuple(inside.get(x) or Value(x.type, x.name, x.location) for x in operands)
        gone = set(one.outside)
        kept = [e for e in region.equations if not gone.intersection(e.outputs)]
        regions.append(replace(region, inputs=(*region.inputs, *inputs), equations=tuple(kept)))
    return moved, replace(eqn, inputs=(*eqn.inputs, *operands), regions=tuple(regions))


def _invariants(eqn: Equation, region: Graph, captured: dict[Value, Operand]) -> _Invariants:
    """What of a region's equations is worth a move, with what that needs. What is not worth it by
    itself (a view, an addition) stays inside too: to do it again costs less than to keep it."""
    sure = region is eqn.regions[0] and _runs(eqn)
    local = {bound_in_regions(eqn), *map(bound_by, region.equations)}
    known: set[Value] = set(captured)
    invariant: list[Equation] = []
    for inner in region.equations:
        sure = sure and not acts(inner)  # what comes after a check may rely on it
        if known.issuperset(values_of(inner.inputs)) and _can_move(inner, local, sure):
            known.update(inner.outputs)
            invariant.append(inner)
    needed: set[Value] = set()
    chosen: list[Equation] = []
    for inner in reversed(invariant):
        if needed.intersection(inner.outputs) or _is_worth_it(inner):
            needed.update(values_of(inner.inputs))
            chosen.append(inner)
    moved: list[Equation] = []
    stands: dict[Value, Operand] = dict(captured)
    outside: dict[Value, Value] = {}
    for inner in reversed(chosen):
        outputs = tuple(Value(v.type, v.name, v.location) for v in inner.outputs)
        stands.update(zip(inner.outputs, outputs, strict=True))
        if _is_worth_it(inner):
            outside.update(zip(inner.outputs, outputs, strict=True))
        inputs = tuple(stands[x] if isinstance(x, Value) else x for x in inner.inputs)
        moved.append(replace(inner, inputs=inputs, outputs=outputs))
    return _Invariants(moved, outside)


def _runs(eqn: Equation) -> bool:
    """True where the first region is run at least once: a condition, the body of a loop that
    has an iteration."""
    return eqn.primitive is rg.while_ or at_most(1, eqn.params["count"])


def _is_worth_it(eqn: Equation) -> bool:
    if eqn.primitive.kind != "elementwise":
        return eqn.primitive in WORK
    if eqn.primitive not in CHEAP:
        return True
    shape = eqn.output.shape
    return (
        shape != () and eqn.primitive is not ew.stop and any(x.shape == shape for x in eqn.inputs)
    )


def _can_move(eqn: Equation, local: Collection[Symbol | None], sure: bool) -> bool:
    """True for an equation that depends on nothing of its region and can be run although the
    region may never be; `sure` says that it will be."""
    if eqn.regions or eqn.primitive in FIXED:
        return False
    if eqn.primitive is st.index and any(
        isinstance(item, (AtValue, Gather)) for item in eqn.params["spec"]
    ):
        return False
    if not own_symbols(eqn).isdisjoint(local):
        return False
    return sure or _is_safe(eqn)


def _is_safe(eqn: Equation) -> bool:
    """True where the bounds of the symbols prove that the equation cannot go wrong."""
    if not all(at_most(0, size) for v in eqn.outputs for size in v.shape):
        return False
    if eqn.primitive is st.index:
        return _is_inside(eqn)
    if eqn.primitive is st.reduce and eqn.params["op"] in ("max", "min"):
        return all(at_most(1, eqn.inputs[0].shape[a]) for a in eqn.params["axes"])
    if eqn.primitive is st.argreduce:
        return at_most(1, eqn.inputs[0].shape[eqn.params["axis"]])
    if eqn.primitive in la.RAISING:
        return False
    # of integers, a negative power raises and a division by zero means nothing
    return eqn.primitive not in (ew.pow, ew.floordiv, ew.mod) or eqn.output.type.is_float


def _is_inside(eqn: Equation) -> bool:
    """True where every element that a basic index takes is there."""
    axes: list[Size] = list(eqn.inputs[0].shape)
    for item in eqn.params["spec"]:
        if isinstance(item, At):
            size = axes.pop(0)
            if not (at_most(0, item.index) and at_most(item.index + 1, size)):
                return False
        elif isinstance(item, Slice):
            size = axes.pop(0)
            last = item.start + (item.size - 1) * item.step
            low, high = (item.start, last) if item.step > 0 else (last, item.start)
            if not (at_most(0, low) and at_most(high + 1, size)):
                return False
    return True
