"""The text of single expressions: indices, products, shapes, numbers, parentheses."""

from __future__ import annotations

import numpy as np
import pytest
from emitted import run, statements
from graph_eval import evaluate
from graph_examples import INT, Scene

from adjit.codegen.numpy_form import emit, load
from adjit.ir import Symbol, SymbolSource, Value, literal
from adjit.ir.dims import floordiv, symbol_size
from adjit.ir.indexing import At, AtValue, Gather, NewAxis, Slice, full
from adjit.ir.primitives import elementwise as ew
from adjit.ir.primitives import structural as st
from adjit.ir.values import Operand

X = np.array([0.5, -2.0, 3.0, 1.5])


def test_sizes_and_sums_over_them_are_python_numbers() -> None:
    s = Scene("f", np.float32)
    x = s.array("x", "n")
    b = s.at("")
    count = b.convert(b.dim(x.shape[0]), np.float32)
    graph = s.graph(b.div(x, count), b.convert(b.dim(x.shape[0] + 1), np.float32))
    assert statements(graph) == ["return x / x.shape[0], np.float32(x.shape[0] + 1)"]
    run(graph, X.astype(np.float32))


def test_conversions_that_numpy_does_by_itself_are_left_out() -> None:
    s = Scene("f", np.float32)
    x, i = s.array("x", "n"), s.array("i", "n", dtype=INT)
    b = s.at("")
    mask = b.emit(ew.gt, x, literal(0.0, np.float32))
    kept = b.mul(x, b.convert(mask, np.float32))
    graph = s.graph(kept, b.mul(x, b.convert(i, np.float32)))
    assert statements(graph) == ["return x * (x > 0), x * i.astype(np.float32)"]
    run(graph, X.astype(np.float32), np.arange(4))


def test_broadcasts_that_numpy_does_by_itself_are_left_out() -> None:
    s = Scene("f")
    x, a = s.array("x", "n", "m"), s.array("a", "m")
    b = s.at("")
    graph = s.graph(
        b.mul(b.broadcast(a, x.shape), x),
        b.add(b.broadcast(a, x.shape), b.broadcast(literal(1.0), x.shape)),
    )
    assert statements(graph) == ["return a * x, a + np.ones_like(x)"]
    run(graph, np.ones((2, 4)), X)


@pytest.mark.parametrize(
    ("item", "text"),
    [
        (lambda n: Slice(1, n - 1), "1:"),
        (lambda n: Slice(0, n - 2), ":-2"),
        (lambda n: Slice(1, n - 3), "1:-2"),
        (lambda n: Slice(n - 2, 2), "-2:"),
        (lambda n: Slice(n - 3, 2), "-3:-1"),
        (lambda n: Slice(n - 1, n, -1), "::-1"),
        (lambda n: Slice(0, floordiv(n + 1, 2), 2), "::2"),
        (lambda n: Slice(1, floordiv(n, 2), 2), "1::2"),
        (lambda n: Slice(n - 1, floordiv(n - 1, 2) + 1, -2), "::-2"),
        (lambda n: Slice(n - 2, n - 2, -1), "-2:0:-1"),
        (lambda n: Slice(2, 3, -1), "2::-1"),
        (lambda n: Slice(0, 0), ":0"),
        (lambda n: At(n - 1), "-1"),
        (lambda n: At(0), "0"),
        (lambda n: NewAxis(), "None"),
    ],
)
def test_index_items(item: object, text: str) -> None:
    s = Scene("f")
    x = s.array("x", "n")
    n = x.shape[0]
    made = item(n)  # type: ignore[operator]
    spec = (made, full(n)) if isinstance(made, NewAxis) else (made,)
    graph = s.graph(s.at("").emit(st.index, x, spec=spec, name="y"))
    assert statements(graph)[0] == f"y = x[{text}]"
    for size in (5, 6):
        run(graph, np.arange(float(size)))


