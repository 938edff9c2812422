"""Random graphs: reverse mode against differences, forward against reverse, second order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from graph_checks import check
from hypothesis import given, settings
from hypothesis import strategies as hs

from adjit.ir import GraphBuilder, Operand, literal
from adjit.ir.indexing import At, Gather, Slice, full
from adjit.ir.primitives import elementwise as ew
from adjit.ir.primitives import structural as st

Draw = Callable[..., Any]
B = GraphBuilder

SMOOTH = (ew.sin, ew.cos, ew.tanh, ew.expit, ew.arctan, ew.erf)
PAIRS = (ew.add, ew.sub, ew.mul, ew.hypot)


def wave(b: B, x: Operand) -> Operand:
    """Keeps values within [-1, 1], so that steps of differences stay small in effect."""
    return b.emit(ew.sin, x)


def unary(draw: Draw, b: B, pool: list[Operand]) -> Operand:
    return b.emit(draw(hs.sampled_from(SMOOTH)), draw(hs.sampled_from(pool)))


def power(draw: Draw, b: B, pool: list[Operand]) -> Operand:
    return b.emit(
        ew.pow, draw(hs.sampled_from(pool)), literal(draw(hs.sampled_from((1.0, 2, 3))), "f8")
    )


def positive(draw: Draw, b: B, pool: list[Operand]) -> Operand:
    x = draw(hs.sampled_from(pool))
    shifted = b.emit(ew.add, b.emit(ew.pow, x, literal(2.0)), literal(0.5))
    return b.emit(draw(hs.sampled_from((ew.sqrt, ew.log, ew.cbrt))), shifted)


def binary(draw: Draw, b: B, pool: list[Operand]) -> Operand:
    x = draw(hs.sampled_from(pool))
    y = draw(hs.sampled_from([y for y in pool if broadcasts(x, y)]))
    primitive = draw(hs.sampled_from(PAIRS))
    if primitive is ew.hypot:
        y = b.emit(ew.add, b.emit(ew.pow, y, literal(2.0)), literal(0.5))
    return wave(b, b.emit(primitive, x, y))


def chosen(draw: Draw, b: B, pool: list[Operand]) -> Operand:
    """A select whose condition does not move with small steps."""
    x = draw(hs.sampled_from(pool))
    y = draw(hs.sampled_from([y for y in pool if y.shape == x.shape or y.shape == ()]))
    flag = b.emit(ew.gt, b.emit(ew.stop, b.full(1.0, x.shape[-1:], "f8")), literal(0.5))
    if draw(hs.booleans()):
        flag = b.emit(ew.logical_not, flag)
    return b.emit(ew.select, flag, x, y)


def reduction(draw: Draw, b: B, pool: list[Operand]) -> Operand:
    x = draw(hs.sampled_from(pool))
    axes = draw(hs.sets(hs.integers(0, len(x.shape) - 1))) if x.shape else ()
    op = draw(hs.sampled_from(("sum", "mean", "prod")))
    return wave(b, b.reduce(x, op, sorted(axes), keepdims=draw(hs.booleans())))


def running(draw: Draw, b: B, pool: list[Operand]) -> Operand:
    x = draw(hs.sampled_from([x for x in pool if x.shape]))
    axis = draw(hs.integers(0, len(x.shape) - 1))
    return wave(
        b,
        b.emit(
            st.cumulative,
            x,
            op=draw(hs.sampled_from(("sum", "prod"))),
            axis=axis,
            reverse=draw(hs.booleans()),
        ),
    )


def product(draw: Draw, b: B, pool: list[Operand]) -> Operand:
    """Any two arrays, their last axes summed over where the sizes agree."""
    x, y = draw(hs.sampled_from(pool)), draw(hs.sampled_from(pool))
    a, c = list(range(len(x.shape))), [10 + k for k in range(len(y.shape))]
    if a and c and x.shape[-1] == y.shape[-1] and draw(hs.booleans()):
        c[-1] = a[-1]
    out = [k for k in (*a, *c) if not (k in a and k in c)]
    if len(out) > 3:
        return x
    out = draw(hs.permutations(out))
    return wave(b, b.emit(st.contract, x, y, a_axes=tuple(a), b_axes=tuple(c), out_axes=tuple(out)))


def moved(draw: Draw, b: B, pool: list[Operand]) -> Operand:
    x = draw(hs.sampled_from(pool))
    x = b.transpose(x, draw(hs.permutations(range(len(x.shape)))))
    if draw(hs.booleans()) and len(x.shape) == 2:
        return b.reshape(x, (x.shape[0] * x.shape[1],))
    return b.broadcast(x, (2, *x.shape)) if len(x.shape) < 2 else x


def place(draw: Draw, x: Operand) -> tuple[tuple[Any, ...], bool]:
    """A spec that indexes the first axis, and whether it needs the index array."""
    n, rest = x.shape[0], tuple(map(full, x.shape[1:]))
    kind = draw(hs.sampled_from(("at", "slice", "reversed", "gather")))
    first = {
        "at": At(draw(hs.integers(0, n - 1))),
        "slice": Slice(1, n - 1),
        "reversed": Slice(n - 1, n, -1),
        "gather": Gather(0),
    }[kind]
    return (first, *rest), kind == "gather"


def reading(draw: Draw, b: B, pool: list[Operand], index: Operand) -> Operand:
    x = draw(hs.sampled_from([x for x in pool if x.shape and x.shape[0] in (3, 6)] or [None]))
    if x is None:
        return pool[0]
    spec, gathers = place(draw, x)
    return b.index(x, spec, (index,) if gathers else ())


def writing(draw: Draw, b: B, pool: list[Operand], index: Operand) -> Operand:
    x = draw(hs.sampled_from([x for x in pool if x.shape and x.shape[0] in (3, 6)] or [None]))
    if x is None:
        return pool[0]
    spec, gathers = place(draw, x)
    indices = (index,) if gathers else ()
    target = b.index(x, spec, indices).shape
    v = draw(hs.sampled_from([v for v in pool if fits(v, target)]))
    return b.update(x, v, spec, indices, op=draw(hs.sampled_from(("set", "add"))))


def joined(draw: Draw, b: B, pool: list[Operand]) -> Operand:
    x = draw(hs.sampled_from([x for x in pool if x.shape]))
    y = draw(hs.sampled_from([y for y in pool if y.shape == x.shape]))
    return b.emit(st.concatenate, x, y, axis=draw(hs.integers(0, len(x.shape) - 1)))


def broadcasts(x: Operand, y: Operand) -> bool:
    pairs = zip(reversed(x.shape), reversed(y.shape), strict=False)
    return all(m == n or 1 in (m, n) for m, n in pairs)


def fits(v: Operand, target: Any) -> bool:
    return len(v.shape) <= len(target) and all(
        m in (1, n) for m, n in zip(reversed(v.shape), reversed(target), strict=False)
    )


STEPS = (
    unary,
    power,
    positive,
    binary,
    chosen,
    reduction,
    running,
    product,
    moved,
    reading,
    writing,
    joined,
)
INPUTS = ((3,), (2, 3), ())


@settings(max_examples=80)
@given(hs.data())
def test_random_graph(data: Any) -> None:
    choices: list[Any] = []

    def build(b: B, x: Operand, y: Operand, z: Operand, index: Operand) -> Operand:
        # `check` builds the graph more than once: the same choices each time.
        replay = iter(choices) if choices else None

        def drawn(strategy: Any) -> Any:
            if replay is not None:
                return next(replay)
            choices.append(data.draw(strategy))
            return choices[-1]

        pool: list[Operand] = [x, y, z]
        for _ in range(drawn(hs.integers(1, 7))):
            step = drawn(hs.sampled_from(STEPS))
            arguments = (index,) if step in (reading, writing) else ()
            made = step(drawn, b, pool, *arguments)
            if len(made.shape) <= 3 and np.prod(made.shape) <= 60:
                pool.append(made)
        parts = [b.reduce(wave(b, p), "sum", range(len(p.shape))) for p in pool[3:][-3:]]
        result = b.emit(ew.mul, x, literal(0.5))
        for part in parts:
            result = b.emit(ew.mul, result, b.emit(ew.add, part, literal(1.5)))
        return result

    seed = data.draw(hs.integers(0, 20))
    rng = np.random.default_rng(seed)
    arrays = [rng.uniform(-1, 1, size=shape) for shape in INPUTS]
    check(build, *arrays, np.array([1, -1, 1, 0]), symbolic=(False,), float32=False, tol=1e-6)
