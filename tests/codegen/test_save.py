"""Saved modules: they need no adjit, give the same numbers, refuse what they were not made for."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import graph_examples
import numpy as np
import pytest
from graph_eval import evaluate

from adjit.adjoint import value_and_gradient
from adjit.codegen.interface import Interface, Leaf, Parameter, Static, describe
from adjit.codegen.program import Program
from adjit.codegen.save import save_module
from adjit.ir import Graph, Symbol
from adjit.ir.dims import symbol_size
from adjit.ir.errors import UnsupportedError
from adjit.ir.primitives import structural as st
from adjit.ir.simplify import simplify

KERNEL = '''import numpy as np


def kernel(u, f, du, df):
    """A stand-in for compiled code: status, value; the gradients are written."""
    du[...] = 2 * u + f
    df[...] = u
    status = 1 if np.isnan(u).any() else 4 if np.isinf(u).any() else 0
    return status, float(np.sum(u * u + u * f))
'''


def classifier() -> tuple[Graph, Interface, list[np.ndarray]]:
    graph = simplify(value_and_gradient(simplify(graph_examples.classifier()), wrt=[0, 1, 2, 3]))
    layers = [{"W": Leaf(0), "b": Leaf(1)}, {"W": Leaf(2), "b": Leaf(3)}]
    gradients = [{"W": Leaf(1), "b": Leaf(2)}, {"W": Leaf(3), "b": Leaf(4)}]
    parameters = (
        Parameter("layers", describe(layers)),
        Parameter("x", Leaf(4)),
        Parameter("y", Leaf(5)),
        Parameter("power", Static(2), default=Static(2)),
    )
    interface = Interface(
        "loss", parameters, describe((Leaf(0), gradients)), gradients={1: 0, 2: 1, 3: 2, 4: 3}
    )
    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=s) for s in ((4, 3), (3,), (3, 5), (5,), (6, 4))]
    return graph, interface, [*arrays, rng.integers(0, 5, 6)]


def imported(path: Path, name: str) -> Callable[..., Any]:
    namespace: dict[str, Any] = {"__name__": path.stem}
    exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), namespace)
    function: Callable[..., Any] = namespace[name]
    return function


def test_the_module_gives_the_same_numbers(tmp_path: Path) -> None:
    graph, interface, (w1, b1, w2, b2, x, y) = classifier()
    path = tmp_path / "loss.py"
    save_module(graph, interface, path, version="1.0")
    loss = imported(path, "loss")
    value, (first, second) = loss([{"W": w1, "b": b1}, {"W": w2, "b": b2}], x, y)
    expected = evaluate(graph, w1, b1, w2, b2, x, y)
    for result, reference in zip(
        (value, first["W"], first["b"], second["W"], second["b"]), expected, strict=True
    ):
        np.testing.assert_allclose(result, reference, rtol=1e-13)
    before = path.read_bytes()
    save_module(graph, interface, path, version="1.0")
    assert path.read_bytes() == before


def test_the_module_imports_numpy_alone(tmp_path: Path) -> None:
    graph, interface, _ = classifier()
    save_module(graph, interface, tmp_path / "loss.py")
    code = "import sys, loss; assert not {'adjit', 'numba', 'scipy', 'sympy'} & set(sys.modules)"
    subprocess.run([sys.executable, "-W", "error", "-c", code], cwd=tmp_path, check=True)


def test_the_module_refuses_what_it_was_not_made_for(tmp_path: Path) -> None:
    graph, interface, (w1, b1, w2, b2, x, y) = classifier()
    n = symbol_size(next(s for s in graph.symbols if s.name == "n"))
    save_module(graph, interface, tmp_path / "loss.py", guards=[(n - 4, ">=", 0, True)])
    loss = imported(tmp_path / "loss.py", "loss")
    layers = [{"W": w1, "b": b1}, {"W": w2, "b": b2}]
    loss(layers, x, y)
    with pytest.raises(TypeError, match="x is float32"):
        loss(layers, x.astype(np.float32), y)
    with pytest.raises(TypeError, match=r"y is int64 of shape \(5,\); .* shape \(6\)"):
        loss(layers, x, y[:5])
    with pytest.raises(TypeError, match=r"shape \(2 or more, 4\)"):
        loss(layers, x[:1], y[:1])
    with pytest.raises(ValueError, match="power == 2"):
        loss(layers, x, y, power=3)
    with pytest.raises(ValueError, match="4 >= 0"):
        loss(layers, x[:3], y[:3])
    with pytest.raises(IndexError):
        loss(layers, x, y + 1)


def energy() -> tuple[Graph, Interface]:
    s = graph_examples.Scene("energy")
    u, f = s.array("u", "n"), s.array("f", "n")
    b = s.at("J = np.sum(u * u + u * f)")
    value = b.reduce(b.add(b.mul(u, u), b.mul(u, f)), "sum", (0,))
    graph = simplify(value_and_gradient(s.graph(value), wrt=[0, 1]))
    parameters = (Parameter("u", Leaf(0)), Parameter("f", Leaf(1)))
    return graph, Interface(
        "energy", parameters, describe((Leaf(0), (Leaf(1), Leaf(2)))), gradients={1: 0, 2: 1}
    )


def test_a_kernel_is_wrapped(tmp_path: Path) -> None:
    graph, interface = energy()
    kernel = Program(KERNEL, "kernel", "numba", checked=True)
    save_module(graph, interface, tmp_path / "energy.py", kernel=kernel)
    function = imported(tmp_path / "energy.py", "energy")
    u, f = np.arange(3.0), np.ones(3)
    value, (du, df) = function(u, f)
    assert value == evaluate(graph, u, f)[0]
    np.testing.assert_array_equal(du, 2 * u + f)
    np.testing.assert_array_equal(df, u)
    with pytest.raises(IndexError, match="out of range"):
        function(np.full(3, np.nan), f)
    with pytest.raises(ValueError, match="empty array"):
        function(np.full(3, np.inf), f)


def test_scalars_are_numpy_scalars_inside(tmp_path: Path) -> None:
    s = graph_examples.Scene("f")
    x = s.array("x")
    b = s.at("")
    graph = s.graph(b.div(x, b.sub(x, x)))
    save_module(graph, Interface("f", (Parameter("x", Leaf(0)),), Leaf(0)), tmp_path / "f.py")
    with np.errstate(all="ignore"):
        assert imported(tmp_path / "f.py", "f")(2) == np.inf


def test_sizes_known_only_after_the_call_cannot_be_passed_in(tmp_path: Path) -> None:
    s = graph_examples.Scene("f", np.bool_)
    mask = s.array("mask", "n")
    places = s.at("").bind(st.nonzero, mask, symbol=Symbol("count", None, 0))
    graph = s.graph(*places)
    interface = Interface("f", (Parameter("mask", Leaf(0)),), Leaf(0))
    kernel = Program(KERNEL, "kernel", "numba")
    with pytest.raises(UnsupportedError, match="only after the call"):
        save_module(graph, interface, tmp_path / "f.py", kernel=kernel)
    save_module(graph, interface, tmp_path / "f.py")
    found = imported(tmp_path / "f.py", "f")(np.array([False, True, True]))
    np.testing.assert_array_equal(found, [1, 2])
