"""The text of loops and branches: headers, indices, assignments all at once, copies."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from emitted import checked_run
from region_scene import INT, Flow

from adjit.codegen.numpy_form import emit, load
from adjit.ir import Graph, Symbol, Value, literal
from adjit.ir.dims import symbol_size
from adjit.ir.indexing import At, AtValue, Gather, Slice
from adjit.ir.primitives import effects as fx
from adjit.ir.primitives import elementwise as ew
from adjit.ir.primitives import structural as st
from adjit.ir.values import Operand

X = np.array([0.5, -2.0, 3.0, 1.5])


def body(graph: Graph) -> str:
    """The text of the function's body, flush left."""
    lines = emit(graph).source.split("):\n", 1)[1].splitlines()
    return "\n".join(line.removeprefix("    ") for line in lines if line.strip())


def test_values_that_change_places_are_assigned_at_once() -> None:
    s = Flow("fibonacci")
    _, n = s.integer("n")

    def step(t: Any, a: Operand, b: Operand) -> list[Operand]:
        return [b, s.at("a, b = b, a + 1").add(a, literal(1.0))]

    first = [literal(0.0), literal(1.0)]
    a, b = s.loop("for i in range(n):", first, "a b", n, step, symbol="i")
    graph = s.graph(a, b)
    assert "    t1 = a + 1\n    a = b\n    b = t1" in body(graph)
    for n in (0, 1, 7):
        checked_run(graph, np.int64(n))
    s = Flow("swaps")
    _, n = s.integer("n")
    swap = lambda t, a, b: [b, a]  # noqa: E731
    graph = s.graph(*s.loop("for i in range(n):", first, "a b", n, swap, symbol="i"))
    assert "    a, b = b, a" in body(graph)
    for n in (0, 1, 7):
        checked_run(graph, np.int64(n))


def test_branches_in_the_else_block_are_elif() -> None:
    s = Flow("f")
    x = s.array("x")
    at = s.at
    (y,) = s.branch(
        "if x > 2:",
        at("if x > 2:").emit(ew.gt, x, literal(2.0)),
        lambda: [at("y = 2").emit(ew.sin, x, name="y")],
        lambda: s.branch(
            "elif x > 1:",
            at("elif x > 1:").emit(ew.gt, x, literal(1.0)),
            lambda: [at("y = x").emit(ew.cos, x, name="y")],
            lambda: [at("y = 0").emit(ew.exp, x, name="y")],
        ),
    )
    graph = s.graph(y)
    assert body(graph) == (
        "if x > 2:\n    y = np.sin(x)\nelif x > 1:\n    y = np.cos(x)\nelse:\n    y = np.exp(x)\n"
        "return y,"
    )
    for number in (0.0, 1.5, 3.0):
        checked_run(graph, np.float64(number))


@pytest.mark.parametrize("kept", [0, 1])
def test_a_branch_that_leaves_a_value_has_one_block(kept: int) -> None:
    s = Flow("f")
    x, p = s.array("x", "n"), s.array("p", dtype=np.dtype(np.bool_))
    y = s.at("y = np.exp(x)").emit(ew.exp, x, name="y")

    def write() -> list[Operand]:
        return [s.at("y[0] = 0").update(y, literal(0.0), (At(0),), name="y")]

    arms = [write, lambda: [y]]
    (y2,) = s.branch("if p:", p, *(arms if kept else arms[::-1]))
    graph = s.graph(y2)
    test = "if p:" if kept else "if not (p):"
    assert body(graph) == f"y = np.exp(x)\n{test}\n    y[0] = 0\nreturn y,"
    checked_run(graph, X, np.bool_(True))
    checked_run(graph, X, np.bool_(False))


def test_a_condition_that_needs_statements_stands_in_the_loop() -> None:
    s = Flow("f")
    x = s.array("x", "n")

    def condition(t: Any, y: Operand) -> Operand:
        b = s.at("while largest(y) > 1:")
        largest = b.reduce(y, "max", (0,))
        assert isinstance(largest, Value)
        largest.name = "largest"
        return b.emit(ew.gt, largest, literal(1.0))

    def half(t: Any, y: Operand) -> list[Operand]:
        return [s.at("y = y / 2").emit(ew.mul, y, literal(0.5), name="y")]

    y, _ = s.loop_while("while ...:", [x], "y", condition, half, symbol="t")
    graph = s.graph(y)
    assert body(graph).splitlines()[1:-1] == [
        "while True:",
        "    largest = np.max(y)",
        "    if not (largest > 1):",
        "        break",
        "    y = y * 0.5",
    ]
    checked_run(graph, X)
    checked_run(graph, X / 9)