CONTRACTIONS = [
    ("i,i->", "a @ b"),
    ("ij,j->i", "a @ b"),
    ("ji,j->i", "a.T @ b"),
    ("j,ij->i", "b @ a"),
    ("j,ji->i", "a @ b"),
    ("ij,jk->ik", "a @ b"),
    ("ij,kj->ik", "a @ b.T"),
    ("ji,jk->ik", "a.T @ b"),
    ("ij,jk->ki", "b.T @ a.T"),
    ("i,j->ij", "np.outer(a, b)"),
    ("i,j->ji", "np.outer(b, a)"),
    ("bij,bjk->bik", "a @ b"),
    ("bij,bkj->bik", "a @ b.mT"),
    ("bij,jk->bik", "a @ b"),
    ("bij,j->bi", "a @ b"),
    ("j,bjk->bk", "a @ b"),
    ("ij,ij->", "np.sum(a * b)"),
    ("ij,ij->i", "np.sum(a * b, axis=1)"),
    ("ij,ij->ij", "a * b"),
    ("bij,bik->jk", "np.tensordot(a, b, axes=([0, 1], [0, 1]))"),
    ("ij,->ij", "a * b"),
    ("ijk,kl->lij", "np.tensordot(b, a, axes=([0], [2]))"),
    ("ijk,kl->ilj", 'np.einsum("ijk,kl->ilj", a, b)'),
    ("ij,ijk->ik", 'np.einsum("ij,ijk->ik", a, b)'),
    ("bi,bj->bij", 'np.einsum("ij,ik->ijk", a, b)'),
]


@pytest.mark.parametrize(("labels", "text"), CONTRACTIONS)
def test_contractions(labels: str, text: str) -> None:
    left, right, out = labels.replace("->", ",").split(",")
    sizes = {c: k + 2 for k, c in enumerate("bijkl")}
    s = Scene("f")
    a, b = (s.array(name, *(sizes[c] for c in side)) for name, side in (("a", left), ("b", right)))
    a_axes, b_axes, out_axes = (tuple(map("bijkl".index, side)) for side in (left, right, out))
    graph = s.graph(
        s.at("").emit(st.contract, a, b, a_axes=a_axes, b_axes=b_axes, out_axes=out_axes)
    )
    assert statements(graph) == [f"return {text},"]
    rng = np.random.default_rng(1)
    arrays = [rng.normal(size=tuple(sizes[c] for c in side)) for side in (left, right)]
    run(graph, *arrays)


RESHAPES: list[tuple[tuple[int | str, ...], tuple[int | str, ...], str]] = [
    (("n",), ("n", 1), "x[:, None]"),
    (("n",), (1, "n"), "x[None, :]"),
    (("n", 1), ("n",), "x[:, 0]"),
    ((1, "n"), ("n",), "x[0]"),
    ((1, 1), (), "x[0, 0]"),
    ((2, 3), (6,), "x.ravel()"),
    ((6,), (2, 3), "x.reshape(2, 3)"),
    ((), (1, 1), "np.reshape(x, (1, 1))"),
    (("n", 2, 3), ("n", 6), "x.reshape(-1, 6)"),
    ((0, 3), (3, 0), "x.reshape(3, 0)"),
    ((1, 3), (3, 1), "x.reshape(3, 1)"),
]


@pytest.mark.parametrize(("source", "target", "text"), RESHAPES)
def test_reshapes(source: tuple[int | str, ...], target: tuple[int | str, ...], text: str) -> None:
    s = Scene("f")
    x = s.array("x", *source)
    n = x.shape[source.index("n")] if "n" in source else 0
    graph = s.graph(
        s.at("").emit(st.reshape, x, shape=tuple(n if k == "n" else k for k in target), name="y")
    )
    assert statements(graph)[0] == f"y = {text}"
    run(graph, np.zeros([4 if k == "n" else k for k in source])[()])


def test_stack_and_array() -> None:
    s = Scene("f", np.float32)
    x, y, p, q = (s.array(name, *axes) for name, *axes in (("x", "n"), ("y", "n"), ("p",), ("q",)))
    b = s.at("")
    columns = [b.reshape(v, (*v.shape, 1)) for v in (x, y)]
    ones: list[Operand] = [b.reshape(v, (1,)) for v in (p, q)]
    ones.append(b.broadcast(literal(2.0, np.float32), (1,)))
    graph = s.graph(
        b.emit(st.concatenate, *columns, axis=1),
        b.emit(st.concatenate, *ones, axis=0),
        b.emit(st.concatenate, x, y, axis=0),
    )
    assert statements(graph) == [
        "return np.stack([x, y], axis=1), np.array([p, q, 2.0], dtype=np.float32), "
        "np.concatenate([x, y])"
    ]
    small = X.astype(np.float32)
    run(graph, small, small, np.float32(1), np.float32(3))


