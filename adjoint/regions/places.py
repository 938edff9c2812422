"""Forward values that need no room of their own: they still stand in an array when a loop is over.

Element loops write each place once: `y[i] = f(y[i - 1])`, the factors of a matrix, the table of a
dynamic program. What an iteration has read from such an array, or written into it, is there in the
end, unless a later write meets the same place. That none does is proved by the ranges of the loop
indices: the places differ along some axis in all later iterations.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from adjit.adjoint.regions.frames import Frame
from adjit.adjoint.regions.stacks import Stack
from adjit.ir import Equation, Graph, Operand, Size, Symbol, Value
from adjit.ir.dims import symbol_size
from adjit.ir.indexing import At, Slice, Spec, result_shape
from adjit.ir.primitives import regions as rg
from adjit.ir.primitives import structural as st
from adjit.ir.proofs import Ranges, disjoint
from adjit.ir.rewrite import substitute_params

_LOOPS = (rg.loop, rg.while_)


@dataclass(frozen=True, slots=True)
class Level:
    """One region on the way to an equation: the region's equation and number, and the position of
    the next equation on the way in it."""

    eqn: Equation
    region: int
    position: int


@dataclass(frozen=True, slots=True)
class Access:
    """A place of the array, and where in the program it is read or written: `way` leads there from
    outside, `first` is the position in the outermost block."""

    spec: Spec
    way: tuple[Level, ...]


def place_of(frame: Frame, value: Value) -> Stack | None:
    """Where a value of a block stands when all loops around are over; None: nowhere."""
    if value not in frame.places:
        frame.places[value] = _place(frame, value)
    found: Stack | None = frame.places[value]
    return found


def _place(frame: Frame, value: Value) -> Stack | None:
    for array, spec, position in _places(frame, value):
        found = _final(frame, array, position)
        if found is None:
            continue
        last, way, chain = found
        mine = Access(spec, way)
        if all(_apart(mine, other, _limits(frame)) for other in chain):
            return Stack(last, spec)
    return None


def _places(frame: Frame, value: Value) -> Iterator[tuple[Value, Spec, int]]:
    """Arrays of the block that hold the value: the version, the place, and from when on."""
    for position, eqn in enumerate(frame.graph.equations):
        spec = eqn.params.get("spec", ())
        if not spec or not all(isinstance(item, (At, Slice)) for item in spec):
            continue
        if eqn.primitive is st.index and eqn.output is value:
            source = eqn.inputs[0]
            if isinstance(source, Value):
                yield source, spec, position
        elif (
            eqn.primitive is st.update
            and eqn.params["op"] == "set"
            and eqn.inputs[1] is value
            and result_shape(spec, ()) == value.shape
        ):
            yield eqn.output, spec, position


# The chain of versions that are one array.


def _final(
    frame: Frame, array: Value, position: int
) -> tuple[Value, tuple[Level, ...], list[Access]] | None:
    """What the array has become outside of all loops, the way from there to the block, and every
    write to it on the way; None where it is not one array all along."""
    way: list[Level] = []
    version: Operand = array
    at = frame
    while at.outer is not None:
        outer = at.outer
        eqn = next((e for e in outer.graph.equations if at.graph in e.regions), None)
        if eqn is None or not isinstance(version, Value):
            return None
        way.insert(0, Level(eqn, eqn.regions.index(at.graph), position))
        root = _root(at.graph, version)
        if root is None:
            return None
        k = at.graph.inputs.index(root)
        carried = eqn.params["carried"] if eqn.primitive in _LOOPS else 0
        if k < carried:
            if version not in _chain(at.graph, at.graph.outputs[k]):
                return None
            version = eqn.outputs[k]
        elif version is root and eqn.primitive in (*_LOOPS, rg.branch):
            version = eqn.inputs[k + (eqn.primitive is rg.branch)]
        elif eqn.primitive is rg.branch:
            ways = [
                v
                for v, x in zip(eqn.outputs, at.graph.outputs, strict=True)
                if version in _chain(at.graph, x)
            ]
            if not ways:
                return None
            version = ways[0]
        else:
            return None
        position = outer.graph.equations.index(eqn)
        at = outer
    if not way or way[0].eqn.primitive not in _LOOPS or version not in way[0].eqn.outputs:
        return None
    assert isinstance(version, Value)
    writes = list(_writes(way[0].eqn, way[0].eqn.outputs.index(version), ()))
    return version, tuple(way), writes


def _root(graph: Graph, version: Operand) -> Value | None:
    """The input of a block whose memory a version of an array is."""
    chain = _chain(graph, version)
    return chain[-1] if chain and chain[-1] in graph.inputs else None


def _chain(graph: Graph, version: Operand) -> list[Value]:
    """The versions that one came from by writes, itself first."""
    made = {v: e for e in graph.equations for v in e.outputs}
    out: list[Value] = []
    while isinstance(version, Value):
        out.append(version)
        eqn = made.get(version)
        before = None if eqn is None else _before(eqn, version)
        if before is None:
            break
        version = before
    return out


def _before(eqn: Equation, version: Value) -> Operand | None:
    """The operand that an equation has changed into this output, if that is what it did."""
    if eqn.primitive is st.update:
        return eqn.inputs[0]
    k = eqn.outputs.index(version)
    if eqn.primitive in _LOOPS:
        body = eqn.regions[-1]
        if k < eqn.params["carried"] and _root(body, body.outputs[k]) is body.inputs[k]:
            return eqn.inputs[k]
    elif eqn.primitive is rg.branch:
        roots = [_root(arm, arm.outputs[k]) for arm in eqn.regions]
        numbers = {
            None if root is None else arm.inputs.index(root)
            for arm, root in zip(eqn.regions, roots, strict=True)
        }
        if len(numbers) == 1 and None not in numbers:
            (number,) = numbers
            assert number is not None
            return eqn.inputs[number + 1]
    return None


def _writes(eqn: Equation, k: int, around: tuple[Level, ...]) -> Iterator[Access]:
    """All writes to the array that is output k of a region equation."""
    for number, region in enumerate(eqn.regions):
        if eqn.primitive is rg.while_ and number == 0:
            continue
        made = {v: e for e in region.equations for v in e.outputs}
        for version in _chain(region, region.outputs[k]):
            inner = made.get(version)
            if inner is None:
                continue
            position = region.equations.index(inner)
            way = (*around, Level(eqn, number, position))
            if inner.primitive is st.update:
                yield Access(inner.params["spec"], way)
            else:
                yield from _writes(inner, inner.outputs.index(version), way)


# Whether a later write meets the place.


@dataclass(slots=True)
class _Fresh:
    count: int = 0

    def symbol(self) -> Symbol:
        self.count += 1
        return Symbol(f"later {self.count}", None, 0)


def _limits(frame: Frame) -> Ranges:
    """The ranges of the loops around a block."""
    ranges = Ranges(facts=list(frame.outermost().graph.facts))
    for loop in frame.loops():
        ranges.limits[loop.symbol] = (0, loop.count - 1)
        ranges.facts.append(loop.count - 1 - symbol_size(loop.symbol))
    return ranges


def _apart(mine: Access, other: Access, ranges: Ranges) -> bool:
    """True where no write that comes later meets the place."""
    shared: list[int] = []
    for depth, (a, b) in enumerate(zip(mine.way, other.way, strict=False)):
        if a.eqn is not b.eqn:
            return False
        if a.eqn.primitive in _LOOPS:
            shared.append(depth)
        if a.region != b.region:
            after = False
            break
        if a.position != b.position or depth + 1 == min(len(mine.way), len(other.way)):
            after = b.position > a.position or (
                b.position == a.position and len(other.way) != len(mine.way)
            )
            break
    cases = [_Case(depth, mine, other, ranges) for depth in shared]
    if after:
        cases.append(_Case(None, mine, other, ranges))
    return all(case.apart(len(shared)) for case in cases)


@dataclass(slots=True)
class _Case:
    """The write in a later turn of the loop at `later` (a depth of the way), in the same turns of
    the loops around it; None: in the same turn of all loops that both are in."""

    later: int | None
    mine: Access
    other: Access
    ranges: Ranges
    fresh: _Fresh = field(default_factory=_Fresh)

    def apart(self, shared: int) -> bool:
        limits = dict(self.ranges.limits)
        facts = list(self.ranges.facts)
        table: dict[Symbol, Size] = {}
        loops = [d for d, x in enumerate(self.other.way) if x.eqn.primitive in _LOOPS]
        for number, depth in enumerate(loops):
            params = substitute_params(self.other.way[depth].eqn.params, table)
            symbol: Symbol = self.other.way[depth].eqn.params["symbol"]
            count = params.get("count")
            same = number < shared and (self.later is None or depth < self.later)
            if same:
                continue
            step = self.fresh.symbol()
            if depth == self.later:
                turn = symbol_size(symbol) + symbol_size(step) + 1
                limits[step] = (0, None if count is None else count - 2 - symbol_size(symbol))
            else:
                turn = symbol_size(step)
                limits[step] = (0, None if count is None else count - 1)
            table[symbol] = turn
            if count is not None:
                facts.append(count - 1 - turn)
        ranges = Ranges(limits, facts=facts)
        moved: Spec = substitute_params({"spec": self.other.spec}, table)["spec"]
        return disjoint(self.mine.spec, moved, ranges)
