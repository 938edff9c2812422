"""What the backward half reads like: names, order, no silly factors, one accumulator."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from graph_checks import finished, make, total

from adjit.adjoint import value_and_gradient
from adjit.ir import Graph, GraphBuilder, Location, Operand, Value, literal
from adjit.ir.indexing import At, Slice
from adjit.ir.primitives import elementwise as ew
from adjit.ir.primitives import structural as st

B = GraphBuilder


def num(value: float) -> Operand:
    return literal(value, "f8")


def backward(build: Any, *arrays: Any, names: str = "", wrt: Any = None) -> list[str]:
    """The backward lines of the gradient, without types."""
    graph = make(build, *arrays, names=names)
    return lines(finished(value_and_gradient(graph, range(len(arrays)) if wrt is None else wrt)))


def lines(graph: Graph) -> list[str]:
    text = str(graph).splitlines()[1:-1]
    out = []
    for eqn, line in zip(graph.equations, text, strict=True):
        if eqn.role == "backward":
            left, right = line.strip().split(" = ", 1)
            out.append(f"{left.split(':')[0]} = {right}")
    return out


def two_layers() -> Graph:
    def build(b: B, *inputs: Value) -> Operand:
        W1, b1, W2, b2, x = inputs
        for value, name in zip(inputs, ("W1", "b1", "W2", "b2", "x"), strict=True):
            value.name = name
        y = x
        for k, (W, c) in enumerate(((W1, b1), (W2, b2)), start=1):
            b.location = Location("net.py", k)
            t = b.emit(st.contract, W, y, a_axes=(0, 1), b_axes=(1,), out_axes=(0,))
            z = b.emit(ew.add, t, c, name=f"z{k}")
            y = b.emit(ew.tanh, z, name=f"y{k}")
        return total(b, b.emit(ew.pow, y, num(2)))

    shapes = ((4, 3), (4,), (2, 4), (2,), (3,))
    return make(build, *map(np.ones, shapes), symbolic=True)


def test_two_layers_read_as_on_the_board() -> None:
    graph = finished(value_and_gradient(two_layers(), range(5)))
    assert lines(graph) == [
        "dy2 = mul(2.0, y2)",
        "t5 = sub(1.0, t3)",
        "dz2 = mul(dy2, t5)",
        "dW2 = contract(dz2, y1; a_axes=(0,), b_axes=(1,), out_axes=(0, 1))",
        "dy1 = contract(W2, dz2; a_axes=(0, 1), b_axes=(0,), out_axes=(1,))",
        "t6 = pow(y1, 2.0)",
        "t7 = sub(1.0, t6)",
        "dz1 = mul(dy1, t7)",
        "dW1 = contract(dz1, x; a_axes=(0,), b_axes=(1,), out_axes=(0, 1))",
        "dx = contract(W1, dz1; a_axes=(0, 1), b_axes=(0,), out_axes=(1,))",
    ]
    names = [x.name for x in graph.outputs[1:] if isinstance(x, Value)]
    assert names == ["dW1", "dz1", "dW2", "dz2", "dx"]  # db1 is dz1, db2 is dz2


def test_equations_say_where_they_come_from() -> None:
    graph = finished(value_and_gradient(two_layers(), range(5)))
    made = {eqn.output.name: eqn for eqn in graph.equations}
    for name, source, line in (("dz2", "y2", 2), ("dW2", "", 2), ("dz1", "y1", 1)):
        eqn = made[name]
        assert eqn.role == "backward"
        assert eqn.location is not None
        assert eqn.location.line == line
        assert eqn.source is not None
        assert eqn.source.name == source


def test_relu_is_one_line_of_the_activation_statement() -> None:
    def build(b: B, W: Operand, c: Operand, x: Operand) -> Operand:
        b.location = Location("net.py", 1)
        t = b.emit(st.contract, x, W, a_axes=(0, 1), b_axes=(1, 2), out_axes=(0, 2))
        z = b.emit(ew.add, t, c, name="z")
        b.location = Location("net.py", 2)
        y = b.emit(ew.maximum, num(0), z, name="y")
        return total(b, b.emit(ew.sin, y))

    arrays = np.ones((3, 4)), np.ones(4), np.ones((2, 3))
    graph = finished(value_and_gradient(make(build, *arrays, names="Wcx"), [0, 1]))
    assert lines(graph) == [
        "dy = cos(y)",
        "t4 = gt(z, 0.0)",
        "dz = select(t4, dy, 0.0)",
        "dc = reduce(dz; axes=(0,), keepdims=False, op=sum)",
        "dW = contract(x, dz; a_axes=(0, 1), b_axes=(0, 2), out_axes=(1, 2))",
    ]
    made = {eqn.output.name: eqn for eqn in graph.equations}
    assert made["dz"].location == Location("net.py", 2)
    assert made["dz"].source is made["y"].output
    assert made["dc"].location == Location("net.py", 1)


def test_condition_is_kept_until_nothing_can_turn_infinite() -> None:
    """`dz * y` would be 0 * inf where z is masked and y infinite: the select comes last."""

    def build(b: B, x: Operand, y: Operand) -> Operand:
        z = b.emit(ew.mul, x, y, name="z")
        return total(b, b.emit(ew.sin, b.emit(ew.maximum, num(0), z, name="a")))

    assert backward(build, np.ones(3), np.ones(3)) == [
        "da = cos(a)",
        "t3 = gt(z, 0.0)",
        "t4 = mul(da, y)",
        "t5 = mul(da, x)",
        "dx = select(t3, t4, 0.0)",
        "dy = select(t3, t5, 0.0)",
    ]


def test_branch_not_taken_is_one_select() -> None:
    def build(b: B, x: Operand) -> Operand:
        return total(b, b.emit(ew.select, b.emit(ew.gt, x, num(0)), b.emit(ew.sqrt, x), num(0)))

    assert backward(build, np.ones(3)) == ["t5 = div(0.5, t2)", "dx = select(t1, t5, 0.0)"]


def test_leaky_relu_is_one_select() -> None:
    def build(b: B, x: Operand) -> Operand:
        low = b.emit(ew.mul, x, num(0.1))
        return total(b, b.emit(ew.sin, b.emit(ew.select, b.emit(ew.gt, x, num(0)), x, low)))

    assert backward(build, np.ones(3)) == [
        "t6 = cos(t3)",
        "t7 = mul(t6, 0.1)",
        "dx = select(t2, t6, t7)",
    ]


@pytest.mark.parametrize(
    ("build", "expected"),
    [
        (lambda b, x: b.emit(ew.mul, num(0.5), total(b, b.emit(ew.pow, x, num(2)))), "x"),
        (lambda b, x: total(b, b.emit(ew.pow, x, num(2))), "mul(2.0, x)"),
        (lambda b, x: total(b, b.emit(ew.mul, x, x)), "mul(2.0, x)"),
        (
            lambda b, x: b.emit(st.contract, x, x, a_axes=(0,), b_axes=(0,), out_axes=()),
            "mul(2.0, x)",
        ),
        (lambda b, x: total(b, b.emit(ew.log, x)), "div(1.0, x)"),
        (lambda b, x: b.reduce(b.emit(ew.pow, x, num(2)), "mean", (0,)), "mul(t3, x)"),
        (lambda b, x: total(b, b.emit(ew.sub, num(1), b.emit(ew.exp, x))), "neg(t1)"),
        (lambda b, x: total(b, b.emit(ew.log, b.emit(ew.sin, x))), "div(t4, t1)"),
    ],
)
def test_no_silly_factors(build: Any, expected: str) -> None:
    graph = finished(value_and_gradient(make(build, np.ones(3)), [0]))
    if expected == "x":
        assert graph.outputs[1] is graph.inputs[0]
    else:
        assert lines(graph)[-1].split(" = ")[1] == expected


def test_mean_of_squares_divides_once() -> None:
    build = lambda b, x: b.reduce(b.emit(ew.pow, x, num(2)), "mean", (0,))  # noqa: E731
    graph = make(build, np.ones(3), symbolic=True)
    assert lines(finished(value_and_gradient(graph, [0]))) == [
        "t3 = dim(; size=n3)",
        "t4 = convert(t3; dtype=float64)",
        "t5 = div(2.0, t4)",
        "dx = mul(t5, x)",
    ]


def test_norm() -> None:
    def build(b: B, x: Operand) -> Operand:
        return b.emit(ew.sqrt, total(b, b.emit(ew.pow, x, num(2))), name="r")

    assert backward(build, np.ones(3)) == [
        "t3 = ne(r, 0.0)",
        "t4 = div(1.0, r)",
        "t5 = mul(t4, x)",
        "dx = select(t3, t5, 0.0)",
    ]


def test_reads_share_one_accumulator() -> None:
    def build(b: B, x: Operand) -> Operand:
        first, rest = b.index(x, (At(0),)), b.index(x, (Slice(1, 3),))
        return total(b, b.emit(ew.mul, b.emit(ew.sin, first), rest))

    graph = finished(value_and_gradient(make(build, np.ones(4)), [0]))
    made = [eqn for eqn in graph.equations if eqn.role == "backward"]
    zeros = [eqn for eqn in made if eqn.primitive is st.broadcast and eqn.output.shape == (4,)]
    updates = [eqn for eqn in made if eqn.primitive is st.update]
    assert len(zeros) == 1
    assert [eqn.output.name for eqn in (*zeros, *updates)] == ["dx"] * 3
    assert updates[0].inputs[0] is zeros[0].output
    assert updates[1].inputs[0] is updates[0].output
    assert graph.outputs[1] is updates[1].output


def test_scaling_a_place_is_one_assignment() -> None:
    """z[1:] = z[1:] * 3"""

    def build(b: B, x: Operand) -> Operand:
        z = b.emit(ew.sin, x)
        spec = (Slice(1, 3),)
        return total(b, b.emit(ew.exp, b.update(z, b.emit(ew.mul, b.index(z, spec), num(3)), spec)))

    updates = [line for line in backward(build, np.ones(4)) if "update" in line]
    assert len(updates) == 1
    assert "op=set" in updates[0]


def test_adding_to_a_place_leaves_the_cotangent_as_it_is() -> None:
    """z[k] += v"""

    def build(b: B, x: Operand, v: Operand) -> Operand:
        z = b.emit(ew.sin, x)
        spec = (At(1),)
        return total(b, b.emit(ew.exp, b.update(z, b.emit(ew.add, b.index(z, spec), v), spec)))

    assert not any("update" in line for line in backward(build, np.ones(4), 1.0))


def test_nothing_is_computed_for_what_is_not_asked_for() -> None:
    graph = finished(value_and_gradient(two_layers(), [3]))
    assert [line.split(" = ")[0] for line in lines(graph)] == ["dy2", "t5", "dz2"]


def test_same_text_on_every_run() -> None:
    texts = {str(finished(value_and_gradient(two_layers(), range(5)))) for _ in range(3)}
    assert len(texts) == 1
