"""Capturing a function as the face does, and running the graph with the reference evaluator."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import graph_eval
import numpy as np
import optree

from adjit.ir.dims import Symbol, symbol_size
from adjit.ir.substitution import substitute
from adjit.ir.verify import verify
from adjit.tracer import Capture, Leaf, OutputLeaf, capture, check, fetch
from adjit.tracer.sizes import COMPARE


def leaf_for(value: Any, name: str, *, ints: bool = True) -> Leaf | None:
    """The leaf of one argument, None for static ones."""
    if isinstance(value, np.ndarray):
        shape = tuple(
            n if n < 2 else symbol_size(Symbol(f"{name}.shape[{k}]", n, 2))
            for k, n in enumerate(value.shape)
        )
        layout = "C" if value.flags.c_contiguous else "F" if value.flags.f_contiguous else "A"
        return Leaf(name, value.dtype, shape, layout, "array")
    if isinstance(value, np.generic):
        return Leaf(name, value.dtype, (), "", "numpy")
    if type(value) is float:
        return Leaf(name, np.dtype(np.float64), (), "", "python")
    if type(value) is int and ints:
        return Leaf(name, np.dtype(np.int64), (), "", "int", Symbol(name, value))
    return None


@dataclass(frozen=True)
class Traced:
    """A captured function that can be called."""

    captured: Capture
    dynamic: list[int]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        leaves = optree.tree_leaves((args, kwargs), none_is_leaf=True)
        arrays = [leaves[k] for k in self.dynamic]
        arrays += [fetch(hidden) for hidden in self.captured.hidden]
        outputs = graph_eval.evaluate(self.captured.graph, *arrays)
        return _fill(self.captured.outputs, outputs)

    def holds(self, *args: Any, **kwargs: Any) -> bool:
        """True when every guard holds for these arguments."""
        leaves = optree.tree_leaves((args, kwargs), none_is_leaf=True)
        arrays = [leaves[k] for k in self.dynamic]
        arrays += [fetch(hidden) for hidden in self.captured.hidden]
        sizes = {
            s: (int(arrays[src.index]) if src.axis is None else arrays[src.index].shape[src.axis])
            // src.divisor
            for s, src in self.captured.graph.symbols.items()
        }
        for value, array in zip(self.captured.graph.inputs, arrays, strict=True):
            if tuple(substitute(n, sizes) for n in value.shape) != np.shape(array):
                return False
        for k, size in self.captured.scalar_sizes.items():
            if substitute(size, sizes) != arrays[k]:
                return False
        for g in self.captured.size_guards:
            if COMPARE[g.op](substitute(g.size, sizes), g.value) is not g.truth:
                return False
        return all(map(check, self.captured.guards))


def trace(function: Callable[..., Any], *args: Any, ints: bool = True, **kwargs: Any) -> Traced:
    """Capture a function for these arguments."""
    leaves, spec = optree.tree_flatten((args, kwargs), none_is_leaf=True)
    names = _names(args, kwargs)
    found = [leaf_for(x, name, ints=ints) for x, name in zip(leaves, names, strict=True)]
    dynamic = [k for k, leaf in enumerate(found) if leaf is not None]

    def rebuild(objects: list[Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        filled = list(leaves)
        for k, obj in zip(dynamic, objects, strict=True):
            filled[k] = obj
        out: tuple[tuple[Any, ...], dict[str, Any]] = optree.tree_unflatten(spec, filled)
        return out

    captured = capture(
        function,
        [leaf for leaf in found if leaf is not None],
        rebuild,
        name=getattr(function, "__name__", "f"),
    )
    verify(captured.graph, "capture")
    return Traced(captured, dynamic)


def _names(args: Any, kwargs: Any) -> list[str]:
    paths = optree.tree_paths((args, kwargs), none_is_leaf=True)
    return ["arg_" + "_".join(str(p) for p in path) for path in paths]


def _fill(tree: Any, outputs: list[Any]) -> Any:
    if isinstance(tree, OutputLeaf):
        out = outputs[tree.index]
        if tree.weak:
            return out.item()
        return out[()] if tree.kind == "numpy" else np.asarray(out)
    if isinstance(tree, dict):
        return {key: _fill(x, outputs) for key, x in tree.items()}
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        return type(tree)(*(_fill(x, outputs) for x in tree))
    if isinstance(tree, (list, tuple)):
        return type(tree)(_fill(x, outputs) for x in tree)
    return tree


def compare(function: Callable[..., Any], *args: Any, others: Any = (), **kwargs: Any) -> Traced:
    """Assert that the graph gives what plain NumPy gives: values, dtypes, kinds of scalars.

    `others` are further argument tuples that the same capture must serve.
    """
    traced = trace(function, *copy.deepcopy(args), **kwargs)
    for given in (args, *others):
        assert traced.holds(*given, **kwargs), "a guard fails for these arguments"
        with np.errstate(all="ignore"):
            expected = function(*copy.deepcopy(given), **kwargs)
        assert_same(traced(*given, **kwargs), expected)
    return traced


def assert_same(got: Any, expected: Any) -> None:
    """Equal structure, types, dtypes, shapes; values to rounding."""
    if isinstance(expected, (list, tuple)):
        assert type(got) is type(expected)
        assert len(got) == len(expected)
        for a, b in zip(got, expected, strict=True):
            assert_same(a, b)
        return
    if isinstance(expected, dict):
        assert list(got) == list(expected)
        for key in expected:
            assert_same(got[key], expected[key])
        return
    assert type(got) is type(expected), f"{type(got)} instead of {type(expected)}"
    if isinstance(expected, (np.ndarray, np.generic)):
        assert got.dtype == expected.dtype
        assert got.shape == expected.shape
        np.testing.assert_allclose(got, expected, rtol=1e-6 if got.dtype == np.float32 else 1e-12)
    elif isinstance(expected, float):
        np.testing.assert_allclose(got, expected, rtol=1e-12)
    else:
        assert got == expected
