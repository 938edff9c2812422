"""Capturing a function as a graph: the tracer's entry."""

from __future__ import annotations

import sys
import threading
import types
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from adjit.ir.dims import Size, symbol_size
from adjit.ir.graph import Graph
from adjit.tracer.arrays import TracedArray
from adjit.tracer.context import activate
from adjit.tracer.guards import Guard, Hidden, Leaf
from adjit.tracer.interpreter.calls import run_function
from adjit.tracer.operators import is_traced
from adjit.tracer.outputs import collect_outputs
from adjit.tracer.sizes import SizeGuard
from adjit.tracer.symint import SymInt
from adjit.tracer.trace import Rebuild, Trace

#: The interpreter uses several Python frames for one call of the user's.
_RECURSION_LIMIT = 12_000


@dataclass(frozen=True, slots=True, eq=False)
class Capture:
    """A function as a graph, and what must hold for the graph to stand for it.

    Attributes
    ----------
    graph:
        Inputs: one per leaf, in order (kind "int": int64 scalars), then the hidden inputs.
    outputs:
        The return value, traced leaves replaced by `OutputLeaf(index, weak, kind)`.
    hidden:
        Arrays read from outside, in the order of their graph inputs.
    guards:
        Facts about Python objects, see `adjit.tracer.guards`.
    size_guards:
        Facts about the symbols that are left.
    scalar_sizes:
        For each input that is a Python int: its size after unification.
    written:
        Inputs that the function writes to (the graph works on versions of them; the caller's
        arrays stay as they are).
    """

    graph: Graph
    outputs: Any
    hidden: tuple[Hidden, ...]
    guards: tuple[Guard, ...]
    size_guards: tuple[SizeGuard, ...]
    scalar_sizes: Mapping[int, Size]
    written: frozenset[int]


def capture(fun: Any, leaves: Sequence[Leaf], rebuild: Rebuild, *, name: str) -> Capture:
    """Run `fun` once on traced stand-ins for `leaves`; return the graph of what it does.

    Parameters
    ----------
    fun:
        The user's callable.
    leaves:
        What is known about each flattened argument.
    rebuild:
        Makes (args, kwargs) of one object per leaf. It is called twice: an object that both
        results share is not made by it but belongs to the caller, and is guarded.
    name:
        Name of the graph.

    Raises
    ------
    AdjitError
        Where the function does what cannot be captured; it names file, line and expression.
    """
    trace = Trace(name=name)
    trace.run_function = run_function
    for leaf in leaves:
        trace.outside.reserve(leaf.name)
    arguments = [trace.argument(leaf) for leaf in leaves]
    with activate(trace), _deep_recursion():
        args, kwargs = rebuild(arguments)
        again_args, again_kwargs = rebuild(arguments)
        for one, other in ((args, again_args), (kwargs, again_kwargs)):
            _mark_shared(trace, one, other)
        _mark_function(trace, fun)
        result = run_function(trace, fun, args, kwargs)
        operands, outputs = collect_outputs(trace, result)
        graph = Graph(
            tuple(trace.inputs),
            tuple(trace.builder.equations),
            operands,
            trace.bound_symbols(),
            name,
            trace.sizes.facts(),
        )
    resolve = trace.sizes.resolve
    scalars = {
        k: resolve(symbol_size(leaf.symbol))
        for k, leaf in enumerate(leaves)
        if leaf.symbol is not None
    }
    written = frozenset(
        k
        for k, x in enumerate(arguments)
        if isinstance(x, TracedArray) and x.cell.value is not trace.inputs[k]
    )
    return Capture(
        graph,
        outputs,
        tuple(trace.outside.hidden),
        trace.outside.guards,
        trace.sizes.guards(),
        scalars,
        written,
    )


class _Recursion:
    """The recursion limit, raised while any thread traces."""

    lock = threading.Lock()
    users = 0
    before = 0


@contextmanager
def _deep_recursion() -> Iterator[None]:
    with _Recursion.lock:
        if not _Recursion.users:
            _Recursion.before = sys.getrecursionlimit()
            sys.setrecursionlimit(max(_Recursion.before, _RECURSION_LIMIT))
        _Recursion.users += 1
    try:
        yield
    finally:
        with _Recursion.lock:
            _Recursion.users -= 1
            if not _Recursion.users:
                sys.setrecursionlimit(_Recursion.before)


def _mark_function(trace: Trace, fun: Any) -> None:
    """The function itself is outside: its code, the object that a method is bound to."""
    if isinstance(fun, types.MethodType):
        trace.outside.mark(fun.__self__)
        fun = fun.__func__
    if isinstance(fun, types.FunctionType):
        trace.outside.guard("code", fun, None, fun.__code__)
    trace.outside.mark(fun)


def _mark_shared(trace: Trace, a: Any, b: Any) -> None:
    """Mark as outside what is the same object in two rebuilt arguments."""
    if is_traced(a) or isinstance(a, SymInt):
        return
    if a is b and not (isinstance(a, tuple) and not a):
        trace.outside.mark(a)
        return
    if type(a) is not type(b):
        return
    if isinstance(a, dict):
        for key in a:
            _mark_shared(trace, a[key], b[key])
    elif isinstance(a, (list, tuple)):
        for x, y in zip(a, b, strict=True):
            _mark_shared(trace, x, y)
    elif hasattr(a, "__dict__"):
        _mark_shared(trace, vars(a), vars(b))