def test_parentheses_stand_only_where_they_are_needed() -> None:
    s = Scene("f")
    x, y = s.array("x", "n"), s.array("y", "n")
    b = s.at("")
    made = b.mul(b.sub(x, b.sub(y, x)), b.div(b.neg(y), b.mul(x, y)))
    power = b.emit(ew.pow, b.neg(x), literal(-2.0))
    graph = s.graph(b.add(made, b.neg(power)), b.sub(x, b.mul(literal(-2.0), y)))
    assert statements(graph) == ["return (x - (y - x)) * (-y / (x * y)) - (-x) ** -2, x + 2 * y"]
    run(graph, X, X + 1)


def test_literals_keep_their_kind() -> None:
    s = Scene("f", np.float32)
    x = s.array("x", "n")
    b = s.at("")
    made = b.emit(ew.maximum, x, literal(0.1, np.float32))
    made = b.emit(ew.minimum, made, literal(float("inf"), np.float32))
    choice = b.emit(
        ew.select,
        b.emit(ew.eq, x, literal(-0.0, np.float32)),
        literal(float("nan"), np.float32),
        literal(1.0, np.float32),
    )
    graph = s.graph(made, choice)
    assert statements(graph) == [
        "return np.minimum(np.maximum(x, 0.1), np.inf), np.where(x == -0.0, np.float32(np.nan), 1)"
    ]
    run(graph, X.astype(np.float32))


@pytest.mark.parametrize("bad", [4, -5])
@pytest.mark.parametrize("kind", ["gather", "scalar"])
def test_indices_out_of_range_raise(bad: int, kind: str) -> None:
    s = Scene("f")
    x, i = s.array("x", "n"), s.array("i", *(() if kind == "scalar" else (1,)), dtype=INT)
    item = AtValue(0) if kind == "scalar" else Gather(0)
    graph = s.graph(s.at("").index(x, (item,), (i,)))
    function = load(emit(graph))
    index = np.int64(bad) if kind == "scalar" else np.array([bad])
    with pytest.raises(IndexError):
        function(X, index)
    assert function(X, index * 0 - 1)[0] == X[-1]


def test_integer_arguments_stand_for_sizes() -> None:
    s = Scene("f", np.float32)
    x = s.array("x", "n")
    count = Value(literal(0).type, "k")
    s.inputs.append(count)
    symbol = Symbol("k", 3)
    s.symbols[symbol] = SymbolSource(1, None)
    b = s.at("")
    graph = s.graph(
        b.full(2.0, (symbol_size(symbol),), np.float32),
        b.div(x, b.convert(count, np.float32)),
        b.mul(count, literal(2)),
    )
    assert statements(graph) == [
        "return np.full(k, 2.0, dtype=np.float32), x / np.float32(k), np.int64(k) * 2"
    ]
    run(graph, X.astype(np.float32), np.int64(3))
    run(graph, X.astype(np.float32), 3)


def test_helpers_without_a_numpy_name() -> None:
    s = Scene("f", np.float32)
    x, p = s.array("x", "n"), s.array("p")
    b = s.at("")
    graph = s.graph(b.emit(ew.erf, x), b.emit(ew.erfc, p), b.emit(ew.expit, x))
    program = emit(graph)
    assert program.source.startswith("import math\n\nimport numpy as np\n")
    results = load(program)(X.astype(np.float32), np.float32(0.5))
    for result, reference in zip(
        results, evaluate(graph, X.astype(np.float32), np.float32(0.5)), strict=True
    ):
        assert result.dtype == np.float32
        np.testing.assert_allclose(result, reference, rtol=3e-7)


def test_expit_is_right_in_both_tails() -> None:
    s = Scene("f")
    x = s.array("x", "n")
    graph = s.graph(s.at("").emit(ew.expit, x))
    points = np.concatenate([np.linspace(-700, 700, 2001), [-np.inf, np.inf, np.nan, 0.0]])
    with np.errstate(all="ignore"):
        (result,) = load(emit(graph))(points)
    np.testing.assert_allclose(result, evaluate(graph, points)[0], rtol=2e-15)