@pytest.mark.parametrize("n", [2, 3, 6])
def test_a_step_of_two_is_the_users_own(n: int) -> None:
    s = Flow("f")
    x = s.array("x", "n")
    size = x.shape[0]
    y0 = s.at("y = np.zeros(n)").full(0.0, (size,), s.dtype)

    def write(t: Any, y: Operand) -> list[Operand]:
        b = s.at("y[i] = x[i - 1]; y[i // 2] += 1")
        y = b.update(y, b.index(x, (At(2 * t),)), (At(2 * t + 1),), name="y")
        return [b.update(y, literal(1.0), (At(t),), op="add", name="y")]

    text = "for i in range(1, n, 2):"
    (y,) = s.loop(text, [y0], "y", size // 2, write, symbol="i", start=1, step=2)
    graph = s.graph(y)
    assert body(graph).splitlines()[1:-1] == [
        "for i in range(1, x.shape[0], 2):",
        "    y[i] = x[i - 1]",
        "    y[(i - 1) // 2] += 1",
    ]
    checked_run(graph, np.arange(1.0, n + 1))


def test_the_index_does_not_take_the_name_of_a_variable() -> None:
    s = Flow("f")
    i, x = s.array("i"), s.array("x", "n")

    def step(t: Any, v: Operand) -> list[Operand]:
        b = s.at("v = v * i + x[i]")
        return [b.emit(ew.add, b.mul(v, i), b.index(x, (At(t),)), name="v")]

    (v,) = s.loop("for i in range(n):", [literal(1.0)], "v", x.shape[0], step, symbol="i")
    graph = s.graph(v)
    assert "for i_1 in range(x.shape[0]):" in body(graph)
    checked_run(graph, np.float64(0.3), X)


def test_an_argument_that_is_carried_keeps_its_dtype() -> None:
    """Without an iteration a Python float must come out as the graph's float32."""
    s = Flow("f", np.float32)
    a = s.array("a")
    _, n = s.integer("n")
    double = lambda t, a: [s.at("a = 2 * a").emit(ew.add, a, a, name="a")]  # noqa: E731
    (made,) = s.loop("for _ in range(n):", [a], "a", n, double, symbol="_")
    function = load(emit(s.graph(made)))
    for trips in (0, 1):
        (result,) = function(1.5, trips)
        assert type(result) is np.float32
        assert result == 1.5 * 2**trips


def test_a_part_that_is_read_after_a_write_is_copied_when_it_is_taken() -> None:
    s = Flow("f")
    x = s.array("x", "n")
    n = x.shape[0]
    inner = (Slice(1, n - 2),)

    def step(t: Any, u: Operand, total: Operand) -> list[Operand]:
        b = s.at("g = u[1:-1]")
        g = b.emit(st.index, u, spec=inner, name="g")
        u = s.at("u[1:-1] = 0").update(u, literal(0.0), inner, name="u")
        b = s.at("u[:-2] += g")
        return [b.update(u, g, (Slice(0, n - 2),), op="add", name="u"), b.add(total, t0(b, g))]

    def t0(b: Any, g: Operand) -> Operand:
        return b.reduce(g, "sum", (0,))

    u, total = s.loop("for _ in range(3):", [x, literal(0.0)], "u s", 3, step, symbol="_")
    graph = s.graph(u, total)
    assert "    g = u[1:-1].copy()\n    u[1:-1] = 0\n" in body(graph)
    checked_run(graph, X)


def test_what_grows() -> None:
    """A while that saves one row an iteration, read backwards afterwards."""
    s = Flow("f")
    x = s.array("x", "n")
    n = x.shape[0]
    symbol = Symbol("capacity", None, 0)
    rows = s.at("rows = []").emit(st.storage, symbol=symbol, shape=(n,), dtype=s.dtype, name="rows")

    def condition(t: Any, y: Operand, rows: Operand) -> Operand:
        b = s.at("while np.sum(y * y) > 1:")
        return b.emit(ew.gt, b.reduce(b.mul(y, y), "sum", (0,)), literal(1.0))

    def step(t: Any, y: Operand, rows: Operand) -> list[Operand]:
        b = s.at("rows.append(y)")
        rows = b.emit(st.reserve, rows, count=t + 1)
        rows = b.update(rows, y, (At(t), Slice(0, n)), name="rows")
        return [b.emit(ew.mul, y, literal(0.7), name="y"), rows]

    _, rows, trips = s.loop_while("while ...:", [x, rows], "y rows", condition, step, symbol="t")
    count = s.bind(trips, "trips")

    def back(u: Any, total: Operand) -> list[Operand]:
        b = s.at("total = total / 2 + row")
        row = b.index(rows, (At(count - 1 - u), Slice(0, n)))
        return [b.add(b.mul(total, literal(0.5)), row)]

    zero = s.at("total = np.zeros(n)").full(0.0, (n,), s.dtype)
    (total,) = s.loop("for u ...:", [zero], "total", count, back, symbol="u")
    graph = s.graph(total)
    text = body(graph)
    assert "    rows = reserve(rows, t + 1)\n    rows[t] = y\n" in text
    assert "trips" not in text
    for scale in (0.01, 1.0, 1e3):
        checked_run(graph, X * scale)


def test_reversed_slices_that_may_be_empty() -> None:
    s = Flow("f")
    x = s.array("x", "n")
    n = x.shape[0]

    def step(t: Any, v: Operand) -> list[Operand]:
        b = s.at("v = v / 2 + x[:i][::-1] @ x[n - i:]")
        first = b.index(x, (Slice(t - 1, t, -1),))
        last = b.index(x, (Slice(n - t, t),))
        every = b.emit(st.contract, first, last, a_axes=(0,), b_axes=(0,), out_axes=())
        return [b.emit(ew.add, b.mul(v, literal(0.5)), every, name="v")]

    (v,) = s.loop("for i in range(n):", [literal(1.0)], "v", n, step, symbol="i")
    checked_run(s.graph(v), X)


def test_an_index_out_of_range_raises_also_where_python_could_skip_it() -> None:
    s = Flow("f")
    x, k = s.array("x", "n"), s.array("k", dtype=INT)

    def condition(t: Any, v: Operand) -> Operand:
        b = s.at("while v > 9 & x[k] > 0:")
        positive = b.emit(ew.gt, b.index(x, (AtValue(0),), (k,)), literal(0.0))
        return b.emit(ew.logical_and, b.emit(ew.gt, v, literal(9.0)), positive)

    halve = lambda t, v: [s.at("v = v / 2").emit(ew.mul, v, literal(0.5), name="v")]  # noqa: E731
    v, _ = s.loop_while("while ...:", [literal(1.0)], "v", condition, halve, symbol="t")
    graph = s.graph(v)
    checked_run(graph, X, np.int64(-4))
    for k in (4, -5):
        with pytest.raises(IndexError):
            load(emit(graph))(X, np.int64(k))


def test_the_number_of_true_entries_is_known_in_a_loop() -> None:
    s = Flow("f")
    x = s.array("x", "n")
    b = s.at("found = x[x > 0]")
    symbol = Symbol("found", None, 0)
    places = b.bind(st.nonzero, b.emit(ew.gt, x, literal(0.0)), symbol=symbol)
    found = b.emit(st.index, x, *places, spec=(Gather(0, True),), name="found")
    count = symbol_size(symbol)

    def step(t: Any, v: Operand) -> list[Operand]:
        b = s.at("v = v / 2 + found[i]")
        return [b.emit(ew.add, b.mul(v, literal(0.5)), b.index(found, (At(t),)), name="v")]

    (v,) = s.loop("for i in range(len(found)):", [literal(1.0)], "v", count, step, symbol="i")
    graph = s.graph(v)
    checked_run(graph, X)
    checked_run(graph, -np.abs(X))


def test_sizes_that_may_be_negative() -> None:
    s = Flow("f")
    _, n = s.integer("n")
    saved = s.at("saved = np.empty(n - 2)").emit(st.empty, shape=(n - 2,), dtype=s.dtype)

    def step(t: Any, v: Operand, saved: Operand) -> list[Operand]:
        b = s.at("saved[t] = v; v += 1")
        return [b.add(v, literal(1.0)), b.update(saved, v, (At(t),))]

    first = [literal(1.0), saved]
    v, _ = s.loop("for t in range(n - 2):", first, "v saved", n - 2, step, symbol="t")
    graph = s.graph(v)
    for n in (0, 1, 5):
        checked_run_scalar(graph, n)


def checked_run_scalar(graph: Graph, n: int) -> None:
    """The evaluator refuses arrays of negative size: by hand."""
    (result,) = load(emit(graph))(np.int64(n))
    assert result == 1 + max(n - 2, 0)


def test_and_does_not_look_at_what_the_first_part_guards() -> None:
    """`while j >= 0 and y[j] > 1`: the second part would be out of range where the first fails."""
    s = Flow("f")
    x = s.array("x", "n")
    n = x.shape[0]

    def condition(t: Any, y: Operand) -> Operand:
        b = s.at("while j < n and y[j] > 0:")
        inside = b.emit(ew.lt, b.dim(t), b.dim(n))
        positive = lambda: [  # noqa: E731
            s.at("y[j] > 0").emit(ew.gt, s.builder.index(y, (At(t),)), literal(0.0))
        ]
        return s.branch("and", inside, positive, lambda: [literal(False)])[0]

    def step(t: Any, y: Operand) -> list[Operand]:
        return [s.at("y[j] = -1").update(y, literal(-1.0), (At(t),), name="y")]

    y, trips = s.loop_while("while ...:", [x], "y", condition, step, symbol="j")
    graph = s.graph(y, trips)
    assert "while j < x.shape[0] and y[j] > 0:" in body(graph)
    checked_run(graph, X)
    checked_run(graph, np.abs(X))


def test_the_value_of_an_or_is_numpys_bool() -> None:
    s = Flow("f")
    x, y = s.array("x"), s.array("y")
    b = s.at("ok = x > 0 or y > x")
    first = b.emit(ew.gt, x, literal(0.0))
    second = lambda: [s.at("y > x").emit(ew.gt, y, x)]  # noqa: E731
    (ok,) = s.branch("or", first, lambda: [first], second)
    ok.name = "ok"
    graph = s.graph(ok, s.at("~ok").emit(ew.logical_not, ok))
    assert body(graph).splitlines()[0] == "ok = np.bool_(x > 0 or y > x)"
    for a, c in ((1.0, 0.0), (-1.0, 0.0), (-1.0, -2.0)):
        checked_run(graph, np.float64(a), np.float64(c))


def test_the_users_checks_stand_where_they_stood() -> None:
    s = Flow("f")
    x = s.array("x", "n")
    why = {"error": "ValueError", "arguments": ('not "good"', 3)}

    def step(t: Any, v: Operand) -> list[Operand]:
        b = s.at("if x[i] < 0: raise ValueError(...)")
        bad = b.emit(ew.lt, b.index(x, (At(t),)), literal(0.0))
        b.bind(fx.require, b.emit(ew.logical_not, bad), **why)
        return [s.at("v = v + 1").add(v, literal(1.0))]

    s.loop("for i in range(n):", [literal(0.0)], "v", x.shape[0], step, symbol="i")
    b = s.at("assert ok")
    total = b.reduce(x, "sum", (0,))
    ok = b.emit(ew.gt, total, literal(1.0), name="ok")
    b.bind(fx.require, ok, error="AssertionError", arguments=())
    graph = s.graph(b.mul(total, literal(2.0)))
    assert body(graph).splitlines()[:-1] == [
        "for i in range(x.shape[0]):",
        "    if x[i] < 0:",
        "        raise ValueError('not \"good\"', 3)",
        "t1 = np.sum(x)",
        "ok = t1 > 1",
        "if not ok:",
        "    raise AssertionError()",
    ]
    checked_run(graph, np.abs(X))
    with pytest.raises(ValueError, match="good"):
        load(emit(graph))(X)
    with pytest.raises(AssertionError):
        load(emit(graph))(np.abs(X) / 100)


@pytest.mark.parametrize("start", [0, 2])
def test_the_bounds_of_a_loop_whose_index_nobody_reads(start: int) -> None:
    """`range(k, k + 3)` is `range(3)` then."""
    s = Flow("f")
    x = s.array("x")
    _, k = s.integer("k")
    double = lambda t, v: [s.at("v = 2 * v").emit(ew.add, v, v, name="v")]  # noqa: E731
    (v,) = s.loop("for i in ...:", [x], "v", 3, double, symbol="i", start=k + start)
    graph = s.graph(v)
    assert "for _ in range(3):" in body(graph)
    checked_run(graph, np.float64(0.3), np.int64(1))
