"""Inner functions (the operand of a `grad` inside traced code), captured as graphs of their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from adjit.ir.graph import Graph
from adjit.ir.values import Operand, Value
from adjit.tracer.arrays import TracedArray
from adjit.tracer.context import activate
from adjit.tracer.outputs import collect_outputs
from adjit.tracer.trace import Rebuild, Trace
from adjit.tracer.views import Cell


def subtrace(
    trace: Trace,
    function: Callable[..., Any],
    leaves: Sequence[Any],
    rebuild: Rebuild,
    *,
    name: str = "f",
) -> tuple[Graph, tuple[Operand, ...], Any]:
    """Capture `function` as a graph of its own, inside `trace`.

    `leaves` are traced arrays or numbers of the trace, `rebuild` makes (args, kwargs) of their
    stand-ins. Returns the graph (its inputs: one per leaf, then what the function uses of its
    surroundings), the operands of `trace` for the latter, and the function's result, with
    `OutputLeaf`s. Sizes are those of `trace`: the graph can be inlined as is.
    """
    assert trace.run_function is not None
    inner = Trace(trace, name)
    stand_ins = [_stand_in(inner, x, trace.lift(x)) for x in leaves]
    with activate(inner):
        args, kwargs = rebuild(stand_ins)
        result = trace.run_function(inner, function, args, kwargs)
        outputs, tree = collect_outputs(inner, result)
    graph = Graph(tuple(inner.inputs), tuple(inner.builder.equations), outputs, {}, name)
    trace.sizes.listeners.remove(inner.rewrite_sizes)
    return graph, tuple(inner.captured), tree


def _stand_in(inner: Trace, x: Any, outer: Operand) -> TracedArray:
    """The input of the inner trace for an argument that is `outer` in its parent."""
    value = Value(outer.type, getattr(outer, "name", ""))
    inner.inputs.append(value)
    kind, layout = "python", "C"
    if isinstance(x, TracedArray):
        kind = x.kind
        if x.ndim >= 2 and not x.c_contiguous:
            layout = "A"
    elif isinstance(x, np.ndarray):
        kind = "array"
    elif isinstance(x, np.generic):
        kind = "numpy"
    return TracedArray(Cell(inner, value, layout, value.name), kind)
