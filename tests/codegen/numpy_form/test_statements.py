"""Names, in-place updates and the text of single statements, one rule each."""

from __future__ import annotations

import numpy as np
from emitted import run, statements
from graph_examples import INT, Scene

from adjit.ir import literal
from adjit.ir.indexing import At, Gather, Slice, full
from adjit.ir.primitives import elementwise as ew
from adjit.ir.primitives import structural as st

X = np.array([0.5, -2.0, 3.0, 1.5])


def test_a_name_is_bound_again_where_the_old_value_is_dead() -> None:
    s = Scene("f")
    z = s.array("z", "n")
    b = s.at("z = np.exp(z)")
    z = b.emit(ew.exp, z, name="z")
    z = b.emit(ew.add, z, literal(1.0), name="z")
    graph = s.graph(z)
    assert statements(graph) == ["z = np.exp(z)", "z = z + 1", "return z,"]
    run(graph, X)


def test_a_name_gets_a_number_where_the_old_value_is_read_later() -> None:
    s = Scene("f")
    z = s.array("z", "n")
    b = s.at("z = np.exp(z)")
    new = b.emit(ew.exp, z, name="z")
    graph = s.graph(b.emit(ew.mul, new, z))
    assert statements(graph) == ["z_1 = np.exp(z)", "return z_1 * z,"]
    run(graph, X)


def test_a_copy_does_not_take_the_name_of_a_value_that_is_written_into_it() -> None:
    s = Scene("f")
    x, y = s.array("x", "n"), s.array("y0", "n")
    b = s.at("")
    y = b.emit(ew.exp, y, name="y")
    new = b.update(x, b.index(y, (At(1),)), (At(0),), name="y")
    graph = s.graph(new)
    assert statements(graph)[1:] == ["y_1 = x.copy()", "y_1[0] = y[1]", "return y_1,"]
    run(graph, X, X)


def test_the_order_of_a_sort_does_not_take_the_name_of_the_array() -> None:
    s = Scene("f")
    x = s.array("x", "n")
    b = s.at("")
    a = b.emit(ew.neg, x, name="a")
    ordered, order = b.bind(st.sort, a, axis=0, name="a")
    graph = s.graph(ordered, order)
    run(graph, X)


def test_add_at_does_not_write_into_the_array_that_it_reads() -> None:
    s = Scene("f")
    x, i = s.array("x", "n"), s.array("i", "n", dtype=INT)
    n = x.shape[0]
    b = s.at("")
    y = b.emit(ew.exp, x, name="y")
    back = b.index(y, (Slice(n - 1, n, -1),))
    graph = s.graph(b.update(y, back, (Gather(0),), (i,), op="add", name="y"))
    assert "y = y.copy()" in statements(graph)
    run(graph, X, np.array([0, 0, 3, -1]))


def test_gathers_that_cannot_repeat_are_added_to_without_add_at() -> None:
    s = Scene("f")
    x, i = s.array("x", "n", "m"), s.array("i", "n", dtype=INT)
    b = s.at("")
    rows = b.emit(st.iota, size=x.shape[0])
    y = b.emit(ew.exp, x, name="y")
    graph = s.graph(b.update(y, literal(1.0), (Gather(0), Gather(1)), (rows, i), op="add"))
    assert statements(graph)[1] == "y[np.arange(x.shape[0]), i] += 1"
    run(graph, np.ones((3, 4)), np.array([0, 0, -1]))
    s = Scene("f")
    x, i = s.array("x", "n", "m"), s.array("i", "n", dtype=INT)
    b = s.at("")
    y = b.emit(ew.exp, x, name="y")
    graph = s.graph(b.update(y, literal(1.0), (full(x.shape[0]), Gather(0)), (i,), op="add"))
    assert statements(graph)[1] == "np.add.at(y, np.s_[:, i], 1)"
    run(graph, np.ones((3, 4)), np.array([0, 0, -1]))


def test_a_view_that_is_read_later_makes_the_write_copy() -> None:
    s = Scene("f")
    x = s.array("x", "n")
    b = s.at("")
    y = b.emit(ew.exp, x, name="y")
    v = b.emit(st.index, y, spec=(Slice(0, 2),), name="v")
    y = b.update(y, literal(0.0), (At(0),), name="y")
    graph = s.graph(y, v)
    assert statements(graph) == [
        "y = np.exp(x)",
        "v = y[:2]",
        "y = y.copy()",
        "y[0] = 0",
        "return y, v",
    ]
    run(graph, X)


def test_a_temporary_is_not_moved_past_a_write() -> None:
    s = Scene("f")
    x = s.array("x", "n")
    b = s.at("")
    y = b.emit(ew.exp, x, name="y")
    first = b.index(y, (At(0),))
    y = b.update(y, literal(0.0), (At(0),), name="y")
    graph = s.graph(b.update(y, first, (At(1),), name="y"))
    assert statements(graph) == ["y = np.exp(x)", "t1 = y[0]", "y[0] = 0", "y[1] = t1", "return y,"]
    run(graph, X)


def test_results_share_no_memory() -> None:
    s = Scene("f")
    x = s.array("x", "n", "m")
    b = s.at("")
    y = b.emit(ew.exp, x, name="y")
    wide = b.broadcast(b.index(x, (At(0), full(x.shape[1]))), (3, x.shape[1]))
    graph = s.graph(x, y, b.transpose(y, (1, 0)), y, wide, literal(2.0))
    assert statements(graph)[-1] == (
        "return x.copy(), y, y.T.copy(), y.copy(), "
        "np.broadcast_to(x[0], (3, x.shape[1])).copy(), np.float64(2.0)"
    )
