"""Running one NumPy call through the tracer's surface: traced, as a graph, and by NumPy.

No interpreter and no code generation: the function is called on traced arrays, the graph is
evaluated by `graph_eval`, and the outcome is compared with NumPy's in value, dtype, shape and
kind (array, NumPy scalar, Python number).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from graph_eval import evaluate

from adjit.ir.dims import Symbol, symbol_size
from adjit.ir.graph import Graph
from adjit.ir.substitution import substitute
from adjit.ir.verify import verify
from adjit.tracer import dispatch, surface
from adjit.tracer.context import activate, running
from adjit.tracer.guards import Leaf, fetch
from adjit.tracer.outputs import OutputLeaf, collect_outputs
from adjit.tracer.sizes import COMPARE
from adjit.tracer.trace import Trace

Function = Callable[..., Any]
LOWERINGS = surface.LOWERINGS


@dataclass(frozen=True)
class Sample:
    """One call. Arrays (and `Number`s) among the arguments are traced, all else is as it is.

    `covers` names the functions of the surface that the call shows, where `function` is not one
    itself; `fixed` leaves out the evaluation at other sizes.
    """

    function: Function
    args: tuple[Any, ...]
    kwargs: dict[str, Any] = field(default_factory=dict)
    covers: tuple[Function, ...] = ()
    fixed: bool = False

    def __str__(self) -> str:
        name = getattr(self.function, "__name__", str(self.function))
        return f"{name}({', '.join(map(_short, self.args))})"


@dataclass(frozen=True)
class Number:
    """An argument that is a traced Python number."""

    value: Any


def S(function: Function, *args: Any, **kwargs: Any) -> Sample:
    """A sample of a function of the surface."""
    return Sample(function, args, kwargs)


def fixed(sample: Sample) -> Sample:
    """The sample at its own sizes only: its arrays must be sorted, or free of ties."""
    return replace(sample, fixed=True)


def program(*covers: Function, args: Sequence[Any] = ()) -> Callable[[Function], Sample]:
    """A sample that is a little program, for what works by its effect."""
    return lambda function: Sample(function, tuple(args), {}, covers)


def call(function: Function, *args: Any, **kwargs: Any) -> Any:
    """A call inside a program that NumPy does not hand to traced arguments by itself."""
    traces = running()
    return traces[-1].lowered(function, *args, **kwargs) if traces else function(*args, **kwargs)


def _short(x: Any) -> str:
    return f"{x.dtype}{list(x.shape)}" if isinstance(x, np.ndarray) else repr(x)[:20]


@dataclass
class Traced:
    """A captured call."""

    graph: Graph
    outputs: Any
    inputs: list[Any]
    hidden: list[Any]
    guards: tuple[Any, ...]


def leaves_of(tree: Any) -> list[Any]:
    """What is traced among the arguments, in order."""
    if isinstance(tree, (np.ndarray, np.floating, Number)):
        return [tree]
    if isinstance(tree, dict):
        return [x for item in tree.values() for x in leaves_of(item)]
    return [x for item in tree for x in leaves_of(item)] if isinstance(tree, (list, tuple)) else []


def replaced(tree: Any, leaves: list[Any]) -> Any:
    """The arguments with other objects in the places of the leaves (taken from the list)."""
    if isinstance(tree, (np.ndarray, np.floating, Number)):
        return leaves.pop(0)
    if isinstance(tree, dict):
        return {key: replaced(item, leaves) for key, item in tree.items()}
    if isinstance(tree, (list, tuple)):
        return type(tree)([replaced(item, leaves) for item in tree])
    return tree


def _leaf(name: str, x: Any) -> Leaf:
    if isinstance(x, Number):
        return Leaf(name, np.asarray(x.value).dtype, (), "", "python")
    shape = tuple(
        symbol_size(Symbol(f"{name}.shape[{k}]", n, 2)) if n > 1 else n
        for k, n in enumerate(np.shape(x))
    )
    if isinstance(x, np.generic):
        return Leaf(name, x.dtype, (), "", "numpy")
    layout = "C" if x.flags.c_contiguous else "F" if x.flags.f_contiguous else "A"
    return Leaf(name, x.dtype, shape, layout, "array")


def trace_call(
    function: Function, args: tuple[Any, ...], kwargs: dict[str, Any] | None = None
) -> Traced:
    """Capture a call."""
    kwargs = kwargs or {}
    inputs = leaves_of((args, kwargs))
    trace = Trace(name="sample")
    traced = [trace.argument(_leaf(f"x{k}", x)) for k, x in enumerate(inputs)]
    with activate(trace):
        given = list(traced)
        new_args, new_kwargs = replaced(args, given), replaced(kwargs, given)
        if dispatch.lookup(function) is not None:
            result = dispatch.lower(trace, function, new_args, new_kwargs)
        else:
            result = function(*new_args, **new_kwargs)
        operands, outputs = collect_outputs(trace, result)
    symbols = trace.bound_symbols()
    graph = Graph(tuple(trace.inputs), tuple(trace.builder.equations), operands, symbols)
    return Traced(
        verify(graph),
        outputs,
        inputs,
        [fetch(h) for h in trace.outside.hidden],
        trace.sizes.guards(),
    )


def plain(sample: Sample, inputs: Sequence[Any]) -> Any:
    """What NumPy says."""
    values = [
        x.value
        if isinstance(x, Number)
        else np.copy(x, order="K")
        if isinstance(x, np.ndarray)
        else x
        for x in inputs
    ]
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return sample.function(*replaced(sample.args, values), **replaced(sample.kwargs, values))


def check(sample: Sample) -> None:
    """Compare a sample with NumPy at its own sizes and, where the graph serves them, at others."""
    traced = trace_call(sample.function, sample.args, sample.kwargs)
    _compare(sample, traced, traced.inputs)
    other = None if sample.fixed else _grown(traced)
    if other is not None and _allowed(sample, other):
        _compare(sample, traced, other)


def _allowed(sample: Sample, inputs: Sequence[Any]) -> bool:
    """True when NumPy takes these arrays: what else is in the arguments may not fit them."""
    try:
        plain(sample, inputs)
    except (ValueError, IndexError, TypeError):
        return False
    return True


def _compare(sample: Sample, traced: Traced, inputs: Sequence[Any]) -> None:
    values = [x.value if isinstance(x, Number) else x for x in inputs]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # means of nothing
        got = evaluate(traced.graph, *values, *traced.hidden)
    same(traced.outputs, plain(sample, inputs), got)


def same(tree: Any, expected: Any, got: Sequence[Any]) -> None:
    """Raise unless the outputs are NumPy's in value, dtype, shape and kind."""
    if isinstance(tree, OutputLeaf):
        value = got[tree.index]
        wanted = np.asarray(expected)
        assert value.shape == wanted.shape, f"shape {value.shape}, NumPy says {wanted.shape}"
        assert value.dtype == wanted.dtype, f"dtype {value.dtype}, NumPy says {wanted.dtype}"
        rtol = 2e-5 if value.dtype == np.float32 else 1e-11
        np.testing.assert_allclose(value, wanted, rtol=rtol, atol=rtol)
        kind = (
            "array"
            if isinstance(expected, np.ndarray)
            else "numpy"
            if isinstance(expected, np.generic)
            else "python"
        )
        assert value.shape != () or tree.kind == kind, f"{tree.kind}, NumPy says {kind}"
    elif isinstance(tree, (list, tuple)):
        assert len(tree) == len(expected)
        for item, other in zip(tree, expected, strict=True):
            same(item, other, got)
    elif isinstance(tree, np.ndarray):
        np.testing.assert_array_equal(tree, expected)
    else:
        assert tree == expected or (tree is None and expected is None)


def _grown(traced: Traced) -> list[Any] | None:
    """Other inputs that the graph must serve as well: one more along every free axis."""
    sizes = {symbol: (symbol.hint or 2) + 1 for symbol in traced.graph.symbols}
    if not sizes:
        return None
    for guard in traced.guards:
        size = substitute(guard.size, sizes)
        assert isinstance(size, int)
        if COMPARE[guard.op](size, guard.value) is not guard.truth:
            return None
    out = []
    for value, x in zip(traced.graph.inputs, traced.inputs, strict=False):
        shape = tuple(substitute(n, sizes) for n in value.shape)
        out.append(x if not shape else _laid_out(np.resize(x, shape), x))
    return out


def _laid_out(new: Any, like: Any) -> Any:
    """The array in the memory order of another one."""
    if like.flags.c_contiguous:
        return new
    return np.asfortranarray(new) if like.flags.f_contiguous else np.repeat(new, 2, -1)[..., ::2]


__all__ = [
    "Number",
    "S",
    "Sample",
    "Traced",
    "call",
    "check",
    "fixed",
    "leaves_of",
    "plain",
    "program",
    "trace_call",
]
