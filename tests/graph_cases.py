"""Small graphs for every differentiable primitive, in all forms of its parameters.

`CASES` holds, by primitive, (label, function of a builder and inputs, inputs). The inputs keep
clear of kinks and poles, so that differences are meaningful. Labels that start with "n:" may be
built with symbolic sizes although cases of their primitive name sizes as numbers; "fixed:" is the
opposite.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np

from adjit.adjoint import rules
from adjit.ir import GraphBuilder, Symbol, literal
from adjit.ir.indexing import At, AtValue, Gather, NewAxis, Slice, full
from adjit.ir.primitives import elementwise as ew
from adjit.ir.primitives import linear_algebra as la
from adjit.ir.primitives import structural as st

RNG = np.random.default_rng(0)
COUNT = Symbol("count")

#: Ranges that stay clear of kinks and poles.
DOMAINS: dict[str, tuple[float, float]] = {
    "sqrt": (0.5, 3),
    "cbrt": (0.5, 3),
    "log": (0.5, 3),
    "log2": (0.5, 3),
    "log10": (0.5, 3),
    "log1p": (-0.5, 2),
    "arcsin": (-0.8, 0.8),
    "arccos": (-0.8, 0.8),
    "arctanh": (-0.8, 0.8),
    "arccosh": (1.5, 4),
    "tan": (-1, 1),
    "abs": (0.5, 2),
    "gamma": (0.5, 3),
    "lgamma": (0.5, 3),
    "digamma": (0.5, 3),
}
EXTREMA = ("maximum", "minimum", "fmax", "fmin")
UNARY = [n for n, row in rules.elementwise.TABLE.items() if len(row) == 1 and any(row)]
BINARY = [
    n
    for n, row in rules.elementwise.TABLE.items()
    if len(row) == 2 and any(row) and n is not ew.polygamma
]
SHAPES = [
    ((3,), (3,)),
    ((2, 3), (3,)),
    ((3,), (2, 3)),
    ((2, 1), (1, 3)),
    ((), (2, 3)),
    ((2, 3), ()),
    ((), ()),
    ((0, 3), (3,)),
    ((1,), (3,)),
    ((2, 3), (1, 1)),
    ((4, 1, 3), (2, 1)),
]
CASES: dict[str, list[tuple[str, Any, tuple[Any, ...]]]] = defaultdict(list)


def case(name: str, label: str, build: Any, *arrays: Any) -> None:
    CASES[name].append((label, build, arrays))


def normal(*shape: int) -> np.ndarray:
    return RNG.normal(size=shape)


def spaced(*shape: int) -> np.ndarray:
    """Distinct entries, well apart."""
    n = int(np.prod(shape))
    return (RNG.permutation(n) * 0.3 - 0.7).reshape(shape) + 0.05


def operand(name: str, shape: tuple[int, ...], second: bool = False) -> np.ndarray:
    if name in ("div", "arctan2"):
        return RNG.uniform(0.6, 2, size=shape)
    if name == "pow":
        return RNG.uniform(0.5, 2, size=shape)
    if name in EXTREMA:
        return RNG.integers(-3, 3, size=shape) * 0.5 + (0.2 if second else 0)
    if name in ("hypot", "copysign"):
        return np.where(RNG.random(shape) < 0.5, 1.0, -1.0) * RNG.uniform(0.4, 2, size=shape)
    if name in ("mod", "fmod"):
        return (
            RNG.uniform(0.95, 1.05, size=shape)
            if second
            else RNG.integers(-3, 3, size=shape) + RNG.uniform(0.45, 0.55, size=shape)
        )
    return RNG.normal(size=shape) + (0.3 if second else 0)


def elementwise(primitive: Any) -> Any:
    return lambda b, *xs: b.emit(primitive, *xs)


for p in UNARY:
    low, high = DOMAINS.get(p.name, (-1.5, 1.5))
    for shape in ((3,), (), (0, 2), (2, 2)):
        case(p.name, f"{shape}", elementwise(p), RNG.uniform(low, high, size=shape))
for p in BINARY:
    for one, two in SHAPES:
        case(
            p.name,
            f"{one}{two}",
            elementwise(p),
            operand(p.name, one),
            operand(p.name, two, second=True),
        )
    if p.name not in ("mod", "fmod"):
        case(p.name, "twice", lambda b, x, p=p: b.emit(p, x, x), RNG.uniform(0.6, 2, size=3))
    for number in (0.4, 1.6):
        case(
            p.name,
            f"right {number}",
            lambda b, x, p=p, n=number: b.emit(p, x, literal(n, x.dtype)),
            operand(p.name, (2, 3)) + 0.017,
        )
        if p.name == "copysign":
            continue
        case(
            p.name,
            f"left {number}",
            lambda b, x, p=p, n=number: b.emit(p, literal(n, x.dtype), x),
            operand(p.name, (2, 3), second=True) + 0.017,
        )
for exponent in (0.0, 1.0, 2.0, 3.0, 0.5, -0.5, -1.0, -2.0, 1.5):
    case(
        "pow",
        f"x**{exponent}",
        lambda b, x, n=exponent: b.emit(ew.pow, x, literal(n, x.dtype)),
        RNG.uniform(0.5, 2, size=(2, 3)),
    )
case("pow", "negative base", lambda b, x: b.emit(ew.pow, x, literal(3.0, x.dtype)), normal(4))

for order in (1.0, 2.0):
    case(
        "polygamma",
        f"order {order}",
        lambda b, x, n=order: b.emit(ew.polygamma, literal(n, x.dtype), x),
        RNG.uniform(0.7, 3, size=(2, 3)),
    )

MASK = np.array([[True, False, True], [False, False, True]])
for one, two in (((2, 3), (2, 3)), ((3,), ()), ((2, 1), (2, 3)), ((), ())):
    case(
        "select",
        f"{one}{two}",
        lambda b, c, x, y: b.emit(ew.select, c, x, y),
        MASK,
        normal(*one),
        normal(*two),
    )
case(
    "select",
    "mask of one row",
    lambda b, c, x, y: b.emit(ew.select, c, x, y),
    MASK[0],
    normal(2, 3),
    normal(2, 1),
)
case(
    "select",
    "nested",
    lambda b, c, x, y: b.emit(
        ew.select,
        c,
        b.emit(ew.select, b.emit(ew.gt, x, literal(0, x.dtype)), b.emit(ew.sin, x), y),
        b.emit(ew.mul, x, y),
    ),
    MASK,
    spaced(2, 3),
    normal(2, 3),
)
case(
    "select",
    "scalar condition",
    lambda b, c, x: b.emit(
        ew.select, c, b.reduce(b.emit(ew.sin, x), "sum", (0,)), literal(0, x.dtype)
    ),
    np.array(True),
    normal(3, 2),
)
for axes, a, b_ in (("left", (1, 3), (2, 3)), ("both", (2, 1), (1, 3))):
    case(
        "select",
        f"summed under a condition {axes}",
        lambda b, c, x, y: b.emit(
            ew.select, c, b.emit(ew.mul, b.emit(ew.exp, x), y), literal(0, x.dtype)
        ),
        MASK,
        normal(*a),
        normal(*b_),
    )
case(
    "convert",
    "float",
    lambda b, x: b.convert(b.emit(ew.sin, b.convert(x, "f4")), x.dtype),
    normal(3),
)
case("broadcast", "rows", lambda b, x: b.broadcast(x, (4, 2, 3)), normal(2, 1))
case(
    "broadcast",
    "mul",
    lambda b, x, y: b.emit(ew.mul, b.broadcast(x, y.shape), y),
    normal(1, 3),
    normal(2, 3),
)
case("reshape", "split", lambda b, x: b.reshape(b.emit(ew.sin, x), (3, 2)), normal(2, 3))
case(
    "reshape",
    "of a lazy cotangent",
    lambda b, x: b.reduce(b.reshape(b.emit(ew.sin, x), (x.shape[0] * x.shape[1],)), "mean", (0,)),
    normal(2, 3),
)
case(
    "reshape",
    "under a condition",
    lambda b, c, x: b.emit(
        ew.select, c, b.reshape(b.emit(ew.exp, x), c.shape), literal(0, x.dtype)
    ),
    MASK,
    normal(3, 2),
)
for perm in ((1, 0, 2), (2, 0, 1)):
    case(
        "transpose",
        f"{perm}",
        lambda b, x, p=perm: b.emit(ew.sin, b.transpose(x, p)),
        normal(2, 3, 4),
    )
case(
    "transpose",
    "of a lazy cotangent",
    lambda b, x: b.reduce(b.transpose(b.emit(ew.sin, x), (1, 2, 0)), "sum", (1, 2)),
    normal(2, 3, 4),
)
case(
    "transpose",
    "under a condition",
    lambda b, c, x: b.emit(
        ew.select, c, b.transpose(b.emit(ew.exp, x), (1, 0)), literal(0, x.dtype)
    ),
    MASK,
    normal(3, 2),
)

for op in ("sum", "mean", "prod", "max", "min"):
    for axes in ((0,), (1,), (0, 2), (0, 1, 2), ()):
        for keepdims in (False, True):
            case(
                "reduce",
                f"{op} {axes} {keepdims}",
                lambda b, x, op=op, axes=axes, k=keepdims: b.emit(
                    st.reduce, x, op=op, axes=axes, keepdims=k
                ),
                spaced(2, 3, 2),
            )
    case(
        "reduce",
        f"{op} of functions",
        lambda b, x, op=op: b.emit(
            ew.mul, b.emit(st.reduce, b.emit(ew.sin, x), op=op, axes=(1,), keepdims=True), x
        ),
        RNG.uniform(-1.5, 1.5, size=(2, 3)),
    )
    case(
        "reduce",
        f"{op} of one entry",
        lambda b, x, op=op: b.emit(st.reduce, x, op=op, axes=(1,), keepdims=False),
        normal(3, 1),
    )
for op in ("sum", "prod"):
    case(
        "reduce",
        f"{op} of nothing",
        lambda b, x, op=op: b.emit(st.reduce, x, op=op, axes=(0,), keepdims=False),
        normal(0, 3),
    )
case(
    "reduce",
    "prod with zeros",
    lambda b, x: b.emit(st.reduce, x, op="prod", axes=(1,), keepdims=False),
    np.array([[0.0, 2.0, 3.0], [0.0, 2.0, 0.0], [1.0, 2.0, 3.0]]),
)
case(
    "reduce",
    "under a condition",
    lambda b, c, x: b.emit(
        ew.select, c, b.reduce(b.emit(ew.exp, x), "max", (1,)), literal(0, x.dtype)
    ),
    MASK,
    normal(2, 4, 3),
)

for a_axes, b_axes, out, a, b_ in (
    ((0, 1), (1, 2), (0, 2), (2, 3), (3, 4)),
    ((0, 1), (1,), (0,), (2, 3), (3,)),
    ((0,), (0, 1), (1,), (3,), (3, 2)),
    ((0,), (0,), (), (3,), (3,)),
    ((0,), (1,), (0, 1), (3,), (2,)),
    ((0,), (1,), (1, 0), (3,), (2,)),
    ((5, 0, 1), (5, 1, 2), (5, 0, 2), (2, 3, 4), (2, 4, 3)),
    ((0, 1), (0, 1), (1,), (2, 3), (2, 3)),
    ((0, 1, 2), (2, 1), (0,), (2, 3, 4), (4, 3)),
    ((), (0, 1), (1, 0), (), (2, 3)),
    ((0, 1), (1, 2), (0, 2), (2, 1), (1, 4)),
    ((0, 1), (1, 2), (2, 0), (1, 3), (3, 2)),
    ((0, 1), (1, 2), (0, 2), (0, 3), (3, 2)),
):

    def contraction(b: GraphBuilder, x: Any, y: Any, p: Any = (a_axes, b_axes, out)) -> Any:
        return b.emit(st.contract, x, y, a_axes=p[0], b_axes=p[1], out_axes=p[2])

    label = f"{a_axes}{b_axes}{out}"
    case("contract", label, contraction, normal(*a), normal(*b_))
    for axes in {(0,)[: len(out)], tuple(range(len(out)))} - {()}:
        case(
            "contract",
            f"{label} summed {axes}",
            lambda b, x, y, c=contraction, k=axes: b.emit(
                ew.mul,
                b.reduce(c(b, b.emit(ew.sin, x), b.emit(ew.cos, y)), "sum", k),
                literal(0.5, x.dtype),
            ),
            normal(*a),
            normal(*b_),
        )
case(
    "contract",
    "with itself",
    lambda b, x: b.emit(st.contract, x, x, a_axes=(0,), b_axes=(0,), out_axes=()),
    normal(3),
)
case(
    "contract",
    "square",
    lambda b, x: b.emit(st.contract, x, x, a_axes=(0, 1), b_axes=(1, 2), out_axes=(0, 2)),
    normal(3, 3),
)
case(
    "contract",
    "under a condition",
    lambda b, c, x, y: b.emit(
        ew.select,
        c,
        b.emit(st.contract, b.emit(ew.exp, x), y, a_axes=(0, 1), b_axes=(1, 2), out_axes=(0, 2)),
        literal(0, x.dtype),
    ),
    MASK,
    normal(2, 4),
    normal(4, 3),
)

AT = np.array([2, 0, 2, 3])
COLUMN = np.array([[1], [0]])
SPECS: list[tuple[str, tuple[Any, ...], tuple[Any, ...]]] = [
    ("x[1:3]", (Slice(1, 2), full(3)), ()),
    ("x[::-1, 1]", (Slice(3, 4, -1), At(1)), ()),
    ("x[None, 2, ::2]", (NewAxis(), At(2), Slice(0, 2, 2)), ()),
    ("x[1, 2]", (At(1), At(2)), ()),
    ("x[k]", (AtValue(0), full(3)), (np.array(-1),)),
    ("x[I]", (Gather(0), full(3)), (AT,)),
    ("x[:, I % 3]", (full(4), Gather(0)), (AT % 3,)),
    ("x[I, I % 3]", (Gather(0), Gather(1)), (AT, AT % 3)),
    ("x[I, J]", (Gather(0), Gather(1)), (AT, COLUMN)),
    ("x[I, k]", (Gather(0), AtValue(1)), (AT, np.array(1))),
    ("x[I, None, :]", (Gather(0), NewAxis(), full(3)), (AT,)),
    ("x[0:0]", (Slice(0, 0), full(3)), ()),
]
for text, spec, indices in SPECS:

    def reading(b: GraphBuilder, x: Any, *at: Any, s: Any = spec) -> Any:
        return b.emit(st.index, b.emit(ew.sin, x), *at, spec=s)

    def writing(b: GraphBuilder, x: Any, v: Any, *at: Any, s: Any = spec, op: str = "set") -> Any:
        return b.emit(ew.sin, b.update(b.emit(ew.exp, x), b.emit(ew.cos, v), s, at, op=op))

    case("index", text, reading, normal(4, 3), *indices)
    size = np.zeros((4, 3))[
        tuple(
            slice(
                s.start,
                None if s.start + s.step * s.size < 0 else s.start + s.step * s.size,
                s.step,
            )
            if isinstance(s, Slice)
            else None
            if isinstance(s, NewAxis)
            else s.index
            if isinstance(s, At)
            else indices[s.operand]
            for s in spec
        )
    ]
    for op in ("set", "add"):
        for shape in {size.shape, size.shape[1:], ()}:
            case(
                "update",
                f"{text} {op} {shape}",
                lambda b, *xs, w=writing, op=op: w(b, *xs, op=op),
                normal(4, 3),
                normal(*shape),
                *indices,
            )
case(
    "index",
    "several reads",
    lambda b, x: b.emit(
        ew.mul,
        b.index(x, (Slice(0, 3),)),
        b.emit(ew.add, b.index(x, (Slice(1, 3),)), b.index(x, (At(2),))),
    ),
    normal(4),
)
case(
    "index",
    "read and used whole",
    lambda b, x: b.emit(ew.mul, x, b.emit(ew.add, b.index(x, (At(1),)), b.emit(ew.sin, x))),
    normal(4),
)
case(
    "index",
    "under a condition",
    lambda b, c, x: b.emit(
        ew.select, c, b.index(b.emit(ew.exp, x), (At(1), full(3))), literal(0, x.dtype)
    ),
    MASK,
    normal(2, 3),
)
case(
    "index",
    "under one condition",
    lambda b, c, x: b.emit(ew.select, c, b.index(b.emit(ew.exp, x), (At(1),)), literal(0, x.dtype)),
    np.array(True),
    normal(4),
)


def scaled(b: GraphBuilder, x: Any, v: Any, spec: Any) -> Any:
    return b.emit(ew.exp, b.update(x, b.emit(ew.mul, b.index(x, spec), v), spec))


case(
    "update",
    "chain",
    lambda b, x, v: b.update(
        b.update(b.emit(ew.sin, x), v, (Slice(0, 2),)), b.index(x, (Slice(2, 2),)), (Slice(1, 2),)
    ),
    normal(4),
    normal(2),
)
for first in (At(1), Slice(1, 2), Slice(3, 3, -1)):
    case(
        "update",
        f"place scaled {first}",
        lambda b, x, v, s=first: scaled(b, b.emit(ew.sin, x), v, (s, full(3))),
        normal(4, 3),
        normal(3),
    )
    case(
        "update",
        f"place added to {first}",
        lambda b, x, v, s=first: b.emit(
            ew.exp, b.update(x, b.emit(ew.add, b.index(x, (s, full(3))), v), (s, full(3)))
        ),
        normal(4, 3),
        normal(3),
    )
case(
    "update",
    "repeated places scaled",
    lambda b, x, v, i: b.emit(
        ew.exp, b.update(x, b.emit(ew.mul, b.index(x, (Gather(0),), (i,)), v), (Gather(0),), (i,))
    ),
    normal(4),
    normal(),
    AT,
)
case(
    "update",
    "mask",
    lambda b, x, v: b.update(
        b.emit(ew.sin, x),
        v,
        (Gather(0), Gather(1)),
        b.bind(st.nonzero, b.emit(ew.gt, x, literal(0, x.dtype)), symbol=COUNT),
    ),
    spaced(2, 3),
    normal(),
)
case(
    "update",
    "counted",
    lambda b, x, v: b.update(
        b.emit(ew.sin, x),
        v,
        (Gather(0, True), Gather(1)),
        (b.emit(st.iota, size=3), b.convert(b.full(1, (3,), "int64"), "int64")),
    ),
    normal(3, 2),
    normal(3),
)
case(
    "update",
    "permuted",
    lambda b, x, v: b.update(
        b.emit(ew.sin, x), v, (Gather(0, True),), (b.bind(st.sort, x, axis=0)[1],)
    ),
    spaced(4),
    normal(4),
)

for axis in (0, 1):
    case(
        "concatenate",
        f"axis {axis}",
        lambda b, x, y, k=axis: b.emit(st.concatenate, b.emit(ew.sin, x), y, x, axis=k),
        normal(2, 2),
        normal(2, 2),
    )
    case(
        "concatenate",
        f"axis {axis} of a lazy cotangent",
        lambda b, x, y, k=axis: b.reduce(
            b.emit(st.concatenate, b.emit(ew.sin, x), y, axis=k), "mean", (k,)
        ),
        normal(2, 2),
        normal(2, 2),
    )
    case(
        "sort",
        f"axis {axis}",
        lambda b, x, k=axis: b.emit(ew.mul, b.bind(st.sort, b.emit(ew.sin, x), axis=k)[0], x),
        RNG.uniform(-1.4, 1.4, size=(3, 4)),
    )
    for op in ("sum", "prod", "max", "min"):
        for reverse in (False, True):
            case(
                "cumulative",
                f"{op} {axis} {reverse}",
                lambda b, x, op=op, k=axis, r=reverse: b.emit(
                    st.cumulative, x, op=op, axis=k, reverse=r
                ),
                spaced(3, 4),
            )
case(
    "concatenate",
    "fixed: under a condition",
    lambda b, c, x, y: b.emit(
        ew.select, c, b.emit(st.concatenate, b.emit(ew.exp, x), y, axis=0), literal(0, x.dtype)
    ),
    MASK,
    normal(1, 3),
    normal(1, 3),
)
case(
    "concatenate",
    "under a condition of one row",
    lambda b, c, x, y: b.emit(
        ew.select, c, b.emit(st.concatenate, b.emit(ew.exp, x), y, axis=0), literal(0, x.dtype)
    ),
    MASK[0],
    normal(1, 3),
    normal(1, 3),
)
case(
    "sort",
    "under one condition",
    lambda b, c, x: b.emit(ew.select, c, b.bind(st.sort, x, axis=0)[0], literal(0, x.dtype)),
    np.array(True),
    spaced(4),
)
case("sort", "vector", lambda b, x: b.bind(st.sort, x, axis=0)[0], spaced(4))
case(
    "cumulative",
    "prod with zeros",
    lambda b, x: b.emit(st.cumulative, x, op="prod", axis=1, reverse=False),
    np.array([[2.0, 0.0, 3.0, 0.0], [2.0, 1.0, 0.0, 5.0]]),
)
case(
    "cumulative",
    "nothing",
    lambda b, x: b.emit(st.cumulative, x, op="prod", axis=0, reverse=False),
    normal(0, 2),
)

# Linear algebra.


def regular(*shape: int) -> np.ndarray:
    """Matrices far from singular; rows have to change places."""
    return normal(*shape) + 3 * np.eye(shape[-1])[::-1]


def definite(*shape: int) -> np.ndarray:
    """Positive definite matrices, with something else above the diagonal."""
    x = normal(*shape)
    made = x @ np.swapaxes(x, -1, -2) + 2 * np.eye(shape[-1])
    return np.tril(made) + np.triu(normal(*shape), 1)


def turned(b: GraphBuilder, x: Any) -> Any:
    n = len(x.shape)
    return b.transpose(x, (*range(n - 2), n - 1, n - 2))


for a, right in (
    ((1, 1), (1,)),
    ((2, 2), (2,)),
    ((3, 3), (3, 1)),
    ((3, 3), (3, 2)),
    ((2, 3, 3), (2, 3, 2)),
    ((4, 4), (4, 4)),
):
    case(
        "solve", f"{a} {right}", lambda b, x, y: b.emit(la.solve, x, y), regular(*a), normal(*right)
    )
case(
    "solve",
    "transposed, of computed operands",
    lambda b, x, y: b.emit(la.solve, turned(b, b.emit(ew.sin, x)), turned(b, b.emit(ew.exp, y))),
    regular(3, 3),
    normal(2, 3),
)
case("solve", "of itself", lambda b, x: b.emit(la.solve, x, turned(b, x)), regular(3, 3))
case(
    "solve",
    "twice",
    lambda b, x, y: b.emit(la.solve, x, b.emit(la.solve, turned(b, x), y)),
    regular(3, 3),
    normal(3),
)
for shape in ((1, 1), (2, 2), (3, 3), (4, 4), (2, 2, 2), (2, 3, 3)):
    case("inv", f"{shape}", lambda b, x: b.emit(la.inv, x), regular(*shape))
    case("det", f"{shape}", lambda b, x: b.emit(la.det, x), regular(*shape))
    case("logabsdet", f"{shape}", lambda b, x: b.emit(la.logabsdet, turned(b, x)), regular(*shape))
    case("cholesky", f"{shape}", lambda b, x: b.emit(la.cholesky, x), definite(*shape))
case("inv", "n: 5", lambda b, x: b.emit(la.inv, turned(b, x)), regular(2, 5, 5))
case("det", "fixed: 2 singular", lambda b, x: b.emit(la.det, x), np.ones((2, 2)))
case("det", "fixed: 3 singular", lambda b, x: b.emit(la.det, x), np.zeros((2, 3, 3)))
case(
    "det",
    "and its sign",
    lambda b, x: b.emit(ew.mul, b.emit(la.det, x), b.emit(la.detsign, x)),
    regular(3, 3, 3),
)
case(
    "logabsdet",
    "under one condition",
    lambda b, c, x: b.emit(ew.select, c, b.emit(la.logabsdet, x), literal(0, x.dtype)),
    np.array(True),
    regular(3, 3),
)
case(
    "cholesky",
    "and solutions",
    lambda b, x, y: b.emit(la.solve, b.emit(la.cholesky, x), y),
    definite(3, 3),
    normal(3, 2),
)

# Sizes as symbols, in the places that the cases above name by number.
case(
    "index",
    "n: all but one",
    lambda b, x: b.emit(
        ew.sub,
        *(b.index(b.emit(ew.sin, x), (Slice(k, x.shape[0] - 1), full(x.shape[1]))) for k in (0, 1)),
    ),
    normal(4, 3),
)
case(
    "update",
    "n: row",
    lambda b, x, v: b.update(b.emit(ew.sin, x), v, (At(x.shape[0] - 1), full(x.shape[1]))),
    normal(4, 3),
    normal(3),
)
case(
    "update",
    "n: gather",
    lambda b, x, v, i: b.update(b.emit(ew.sin, x), v, (Gather(0), full(x.shape[1])), (i,)),
    normal(4, 3),
    normal(5, 3),
    np.array([0, 2, -2, 3, 0]),
)
case(
    "reshape",
    "n: flat",
    lambda b, x: b.emit(ew.sin, b.reshape(x, (x.shape[0] * x.shape[1],))),
    normal(4, 3),
)
case(
    "broadcast",
    "n: rows",
    lambda b, x, y: b.emit(ew.mul, b.broadcast(x, y.shape), y),
    normal(3),
    normal(4, 3),
)
case(
    "reduce",
    "n: mean and count",
    lambda b, x: b.emit(ew.mul, b.reduce(x, "mean", (0,)), b.reduce(x, "mean", (0, 1))),
    normal(4, 3),
)
case(
    "reserve", "room enough", lambda b, x: b.emit(st.reserve, b.emit(ew.sin, x), count=2), normal(3)
)

#: Primitives whose cases name sizes as numbers.
NUMBERED = {"reshape", "broadcast", "index", "update"}


def symbolic_too(name: str, label: str) -> bool:
    """True for a case that can also be built with symbolic sizes."""
    return not label.startswith("fixed:") and (name not in NUMBERED or label.startswith("n:"))
