"""Tables in Markdown of what was measured."""

from __future__ import annotations

import importlib.metadata
import itertools
import math
import platform
import statistics
from collections.abc import Iterable
from dataclasses import dataclass, field

from problem import Problem


@dataclass
class Measured:
    """One library on one problem: CPU seconds of the first calls, and of one in each round."""

    first: float
    second: float
    objective_first: float | None = None
    saved_bytes: int | None = None
    rounds: list[float] = field(default_factory=list)
    objective_rounds: list[float] = field(default_factory=list)

    @property
    def best(self) -> float:
        return min(self.rounds)

    @property
    def objective(self) -> float | None:
        return min(self.objective_rounds) if self.objective_rounds else None

    @property
    def until_fast(self) -> float:
        """CPU seconds until the compiled form has run: a first call may be interpreted."""
        return self.first + self.second - 2 * self.best


Results = dict[Problem, dict[str, Measured]]


def report(results: Results, peers: list[str]) -> str:
    present = [peer for peer in peers if any(peer in found for found in results.values())]
    distributions = {"limit": "numba", "jax-naive": "jax"}
    libraries = dict.fromkeys([*(distributions.get(p, p) for p in present), "numpy"])
    if "adjit" in present:
        libraries["numba"] = None
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in libraries)
    straight = {p: found for p, found in results.items() if not p.series}
    looping = {p: found for p, found in results.items() if p.series}
    parts = [
        "# Value and gradient, CPU time of one call",
        f"Python {platform.python_version()}, {versions}; float64, one thread.",
    ]
    if straight:
        parts += straight_line_parts(straight, present)
    if looping:
        parts += loop_parts(looping, present)
    return "\n\n".join(parts)


def straight_line_parts(results: Results, peers: list[str]) -> list[str]:
    steady, first = [], []
    for problem, found in results.items():
        cells = [found.get(peer) for peer in peers]
        steady.append([problem.name, *(cell(m, found.get("adjit")) for m in cells)])
        first.append([problem.name, *("-" if m is None else duration(m.first) for m in cells)])
    return [
        "In brackets the time as a multiple of adjit's:",
        table(["problem", *peers], steady),
        "Geometric means of the multiples:",
        table(["family", *peers], family_ratios(results, peers)),
        "First call (trace and compile, nothing cached):",
        table(["problem", *peers], first),
    ]


def loop_parts(results: Results, peers: list[str]) -> list[str]:
    base = "limit" if "limit" in peers else "adjit"
    steady = [
        [problem.name, *(cell(found.get(peer), found.get(base)) for peer in peers)]
        for problem, found in results.items()
    ]
    parts = [
        f"## Loops\n\nIn brackets the time as a multiple of {base}'s"
        + (" (a gradient written by hand for numba):" if base == "limit" else ":"),
        table(["problem", *peers], steady),
        f"Multiples of {base}'s time over all problems that both ran:",
        table(["", *peers], multiples(results, peers, base)),
    ]
    if "adjit" in peers:
        parts += [
            "adjit: gradient over its own compiled objective, bytes saved for the way back, first "
            "call, and CPU seconds until the compiled form has run (limit: the same for its):",
            table(
                ["problem", "gradient / objective", "saved", "first call", "until fast", "limit's"],
                [own_row(p, found) for p, found in results.items() if "adjit" in found],
            ),
        ]
    grown = list(growth(results, peers))
    if grown:
        parts += [
            "Growth with the size, and what the growth of the work predicts:",
            table(["from, to", "work", *peers], grown),
        ]
    return parts


def own_row(problem: Problem, found: dict[str, Measured]) -> list[str]:
    ours, limit = found["adjit"], found.get("limit")
    ratio = "-" if ours.objective is None else f"{ours.best / ours.objective:.2f}"
    saved = "-" if ours.saved_bytes is None else f"{ours.saved_bytes:,}"
    theirs = "-" if limit is None else duration(limit.until_fast)
    return [
        problem.name,
        ratio,
        saved,
        duration(ours.first),
        duration(ours.until_fast),
        theirs,
    ]


def growth(results: Results, peers: list[str]) -> Iterable[list[str]]:
    """Ratios of the times of consecutive sizes."""
    problems = list(results)
    for small, large in itertools.pairwise(problems):
        if small.series != large.series:
            continue
        row = [f"{small.name}, {large.size}", f"{(large.size / small.size) ** small.order:.1f}"]
        for peer in peers:
            pair = results[small].get(peer), results[large].get(peer)
            row.append(f"{pair[1].best / pair[0].best:.1f}" if pair[0] and pair[1] else "-")
        yield row


def ratios(results: Results, peer: str, base: str) -> list[float]:
    return [f[peer].best / f[base].best for f in results.values() if {peer, base} <= set(f)]


def multiples(results: Results, peers: list[str], base: str) -> list[list[str]]:
    found = [ratios(results, peer, base) for peer in peers]
    return [
        ["geometric mean", *("-" if not r else f"{geometric_mean(r):.2f}" for r in found)],
        ["median", *("-" if not r else f"{statistics.median(r):.2f}" for r in found)],
        ["worst", *("-" if not r else f"{max(r):.2f}" for r in found)],
        ["problems", *(str(len(r)) for r in found)],
    ]


def family_ratios(results: Results, peers: list[str]) -> list[list[str]]:
    """Geometric means over each family of (time of the library / time of adjit)."""
    rows = []
    for family in dict.fromkeys(problem.family for problem in results):
        members = {p: found for p, found in results.items() if p.family == family}
        found = [ratios(members, peer, "adjit") for peer in peers]
        rows.append([family, *("-" if not r else f"{geometric_mean(r):.2f}" for r in found)])
    return rows


def geometric_mean(values: list[float]) -> float:
    return math.exp(sum(map(math.log, values)) / len(values))


def cell(measured: Measured | None, base: Measured | None) -> str:
    if measured is None:
        return "-"
    if base is None or base is measured:
        return duration(measured.best)
    return f"{duration(measured.best)} ({measured.best / base.best:.2f})"


def duration(seconds: float) -> str:
    for unit, factor in (("s", 1.0), ("ms", 1e3), ("µs", 1e6)):
        if seconds * factor >= 1:
            return f"{seconds * factor:.3g} {unit}"
    return f"{seconds * 1e9:.3g} ns"


def table(header: list[str], rows: list[list[str]]) -> str:
    lines = [header, ["---"] + ["---:"] * (len(header) - 1), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
