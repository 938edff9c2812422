"""Building, verifying, printing, simplifying and inlining graphs."""

import numpy as np
import pytest

from adjit.ir import (
    Equation,
    Graph,
    GraphBuilder,
    Symbol,
    SymbolSource,
    Type,
    Value,
    literal,
    verify,
)
from adjit.ir.dims import symbol_size
from adjit.ir.errors import InternalError, ShapeError
from adjit.ir.indexing import (
    At,
    Gather,
    NewAxis,
    Slice,
    broadcast_equal,
    full,
    gather_position,
    result_shape,
)
from adjit.ir.primitives import PRIMITIVES
from adjit.ir.primitives import elementwise as ew
from adjit.ir.primitives import structural as sp
from adjit.ir.rewrite import inline, substitute_sizes
from adjit.ir.simplify import simplify

F8 = np.dtype(np.float64)
N = Symbol("n", hint=5, lower=2)
n = symbol_size(N)


def norm_graph():
    x = Value(Type(F8, (n, 3)), "x")
    b = GraphBuilder()
    y = b.emit(ew.mul, x, x, name="y")
    again = b.emit(ew.mul, x, x, name="again")
    b.emit(ew.exp, x)
    s = b.reduce(b.add(y, again), "sum", [1, 0])
    return Graph((x,), tuple(b.equations), (s,), {N: SymbolSource(0, 0)}, "norm")


def test_simplify_removes_repeated_and_dead_equations():
    graph = verify(simplify(verify(norm_graph())))
    assert [e.primitive.name for e in graph.equations] == ["mul", "add", "reduce"]
    add = graph.equations[1]
    assert add.inputs[0] is add.inputs[1]


def test_printing_is_the_same_every_time_and_names_every_value():
    text = str(norm_graph())
    assert text == str(norm_graph())
    assert "y: float64[n, 3] = mul(x, x)" in text
    assert text.endswith("return t3")


def test_inlining_with_other_sizes():
    graph = norm_graph()
    other = substitute_sizes(graph, {N: 4})
    verify(other)
    assert other.inputs[0].shape == (4, 3)
    assert not other.symbols
    b = GraphBuilder()
    z = Value(Type(F8, (4, 3)), "z")
    (out,) = inline(graph, b, [z], {N: 4})
    verify(Graph((z,), tuple(b.equations), (out,)))


@pytest.mark.parametrize("breakage", ["order", "type", "twice", "unknown"])
def test_the_verifier_finds(breakage):
    graph = norm_graph()
    equations = list(graph.equations)
    first = equations[0]
    if breakage == "order":
        equations.reverse()
    elif breakage == "type":
        wrong = Value(Type(F8, (n, 4)))
        equations[0] = Equation(first.primitive, first.inputs, (wrong,))
    elif breakage == "twice":
        equations.append(first)
    else:
        rogue = type(first.primitive)("mul", "elementwise", first.primitive.type_rule)
        equations[0] = Equation(rogue, first.inputs, first.outputs)
    with pytest.raises(InternalError, match="broken after tampering"):
        verify(Graph(graph.inputs, tuple(equations), graph.outputs), "tampering")


def test_type_rules_refuse_mixed_dtypes_and_shapes():
    b = GraphBuilder()
    x = Value(Type(F8, (n,)))
    with pytest.raises(InternalError, match="mixed dtypes"):
        b.emit(ew.add, x, literal(1))
    with pytest.raises(ShapeError, match="do not broadcast"):
        b.emit(ew.add, x, Value(Type(F8, (3,))))
    with pytest.raises(InternalError, match="label"):
        b.emit(sp.contract, x, Value(Type(F8, (3,))), a_axes=(0,), b_axes=(0,), out_axes=())


def test_peepholes_keep_special_values():
    b = GraphBuilder()
    x = Value(Type(F8, ()), "x")
    assert b.mul(x, literal(1.0)) is x
    assert b.mul(literal(-0.0), x) is not x
    assert b.add(x, literal(0.0)) is not x, "-0.0 + 0.0 is 0.0"
    assert b.neg(b.neg(x)) is x
    assert b.reduce(x, "sum", []) is x
    assert b.transpose(b.transpose(Value(Type(F8, (2, 3))), (1, 0)), (1, 0)).shape == (2, 3)


def test_literals_tell_kinds_and_signs_apart():
    assert literal(0.0) != literal(-0.0)
    assert literal(1) != literal(1.0)
    assert literal(True) != literal(1)
    assert literal(float("nan")) == literal(float("nan"))
    assert literal(0.1, np.float32).value == float(np.float32(0.1))


@pytest.mark.parametrize(
    ("spec", "shapes", "example"),
    [
        ((Slice(1, 2), full(4)), [], np.s_[1:3, :]),
        ((At(2), NewAxis(), Slice(3, 2, -2)), [], np.s_[2, None, 3::-2]),
        ((Gather(0), Gather(1)), [(5,), (5,)], np.s_[[0] * 5, [1] * 5]),
        ((Gather(0), At(1)), [(5,)], np.s_[[0] * 5, 1]),
        ((full(5), Gather(0)), [(2, 3)], np.s_[:, np.zeros((2, 3), int)]),
    ],
)
def test_result_shapes_are_numpys(spec, shapes, example):
    assert result_shape(spec, shapes) == np.zeros((5, 4))[example].shape


def test_separated_gathers_come_first():
    spec = (Gather(0), full(4), Gather(1))
    assert gather_position(spec) == 0
    idx = np.zeros(2, int)
    assert result_shape(spec, [(2,), (2,)]) == np.zeros((5, 4, 6))[idx, :, idx].shape
    assert broadcast_equal([(n, 1), (3,)]) == (n, 3)


def test_every_primitive_is_registered_under_its_name():
    assert all(name == p.name for name, p in PRIMITIVES.items())
    assert {p.kind for p in PRIMITIVES.values()} == {"elementwise", "structural", "region"}
