"""The cheapest set of nodes without which nothing flows from the sources to the sinks."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterable, Mapping
from typing import TypeVar

Node = TypeVar("Node", bound=Hashable)

#: The capacity of what must not be cut.
NEVER = 1 << 60
_SOURCE, _SINK = 0, 1


def cheapest_cut(
    costs: Mapping[Node, int],
    edges: Iterable[tuple[Node, Node]],
    sources: Iterable[Node],
    sinks: Iterable[Node],
) -> list[Node] | None:
    """Nodes of least cost in sum that every path from a source to a sink meets.

    Of several such sets the one next to the sinks, in the order of `costs`. None where a path
    consists of nodes that must not be cut.
    """
    network = _Network(2 + 2 * len(costs))
    number = {node: 2 + 2 * k for k, node in enumerate(costs)}
    for node, cost in costs.items():
        network.join(number[node], number[node] + 1, cost)
    for a, b in edges:
        network.join(number[a] + 1, number[b], NEVER)
    for node in sources:
        network.join(_SOURCE, number[node], NEVER)
    for node in sinks:
        network.join(number[node] + 1, _SINK, NEVER)
    if network.saturate() >= NEVER:
        return None
    after = network.reaching(_SINK)
    return [v for v, k in number.items() if k + 1 in after and k not in after]


class _Network:
    """Residual capacities; augmented along shortest paths (Edmonds and Karp)."""

    def __init__(self, size: int) -> None:
        self.left: list[dict[int, int]] = [{} for _ in range(size)]

    def join(self, a: int, b: int, capacity: int) -> None:
        self.left[a][b] = self.left[a].get(b, 0) + capacity
        self.left[b].setdefault(a, 0)

    def saturate(self) -> int:
        """Send as much as possible; the amount, or at least `NEVER`."""
        total = 0
        while total < NEVER:
            path = self._path()
            if path is None:
                return total
            amount = min(self.left[a][b] for a, b in path)
            for a, b in path:
                self.left[a][b] -= amount
                self.left[b][a] += amount
            total += amount
        return total

    def _path(self) -> list[tuple[int, int]] | None:
        before = {_SOURCE: _SOURCE}
        queue = deque([_SOURCE])
        while queue:
            a = queue.popleft()
            for b, capacity in self.left[a].items():
                if capacity > 0 and b not in before:
                    before[b] = a
                    queue.append(b)
        if _SINK not in before:
            return None
        path, at = [], _SINK
        while at != _SOURCE:
            path.append((before[at], at))
            at = before[at]
        return path

    def reaching(self, target: int) -> set[int]:
        """What still reaches the target."""
        found, queue = {target}, deque([target])
        while queue:
            b = queue.popleft()
            for a in self.left[b]:
                if a not in found and self.left[a][b] > 0:
                    found.add(a)
                    queue.append(a)
        return found
