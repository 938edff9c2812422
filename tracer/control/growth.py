"""Python's integers grow without limit, those of a compiled loop have 64 bits.

A count, or a sum of counts, never leaves them. A number that is multiplied from turn to turn does:
a `for` over such numbers runs turn by turn while it is traced, and a `while` checks them. Of each
integer that is carried it is found how its next value depends on the carried ones, as sums
`c * a + d * b + ...` (one for each way through the branches, terms known up to their sign). Where
numbers depend on each other in a circle, they grow no faster than a sum of counts as long as no
such sum has factors of more than 1 in all.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from adjit.ir.graph import Equation, Graph
from adjit.ir.magnitude import LARGEST
from adjit.ir.primitives import effects as fx
from adjit.ir.primitives import elementwise as ew
from adjit.ir.values import Literal, Operand, Value, literal

if TYPE_CHECKING:
    from adjit.tracer.trace import Trace

#: Carried integers with their factors. `ANY` stands for a factor that is not known.
Terms = Mapping[int, Fraction]
#: What a value may be, one after the other way.
Ways = tuple[Terms, ...]
ANY = Fraction(2)
_MOST_WAYS = 24
_NOTHING: Ways = ({},)
_ONE_OF = frozenset({"select", "maximum", "minimum"})
_SAME = frozenset({"neg", "abs", "convert", "stop"})


@dataclass(frozen=True, slots=True)
class Number:
    """A Python integer that is carried: its stand-in, its next value, and what it is before the
    loop (None: not known while tracing)."""

    now: Value
    next: Operand
    first: int | None


def growing(equations: Sequence[Equation], numbers: Sequence[Number]) -> Number | None:
    """The first of the numbers that may leave 64 bits; None where there is none."""
    if not numbers:
        return None
    env: dict[Value, Ways] = {x.now: ({k: Fraction(1)},) for k, x in enumerate(numbers)}
    _walk(equations, env)
    ways = [_ways(env, x.next) for x in numbers]
    edges = [{d for terms in found for d in terms} for found in ways]
    for k, x in enumerate(numbers):
        circle = {d for d in _reached(edges, k) if k in _reached(edges, d)}
        if any(sum(f for d, f in terms.items() if d in circle) > 1 for terms in ways[k]):
            return x
    return _too_large(equations, [x for k, x in enumerate(numbers) if not edges[k]])


def watch(trace: Trace, number: Number) -> None:
    """Have the compiled loop raise before the integer, or what a turn makes of it, leaves 64 bits.
    The product of two numbers within the limit stays in them."""
    limit = literal(2**31, np.int64)
    size = trace.emit(ew.abs, number.next)
    name = number.now.name or "an integer"
    text = f"{name} of a compiled loop is beyond 2**31; let it start as a float"
    ok = trace.emit(ew.lt, size, limit)
    trace.emit(fx.require, ok, error="OverflowError", arguments=(text,))


def _reached(edges: Sequence[set[int]], start: int) -> set[int]:
    found: set[int] = set()
    work = [start]
    while work:
        for d in edges[work.pop()] - found:
            found.add(d)
            work.append(d)
    return found


def _ways(env: Mapping[Value, Ways], x: Operand) -> Ways:
    return env.get(x, _NOTHING) if isinstance(x, Value) else _NOTHING


def _walk(equations: Sequence[Equation], env: dict[Value, Ways]) -> None:
    for eqn in equations:
        parts = [_ways(env, x) for x in eqn.inputs]
        if all(ways == _NOTHING for ways in parts):
            continue
        for value, ways in zip(eqn.outputs, _of(eqn, parts), strict=True):
            if value.type.dtype.kind in "iu":
                env[value] = _few(ways)


def _few(ways: Ways) -> Ways:
    """The ways without repetition; of too many, one that is at least as large as each."""
    out: list[Terms] = []
    for terms in ways:
        if terms not in out:
            out.append(terms)
    if len(out) <= _MOST_WAYS:
        return tuple(out)
    return ({k: max(t.get(k, Fraction(0)) for t in out) for t in out for k in t},)


def _of(eqn: Equation, parts: list[Ways]) -> list[Ways]:
    name = eqn.primitive.name
    if name in ("add", "sub"):
        return [tuple(map(_sum, itertools.product(*parts)))]
    if name in _ONE_OF:
        return [tuple(itertools.chain(*(parts[1:] if name == "select" else parts)))]
    if name in _SAME:
        return [parts[0]]
    if name == "mod":
        return [parts[1]]
    number = next((abs(int(x.value)) for x in eqn.inputs if isinstance(x, Literal)), None)
    if name == "mul" and number is not None:
        return [_scaled(next(p for p in parts if p != _NOTHING), Fraction(number))]
    if name == "floordiv" and parts[1] == _NOTHING:
        return [_scaled(parts[0], Fraction(1, number or 1))]
    if name == "shift_right" and parts[1] == _NOTHING:
        return [parts[0]]
    if name == "branch":
        arms = [_region(region, parts[1:]) for region in eqn.regions]
        return [a + b for a, b in zip(*arms, strict=True)]
    if name in ("loop", "while"):
        return _loop(eqn, parts)
    return [_any(parts)] * len(eqn.outputs)


def _sum(terms: Sequence[Terms]) -> Terms:
    out: dict[int, Fraction] = {}
    for one in terms:
        for k, factor in one.items():
            out[k] = out.get(k, Fraction(0)) + factor
    return out


def _scaled(ways: Ways, factor: Fraction) -> Ways:
    return tuple({k: f * factor for k, f in terms.items()} for terms in ways)


def _any(parts: Sequence[Ways]) -> Ways:
    return ({k: ANY for ways in parts for terms in ways for k in terms},)


def _region(region: Graph, parts: Sequence[Ways]) -> list[Ways]:
    env = {v: ways for v, ways in zip(region.inputs, parts, strict=True) if ways != _NOTHING}
    _walk(region.equations, env)
    return [_ways(env, x) for x in region.outputs]


def _loop(eqn: Equation, parts: list[Ways]) -> list[Ways]:
    """A number to which a loop only adds depends on its first value as it is; for anything else
    no factor is known."""
    count = eqn.params["carried"]
    alone: list[Ways] = [({-1 - k: Fraction(1)},) for k in range(count)]
    found = _region(eqn.regions[-1], [*alone, *parts[count:]])
    outputs = [
        parts[k] if all(t in ({}, {-1 - k: 1}) for t in found[k]) else _any(parts)
        for k in range(count)
    ]
    return outputs + [_NOTHING] * (len(eqn.outputs) - count)


# Numbers that begin anew in each turn, as `seed = (a * seed + c) % m`.


def _too_large(equations: Sequence[Equation], numbers: Sequence[Number]) -> Number | None:
    alone = _bounded(equations, {})
    known = {
        x.now: max(alone[x.next], x.first)
        for x in numbers
        if isinstance(x.next, Value) and x.next in alone and x.first is not None
    }
    largest = max(_bounded(equations, known).values(), default=0)
    return numbers[0] if numbers and largest > LARGEST else None


def _bounded(equations: Sequence[Equation], known: Mapping[Value, int]) -> dict[Value, int]:
    """The largest absolute value of integers, where it is known."""
    env = dict(known)
    for eqn in equations:
        value = eqn.outputs[0] if eqn.outputs else None
        if value is None or value.type.shape or value.type.dtype != np.int64:
            continue
        sizes = [abs(int(x.value)) if isinstance(x, Literal) else env.get(x) for x in eqn.inputs]
        bound = _bound(eqn.primitive.name, sizes)
        if bound is not None:
            env[value] = bound
    return env


def _bound(name: str, sizes: list[int | None]) -> int | None:
    if name == "mod" and sizes[1] is not None:
        return sizes[1]
    given = [n for n in sizes if n is not None]
    if len(given) < len(sizes) or not given:
        return None
    if name in ("add", "sub"):
        return sum(given)
    if name == "mul":
        return given[0] * given[1]
    return given[0] if name in _SAME else None
