"""Transforms inside traced code: the inner function becomes part of the outer graph."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from adjit import arguments, pipeline, pytrees
from adjit.derivation import derive
from adjit.ir.dims import Size, Symbol, symbol_size
from adjit.ir.graph import Graph, symbols_bound
from adjit.ir.primitives import structural as st
from adjit.ir.rewrite import inline
from adjit.results import ResultLeaf
from adjit.task import Task
from adjit.tracer import Trace, TracedArray, subtrace


def trace_inside(task: Task, trace: Trace, values: Sequence[Any]) -> Any:
    """Carry out `task` on traced values (one per parameter), as part of the graph of `trace`."""
    taken = arguments.take_apart(task, values)
    inputs = [k for k, kind in enumerate(taken.kinds) if kind.form != "static"]
    leaves = [taken.leaves[k] for k in inputs]

    def rebuild(traced: list[Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        return task.parameters.rebuild(taken.with_leaves(inputs, traced))

    captured, surroundings, outputs = subtrace(
        trace, task.function, leaves, rebuild, name=task.name
    )
    derived = derive(task, taken, inputs, pipeline.prepare(captured), outputs)
    operands = [trace.lift(x) for x in leaves]
    results = inline(
        derived.graph,
        trace.builder,
        [*operands, *surroundings],
        _fresh_symbols(trace, _symbols(derived.graph) - _symbols(captured)),
    )
    wrapped = [_wrap(trace, leaf, results, taken) for leaf in derived.results.leaves]
    return pytrees.unflatten(derived.results.structure, wrapped)


def _symbols(graph: Graph) -> set[Symbol]:
    """Symbols that a graph binds, lengths of growing storage counted."""
    found = symbols_bound(graph)
    for eqn in graph.equations:
        if eqn.primitive is st.storage:
            found.add(eqn.params["symbol"])
        found.update(*map(_symbols, eqn.regions))
    return found


def _fresh_symbols(trace: Trace, made: set[Symbol]) -> dict[Symbol, Size]:
    """Names of their own for symbols that a transform has made: it does not know those of the
    surrounding graph."""
    return {
        symbol: symbol_size(trace.fresh_symbol(symbol.name, lower=symbol.lower, upper=symbol.upper))
        for symbol in sorted(made, key=str)
    }


def _wrap(
    trace: Trace, leaf: ResultLeaf, results: Sequence[Any], taken: arguments.Arguments
) -> Any:
    if leaf.form == "static":
        return leaf.value
    if leaf.form == "argument":
        return taken.leaves[leaf.index]
    return trace.wrap(
        results[leaf.index], weak=leaf.form == "python", array=leaf.form in ("array", "zero_d")
    )


def innermost(leaves: Sequence[Any]) -> Trace | None:
    """The running trace that traced leaves belong to; None without any."""
    from adjit.tracer.context import current_for

    for leaf in leaves:
        if isinstance(leaf, TracedArray):
            return current_for(leaf.trace)
    return None
