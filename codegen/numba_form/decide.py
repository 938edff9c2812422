"""Which virtual values are better stored: those that are costly and would be computed twice."""

from __future__ import annotations

import heapq
from collections.abc import Sequence

from adjit.codegen.numba_form.fuse import Leaf, Path, all_leaves, fuse
from adjit.codegen.numba_form.lower import Lowering
from adjit.codegen.numba_form.reads import Read, start
from adjit.codegen.numba_form.scalars import cost_of
from adjit.codegen.numba_form.space import Index
from adjit.ir.values import Operand, Value

#: A value is stored from this cost on: of its own operation, or of all that it is computed from.
COSTLY, LONG = 8.0, 14.0
ROUNDS = 4

Needs = dict[tuple[int, Index], tuple[Path, bool]]


def schedule(low: Lowering) -> dict[int, list[Read]]:
    """Fuse; store what several loops would compute; fuse again, until nothing is left to store."""
    for _ in range(ROUNDS):
        found = fuse(low)
        chosen = _choose(low, all_leaves(low.scope.nodes))
        if not chosen:
            break
        for value in chosen:
            low.store(value)
    else:
        found = fuse(low)
    return found


def _choose(low: Lowering, placed: Sequence[Leaf]) -> list[Value]:
    """Values to store, consumers looked at before what they are computed from."""
    needs: dict[Value, Needs] = {}
    heap: list[tuple[tuple[float, ...], int, Value]] = []
    costs: dict[Value, float] = {}

    def need(x: Operand, index: Index, path: Path) -> None:
        for read in low.space.reads(index):
            need(read.operand, read.at, path)
        if not isinstance(x, Value) or x not in low.recipes or low.is_stored(x):
            return
        used = low.space.loops(index)
        outer = low.home[x].path
        depths = [k for k, place in enumerate(path) if place.symbol in used]
        home = path[: max([*depths, len(outer) - 1]) + 1]
        repeated = any(p.repeats and p.symbol not in used for p in home[len(outer) :])
        if x not in needs:
            needs[x] = {}
            heapq.heappush(heap, (tuple(-k for k in low.position[x]), len(needs), x))
        needs[x].setdefault((id(home[-1]) if home else 0, index), (path, repeated))

    for leaf in placed:
        for x, index in start(low, leaf.statement):
            (moved,) = (low.space.rename(index, leaf.table),)
            need(x, moved, leaf.places)
    chosen: list[Value] = []
    while heap:
        _, _, value = heapq.heappop(heap)
        mine = [(index, path, again) for (_, index), (path, again) in needs[value].items()]
        recipe = low.recipes[value]
        times = len(mine) + any(again for _, _, again in mine)
        if times > 1 and value.shape and _worthwhile(low, value, costs):
            chosen.append(value)
            mine = mine[:1]
        if recipe.number is None:
            for index, path, _ in mine:
                for x, at in recipe.terms(index):
                    need(x, at, path)
    return chosen


def _worthwhile(low: Lowering, value: Value, costs: dict[Value, float]) -> bool:
    return cost_of(low.recipes[value].name) >= COSTLY or _total(low, value, costs) >= LONG


def _total(low: Lowering, x: Operand, costs: dict[Value, float]) -> float:
    """What an element costs, from loads on."""
    if not isinstance(x, Value):
        return 0.0
    if x not in low.recipes or low.is_stored(x):
        return 1.0 if x.shape else 0.0
    if x not in costs:
        recipe = low.recipes[x]
        own = 0.0 if recipe.name in ("copy", "count") or not x.shape else cost_of(recipe.name)
        costs[x] = own + sum(_total(low, operand, costs) for operand in recipe.operands)
    return costs[x]
