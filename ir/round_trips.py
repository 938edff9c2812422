"""Zeroing a place and adding to it later: one assignment, or nothing at all.

The adjoint of `A[i, j] = A[i, j] - x * y` takes the cotangent out of its place and puts it back,
with additions to other places in between. Additions may change their order: so what is put back is
put there in the first place, which is no work where it is what stood there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from adjit.ir.graph import Equation, Graph, values_of
from adjit.ir.indexing import At, Slice
from adjit.ir.primitives import structural as st
from adjit.ir.rewrite import with_equations
from adjit.ir.values import Literal, Operand, Value

#: So many additions are looked through.
FAR = 16


def shorten_round_trips(graph: Graph) -> Graph:
    """Shorten what is taken from a place and added to it again, in regions too."""
    equations = [
        replace(eqn, regions=tuple(map(shorten_round_trips, eqn.regions))) if eqn.regions else eqn
        for eqn in graph.equations
    ]
    changed = True
    while changed:
        uses = Counter(x for eqn in equations for x in values_of(eqn.inputs))
        uses.update(values_of(graph.outputs))
        made = {v: eqn for eqn in equations for v in eqn.outputs}
        changed = False
        for eqn in equations:
            chain = _trip(eqn, made, uses)
            if chain is not None:
                equations, outputs = _without(equations, graph.outputs, chain, made)
                graph = with_equations(graph, equations, outputs)
                changed = True
                break
    return with_equations(graph, equations)


def _trip(
    eqn: Equation, made: Mapping[Value, Equation], uses: Mapping[Value, int]
) -> list[Equation] | None:
    """The updates from the one that zeroes the place to the one that adds to it again."""
    if not _adds(eqn) or not _is_plain(eqn):
        return None
    chain = [eqn]
    before = eqn.inputs[0]
    for _ in range(FAR):
        source = made.get(before) if isinstance(before, Value) else None
        if source is None or source.primitive is not st.update or uses[source.output] != 1:
            return None
        chain.insert(0, source)
        if not _adds(source):
            break
        before = source.inputs[0]
    zeroed = chain[0]
    if (
        _adds(zeroed)
        or not isinstance(zeroed.inputs[1], Literal)
        or zeroed.inputs[1].value != 0
        or zeroed.params["spec"] != eqn.params["spec"]
    ):
        return None
    return chain


def _adds(eqn: Equation) -> bool:
    return eqn.primitive is st.update and eqn.params["op"] == "add"


def _is_plain(eqn: Equation) -> bool:
    return all(isinstance(item, (At, Slice)) for item in eqn.params["spec"])


def _without(
    equations: Sequence[Equation],
    outputs: Sequence[Operand],
    chain: Sequence[Equation],
    made: Mapping[Value, Equation],
) -> tuple[list[Equation], list[Operand]]:
    """The equations with the trip made short: what is added in the end is put there first."""
    zeroed, *between, added = chain
    base, value = zeroed.inputs[0], added.inputs[1]
    read = made.get(value) if isinstance(value, Value) else None
    short: list[Equation] = []
    version = base
    if not (
        read is not None
        and read.primitive is st.index
        and read.inputs[0] is base
        and read.params["spec"] == added.params["spec"]
    ):
        version = Value(added.output.type, "", added.output.location)
        short.append(
            replace(
                added,
                inputs=(base, value),
                outputs=(version,),
                params={**added.params, "op": "set"},
            )
        )
    for eqn in between:
        after = Value(eqn.output.type, eqn.output.name, eqn.output.location)
        short.append(replace(eqn, inputs=(version, *eqn.inputs[1:]), outputs=(after,)))
        version = after
    if isinstance(version, Value) and short:
        version.name = added.output.name or version.name
    table: dict[Operand, Operand] = {added.output: version}
    gone = {id(eqn) for eqn in chain}
    kept: list[Equation] = []
    for eqn in equations:
        if eqn is added:
            kept += short
        if id(eqn) in gone:
            continue
        inputs = tuple(table.get(x, x) for x in eqn.inputs)
        kept.append(eqn if inputs == eqn.inputs else replace(eqn, inputs=inputs))
    return kept, [table.get(x, x) for x in outputs]
