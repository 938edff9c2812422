"""Passes over graphs with control flow: the meaning stays, and each does what it is for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from graph_eval import evaluate
from region_examples import EXAMPLES
from region_scene import Flow

from adjit.ir import Graph, GraphBuilder, Symbol, Value, literal, verify
from adjit.ir.dims import symbol_size
from adjit.ir.errors import InternalError
from adjit.ir.graph import Equation, symbols_bound, symbols_used
from adjit.ir.indexing import At, AtValue, Slice
from adjit.ir.primitives import elementwise as ew
from adjit.ir.primitives import structural as st
from adjit.ir.rewrite import inline, substitute_sizes
from adjit.ir.simplify import (
    eliminate_common,
    eliminate_dead,
    hoist_invariants,
    release_unchanged,
    simplify,
)

PASSES = {
    p.__name__: p
    for p in (eliminate_common, eliminate_dead, hoist_invariants, release_unchanged, simplify)
}


def everything(graph: Graph) -> Iterator[Equation]:
    """All equations, of regions too."""
    for eqn in graph.equations:
        yield eqn
        for region in eqn.regions:
            yield from everything(region)


def named(graph: Graph) -> list[str]:
    return [eqn.primitive.name for eqn in graph.equations]


def the(graph: Graph, name: str) -> Equation:
    """The only equation of this name among the outermost."""
    (found,) = (eqn for eqn in graph.equations if eqn.primitive.name == name)
    return found


def same(graph: Graph, other: Graph, *inputs: object) -> None:
    for got, want in zip(evaluate(other, *inputs), evaluate(graph, *inputs), strict=True):
        np.testing.assert_array_equal(got, want)


def drawn(name: str, sizes: tuple[int, ...]) -> tuple[object, ...]:
    inputs: tuple[object, ...] = EXAMPLES[name].arguments(np.random.default_rng(2), *sizes)
    return inputs


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize("step", PASSES)
def test_the_meaning_stays(name, step):
    graph = EXAMPLES[name].graph
    after = verify(PASSES[step](graph), step)
    assert str(verify(PASSES[step](after), f"{step} again")).count("\n") <= str(after).count("\n")
    for sizes in EXAMPLES[name].sizes:
        same(graph, after, *drawn(name, sizes))


@pytest.mark.parametrize("name", EXAMPLES)
def test_copies_share_no_value(name):
    graph = EXAMPLES[name].graph
    builder = GraphBuilder()
    first = inline(graph, builder, graph.inputs)
    twice = Graph(graph.inputs, tuple(builder.equations), first, graph.symbols, "copied")
    verify(twice)
    values = [v for eqn in everything(twice) for r in eqn.regions for v in r.inputs]
    values += [v for eqn in everything(twice) for v in eqn.outputs]
    old = {v for eqn in everything(graph) for r in eqn.regions for v in r.inputs}
    old |= {v for eqn in everything(graph) for v in eqn.outputs}
    assert len(values) == len(set(values))
    assert not old & set(values)
    same(graph, twice, *drawn(name, EXAMPLES[name].sizes[-1]))


def test_a_graph_inlined_twice_is_sound():
    graph = EXAMPLES["gauss_seidel"].graph
    builder = GraphBuilder()
    (one,) = inline(graph, builder, graph.inputs)
    (two,) = inline(graph, builder, graph.inputs)
    total = builder.add(one, two)
    verify(Graph(graph.inputs, tuple(builder.equations), (total,), graph.symbols, "twice"))


def test_a_symbol_of_a_loop_gives_way_to_the_same_name_from_outside():
    graph = EXAMPLES["recurrence"].graph
    i, n = Symbol("i", None, 0), next(iter(graph.symbols))
    other = verify(substitute_sizes(graph, {n: symbol_size(i) + 1}))
    assert {s.name for s in symbols_bound(other)} == {"i_2"}
    assert {s.name for s in symbols_used(other)} == {"i"}


def test_a_symbol_that_an_equation_binds_can_be_renamed_only():
    graph = EXAMPLES["counted"].graph
    k = next(s for s in symbols_bound(graph) if s.name == "k")
    renamed = verify(substitute_sizes(graph, {k: symbol_size(Symbol("z"))}))
    assert {s.name for s in symbols_bound(renamed)} == {"i", "z"}
    with pytest.raises(InternalError, match="is bound by an equation"):
        substitute_sizes(graph, {k: 3})


# What is dead.


def test_dead_carried_values_go_with_what_they_need():
    graph = EXAMPLES["power_mean"].graph
    loop = the(eliminate_dead(graph), "loop")
    assert loop.params["carried"] == 1
    assert [v.name for v in loop.regions[0].inputs] == ["s", "x", "p"]
    assert len(loop.outputs) == 1


def test_a_carried_value_that_another_one_needs_stays():
    graph = EXAMPLES["swapped"].graph
    only_v = replace(graph, outputs=(graph.outputs[1],))
    assert the(eliminate_dead(only_v), "loop").params["carried"] == 2


def test_the_trips_of_a_while_stay():
    graph = EXAMPLES["power_iteration"].graph
    trips = replace(graph, outputs=(graph.outputs[1],))
    loop = the(verify(eliminate_dead(trips)), "while")
    assert len(loop.outputs) == 3, "the condition needs `change`, which needs `v`"
    values = replace(graph, outputs=(graph.outputs[0],))
    loop = the(verify(eliminate_dead(values)), "while")
    assert [v.dtype.kind for v in loop.outputs] == ["f", "f", "i"]


def test_a_loop_that_nobody_needs_goes():
    s = Flow("f")
    x = s.array("x", "n")

    def body(t, v):
        return [s.at("s += x[i]").add(v, s.builder.index(x, (At(t),)))]

    s.loop("for i in range(n):", [literal(0.0)], "s", x.shape[0], body, symbol="i")
    graph = s.graph(s.at("return x[0]").index(x, (At(0),)))
    assert named(eliminate_dead(graph)) == ["index"]


def test_unused_outputs_and_captured_values_of_a_branch_go():
    s = Flow("f")
    x, y = s.array("x"), s.array("y")
    b = s.at("if x > 0:")
    positive = b.emit(ew.gt, x, literal(0.0))

    def arm(f, g):
        return lambda: [s.at("a = ...").emit(f, x), s.at("b = ...").emit(g, y)]

    one, _ = s.branch("if x > 0:", positive, arm(ew.exp, ew.sin), arm(ew.sin, ew.cos))
    branch = the(verify(eliminate_dead(s.graph(one))), "branch")
    assert branch.inputs[1:] == (x,)
    assert [named(r) for r in branch.regions] == [["exp"], ["sin"]]


def test_a_binding_stays_while_a_size_in_a_region_needs_it():
    graph = verify(eliminate_dead(EXAMPLES["counted"].graph))
    assert "bind" in named(graph)
    (outer,) = (e for e in eliminate_dead(EXAMPLES["ragged"].graph).equations if e.regions)
    assert "bind" in named(outer.regions[0])

    s = Flow("f")
    x = s.array("x", "n")
    b = s.at("k = ...")
    k = s.bind(b.reduce(b.emit(st.iota, size=x.shape[0]), "max", (0,)), "k")

    def body(t, v):
        b = s.at("s += np.sum(x[:k])")
        return [b.add(v, b.reduce(b.index(x, (Slice(0, k),)), "sum", (0,)))]

    (total,) = s.loop("for i in range(3):", [literal(0.0)], "s", 3, body, symbol="i")
    graph = s.graph(total)
    assert symbols_used(graph) == set(graph.symbols)
    assert "bind" in named(verify(eliminate_dead(graph)))
    assert "bind" not in named(eliminate_dead(s.graph(b.index(x, (At(0),)))))


# What does not change.


def unchanged_through_two_loops() -> Graph:
    s = Flow("f")
    x, a = s.array("x", "n"), s.array("a", "n")
    n = x.shape[0]

    def inner(j, v, a):
        b = s.at("s += a[j]")
        return [b.emit(ew.add, v, b.index(a, (At(j),)), name="s"), a]

    def outer(i, v, a):
        return s.loop("for j in range(n):", [v, a], "s a", n, inner, symbol="j")

    v, last = s.loop("for i in range(n):", [literal(0.0), a], "s a", n, outer, symbol="i")
    return s.graph(s.at("return s * a[0]").mul(v, s.builder.index(last, (At(0),))), last)


def test_what_no_iteration_changes_is_captured():
    graph = unchanged_through_two_loops()
    after = verify(eliminate_dead(release_unchanged(graph)))
    assert after.outputs[1] is graph.inputs[1]
    loops = [e for e in everything(after) if e.primitive.name == "loop"]
    assert [e.params["carried"] for e in loops] == [1, 1]
    same(graph, after, np.arange(3.0), np.arange(3.0) + 1)


def test_what_both_arms_hand_through_is_no_output():
    s = Flow("f")
    x, y = s.array("x"), s.array("y", "n")
    positive = s.at("if x > 0:").emit(ew.gt, x, literal(0.0))
    one, two = s.branch(
        "if x > 0:",
        positive,
        lambda: [s.at("x = np.exp(x)").emit(ew.exp, x), y],
        lambda: [x, y],
    )
    after = verify(release_unchanged(s.graph(one, two)))
    assert after.outputs[1] is y
    assert len(the(after, "branch").outputs) == 1


def test_a_flag_that_stays_as_it_was_is_a_constant():
    s = Flow("f")
    x = s.array("x", "n")

    def body(t, v, flag):
        xi = s.at("...").index(x, (At(t),))
        return [s.builder.emit(ew.select, flag, xi, v), literal(False)]

    first = [literal(1.0), literal(False)]
    v, _ = s.loop("for i in range(n):", first, "s flag", x.shape[0], body, symbol="i")
    loop = the(verify(eliminate_dead(release_unchanged(s.graph(v)))), "loop")
    assert loop.params["carried"] == 1
    assert loop.regions[0].equations[-1].inputs[0] == literal(False)


def test_a_loop_without_iterations_goes():
    assert len([e for e in everything(EXAMPLES["no_trips"].graph) if e.regions]) == 2
    after = release_unchanged(EXAMPLES["no_trips"].graph)
    assert len([e for e in everything(after) if e.regions]) == 1


# What is common.


def test_repeated_equations_of_a_body_stand_once():
    s = Flow("f")
    x = s.array("x", "n")

    def body(t, v):
        b = s.at("s += np.sin(x[i]) * np.sin(x[i])")
        sines = [b.emit(ew.sin, b.index(x, (At(t),))) for _ in range(2)]
        return [b.add(v, b.mul(*sines))]

    (v,) = s.loop("for i in range(n):", [literal(0.0)], "s", x.shape[0], body, symbol="i")
    loop = the(verify(eliminate_common(s.graph(v))), "loop")
    assert named(loop.regions[0]) == ["index", "sin", "mul", "add"]


def test_filled_arrays_that_loops_write_to_stay_two():
    graph = verify(eliminate_common(EXAMPLES["product"].graph))
    assert named(graph)[:2] == ["broadcast", "broadcast"]


def test_filled_arrays_that_are_only_read_become_one():
    s = Flow("f")
    x = s.array("x", "n")
    n = x.shape[0]
    zeros = [s.at("np.zeros(n)").full(0.0, (n,), s.dtype) for _ in range(2)]

    def body(t, v):
        b = s.at("s += z[i] * w[i]")
        return [b.add(v, b.mul(*(b.index(z, (At(t),)) for z in zeros)))]

    (v,) = s.loop("for i in range(n):", [literal(0.0)], "s", n, body, symbol="i")
    assert named(eliminate_common(s.graph(v))) == ["broadcast", "loop"]


def test_empty_arrays_stay_two():
    s = Flow("f")
    x = s.array("x", "n")
    b = s.at("a, b = np.empty(n), np.empty(n)")
    made = [b.emit(st.empty, shape=x.shape, dtype=s.dtype) for _ in range(2)]
    made = [b.update(e, x, (Slice(0, x.shape[0]),)) for e in made]
    graph = s.graph(*made)
    assert named(eliminate_common(graph)).count("empty") == 2


# What is invariant.


def test_invariant_work_moves_out_of_the_loop():
    after = verify(simplify(EXAMPLES["power_mean"].graph))
    assert named(after).count("exp") == 1, "the one of the loop is the one after it"
    assert "exp" not in named(the(after, "loop").regions[0])


def test_a_view_moves_along_with_what_needs_it():
    after = verify(simplify(EXAMPLES["power_iteration"].graph))
    loop = the(after, "while")
    assert named(after)[:2] == ["transpose", "add"]
    assert "transpose" not in named(loop.regions[1])


def nested_loops(write, count=None) -> Graph:
    """`for i in range(n): for j in range(n): s += write(j)`."""
    s = Flow("f")
    x, a = s.array("x", "n"), s.array("a")
    n = x.shape[0]

    def inner(j, v):
        b = s.at("s += ...")
        return [b.emit(ew.add, v, write(b, x, a, j), name="s")]

    def outer(i, v):
        return s.loop("for j in range(n):", [v], "s", n, inner, symbol="j")

    times = n if count is None else count(n)
    (v,) = s.loop("for i in range(n):", [literal(0.0)], "s", times, outer, symbol="i")
    return s.graph(v)


def moved(graph: Graph) -> list[str]:
    after = verify(eliminate_dead(hoist_invariants(graph)))
    inputs = np.array([0.3, 0.4, 0.5]), np.float64(0.2)
    same(graph, after, *inputs)
    return [name for name in named(after) if name != "loop"]


def test_out_of_as_many_loops_as_possible():
    def by_j(b, x, a, j):
        return b.mul(b.emit(ew.exp, b.neg(a)), b.index(x, (At(j),)))

    assert moved(nested_loops(by_j)) == ["neg", "exp"]

    def whole(b, x, a, j):
        return b.reduce(b.emit(ew.sin, x), "sum", (0,))

    assert moved(nested_loops(whole)) == ["sin", "reduce"]


def test_what_depends_on_the_iteration_stays():
    def by_j(b, x, a, j):
        return b.emit(ew.exp, b.index(x, (At(j),)))

    assert moved(nested_loops(by_j)) == []

    def by_size(b, x, a, j):
        return b.reduce(b.emit(ew.sin, b.index(x, (Slice(0, j),))), "sum", (0,))

    assert moved(nested_loops(by_size)) == []


def test_cheap_scalars_views_and_fills_stay():
    def write(b, x, a, j):
        view = b.index(b.index(x, (Slice(0, x.shape[0], 1),)), (At(1),))
        filled = b.index(b.full(2.0, x.shape, x.dtype), (At(j),))
        return b.mul(b.mul(b.mul(a, a), view), filled)

    assert moved(nested_loops(write)) == []


def test_what_may_go_wrong_stays_where_the_loop_may_not_run():
    def entry(k):
        return lambda b, x, a, j: b.emit(ew.exp, b.index(x, (At(k),)))

    # every array has two entries, not every one has three
    assert moved(nested_loops(entry(1))) == ["index", "exp"]
    assert moved(nested_loops(entry(2), count=lambda n: n - 2)) == []

    def largest(b, x, a, j):
        n = x.shape[0]
        return b.reduce(b.emit(ew.sin, b.index(x, (Slice(2, n - 2),))), "max", (0,))

    # neither an empty maximum
    assert moved(nested_loops(largest, count=lambda n: n - 2)) == ["index", "sin"]

    def checked(b, x, a, j):
        return b.emit(ew.exp, b.index(x, (AtValue(0),), (literal(1),)))

    assert moved(nested_loops(checked)) == []


def test_an_outer_product_is_not_worth_its_memory():
    def write(b, x, a, j):
        n = x.shape[0]
        outer = b.mul(b.reshape(x, (n, 1)), b.reshape(x, (1, n)))
        return b.index(outer, (At(j), At(0)))

    assert moved(nested_loops(write)) == []


# What the verifier finds.


def test_a_value_of_another_region_is_refused():
    graph = EXAMPLES["gauss_seidel"].graph
    loop = the(graph, "loop")
    inner = loop.regions[0].equations[0]
    body = replace(loop.regions[0], outputs=(inner.regions[0].inputs[0],))
    broken = replace(loop, regions=(body,))
    equations = tuple(broken if e is loop else e for e in graph.equations)
    with pytest.raises(InternalError, match="before its definition"):
        verify(replace(graph, equations=equations))


def test_a_region_that_stands_twice_is_refused():
    graph = EXAMPLES["recurrence"].graph
    loop = the(graph, "loop")
    again = replace(loop, outputs=tuple(Value(v.type) for v in loop.outputs))
    with pytest.raises(InternalError, match="is defined twice"):
        verify(replace(graph, equations=(*graph.equations, again)))


def test_symbols_mean_nothing_outside_of_their_region():
    graph = EXAMPLES["recurrence"].graph
    i = symbol_size(Symbol("i"))
    builder = GraphBuilder()
    builder.equations += graph.equations
    builder.dim(i)
    with pytest.raises(InternalError, match="mentions i, bound by nothing in scope"):
        verify(replace(graph, equations=tuple(builder.equations)))


def test_a_symbol_is_bound_once_in_a_scope():
    s = Flow("f")
    x = s.array("x", "n")

    def inner(t, v):
        return [s.at("...").add(v, s.builder.index(x, (At(t),)))]

    def outer(t, v):
        return s.loop("for i in ...", [v], "s", x.shape[0], inner, symbol="i")

    (v,) = s.loop("for i in ...", [literal(0.0)], "s", 2, outer, symbol="i")
    with pytest.raises(InternalError, match="binds i, which is bound already"):
        verify(s.graph(v))
