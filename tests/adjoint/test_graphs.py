"""Writing by repeated index; zeros, types and errors of the transforms."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from graph_checks import gradient, make, total
from graph_eval import evaluate

from adjit.adjoint import value_and_gradient
from adjit.ir import Graph, GraphBuilder, Operand, Primitive, Symbol, Type, Value, literal
from adjit.ir.errors import InternalError, UnsupportedError
from adjit.ir.indexing import Gather, Slice
from adjit.ir.primitives import elementwise as ew
from adjit.ir.primitives import structural as st
from adjit.ir.rewrite import with_equations

B = GraphBuilder


def num(value: float) -> Operand:
    return literal(value, "f8")


def same(got: Any, expected: Any) -> None:
    np.testing.assert_array_equal(got, np.asarray(expected, dtype=float))


def test_last_writer_receives() -> None:
    def write(b: B, x: Operand, v: Operand, i: Operand) -> Operand:
        return b.emit(ew.mul, b.update(x, v, (Gather(0),), (i,)), num(3))

    i = np.array([1, 1, 0, -2])  # -2 is place 1 of 3
    by_x, by_v = gradient(write, np.zeros(3), np.ones(4), i)
    same(by_x, [0, 0, 3])
    same(by_v, [0, 0, 3, 3])
    by_x, by_v = gradient(write, np.zeros(3), 1.0, i)
    same(by_v, 6)


def test_distinct_places_need_no_winners() -> None:
    def by_mask(b: B, x: Operand) -> Operand:
        found = b.bind(st.nonzero, b.emit(ew.gt, x, num(0)), symbol=Symbol("count"))
        picked = b.index(x, (Gather(0),), found)
        return b.update(x, b.emit(ew.sin, picked), (Gather(0),), found)

    graph = value_and_gradient(make(lambda b, x: total(b, by_mask(b, x)), np.zeros(3)), [0])
    assert not any(eqn.primitive is st.iota for eqn in graph.equations)
    x = np.array([-1.0, 0.5, 2.0])
    np.testing.assert_allclose(evaluate(graph, x)[1], [1, np.cos(0.5), np.cos(2)])
    same(evaluate(graph, -np.ones(3))[1], [1, 1, 1])


def test_independent_inputs_get_zeros_of_their_type() -> None:
    graph = make(lambda b, x, y, i: total(b, x), np.ones(2), np.ones((3, 2), "f4"), np.arange(2))
    by_x, by_y, by_i = evaluate(
        value_and_gradient(graph, [0, 1, 2]), *(np.ones(2), np.ones((3, 2), "f4"), np.arange(2))
    )[1:]
    same(by_x, [1, 1])
    assert by_y.dtype == np.float32
    assert by_y.shape == (3, 2)
    assert by_i.dtype == np.int64
    assert not by_y.any()


def test_output_that_is_an_input_or_a_number() -> None:
    same(evaluate(value_and_gradient(make(lambda b, x: x, 2.0), [0]), 2.0)[1], 1)
    same(evaluate(value_and_gradient(make(lambda b, x: num(3), 2.0), [0]), 2.0)[1], 0)


def test_gradient_of_another_output() -> None:
    graph = make(lambda b, x: (x, b.emit(ew.sin, x), b.emit(ew.mul, x, x)), 3.0)
    same(evaluate(value_and_gradient(graph, [0], output=2), 3.0)[3], 6)


@pytest.mark.parametrize("array", [np.zeros(3), np.array(1)])
def test_output_must_be_a_float_scalar(array: Any) -> None:
    with pytest.raises(InternalError):
        value_and_gradient(make(lambda b, x: x, array), [0])


def test_what_has_no_rule_is_refused_where_the_derivative_would_pass() -> None:
    strange = Primitive("strange", "structural", lambda types, params, regions: (types[0],))

    def apply(b: B, x: Operand) -> Operand:
        return b.emit(strange, x)

    x = Value(Type(np.dtype(float)), "x")
    builder = B()
    graph = Graph((x,), (), (apply(builder, x),))
    graph = with_equations(graph, builder.equations)
    with pytest.raises(UnsupportedError, match="strange"):
        value_and_gradient(graph, [0])


def test_slices_backwards() -> None:
    same(
        gradient(lambda b, x: b.emit(ew.mul, b.index(x, (Slice(2, 3, -1),)), x), [1.0, 2.0, 3.0])[
            0
        ],
        [6, 4, 2],
    )
