"""Passes that shorten adjoints: round trips of cotangents, sums with zero."""

from __future__ import annotations

import numpy as np
from graph_checks import make
from graph_eval import evaluate

from adjit.ir import Graph, GraphBuilder, literal, verify
from adjit.ir.indexing import At, Slice
from adjit.ir.round_trips import shorten_round_trips
from adjit.ir.simplify import eliminate_dead
from adjit.ir.zero_sums import drop_zero_sums


def names(graph: Graph) -> list[str]:
    """What the graph does, updates with their op."""
    return [e.primitive.name + e.params.get("op", "") for e in graph.equations]


def shortened(graph: Graph) -> Graph:
    return verify(eliminate_dead(shorten_round_trips(graph)), "shorten")


def trip(builder: GraphBuilder, x, place, value):
    """Zero a place, add to another one, add a value to the first."""
    read = builder.index(x, place)
    made = builder.update(x, literal(0.0), place)
    made = builder.update(made, builder.mul(read, literal(3.0)), (Slice(0, 2),), op="add")
    return builder.update(made, value(read), place, op="add")


def test_what_is_put_back_stays():
    x = np.arange(4.0)
    graph = make(lambda b, x: trip(b, x, (At(1),), lambda read: read), x)
    assert names(shortened(graph)) == ["index", "mul", "updateadd"]
    np.testing.assert_array_equal(evaluate(shortened(graph), x)[0], evaluate(graph, x)[0])


def test_another_value_is_put_there_at_once():
    x = np.arange(4.0)
    place = (Slice(1, 2),)

    def build(b, x):
        return trip(b, x, place, lambda read: b.mul(read, literal(0.5)))

    graph = make(build, x)
    assert names(shortened(graph)).count("updateset") == 1
    np.testing.assert_array_equal(evaluate(shortened(graph), x)[0], evaluate(graph, x)[0])


def test_a_version_that_is_read_in_between_is_kept():
    x = np.arange(4.0)

    def build(b, x):
        place = (At(1),)
        read = b.index(x, place)
        zeroed = b.update(x, literal(0.0), place)
        total = b.reduce(zeroed, "sum", (0,))
        return b.update(zeroed, read, place, op="add"), total

    graph = make(build, x)
    assert names(shortened(graph)) == names(graph)


def test_other_places_do_not_match():
    x = np.arange(4.0)

    def build(b, x):
        read = b.index(x, (At(1),))
        zeroed = b.update(x, literal(0.0), (At(1),))
        return b.update(zeroed, read, (At(2),), op="add")

    graph = make(build, x)
    assert names(shortened(graph)) == names(graph)


def test_sums_with_zero():
    def build(b, x):
        b.role = "backward"
        zeros = b.full(0.0, x.shape, x.dtype)
        return b.add(b.add(zeros, x), b.full(0.0, (1,), x.dtype))

    x = np.arange(3.0)
    graph = eliminate_dead(drop_zero_sums(make(build, x)))
    assert names(graph) == []
    np.testing.assert_array_equal(evaluate(graph, x)[0], x)


def test_forward_sums_are_the_users():
    x = np.arange(3.0)
    graph = make(lambda b, x: b.add(x, literal(0.0)), x)
    assert names(drop_zero_sums(graph)) == ["add"]


def test_a_zero_that_broadcasts_is_no_zero_sum():
    def build(b, x):
        b.role = "backward"
        return b.add(b.full(0.0, (3, 2), x.dtype), x)

    x = np.arange(2.0)
    graph = drop_zero_sums(make(build, x))
    assert evaluate(graph, x)[0].shape == (3, 2)
