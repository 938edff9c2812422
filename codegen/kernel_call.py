"""The statements of a saved module that prepare the arguments of its kernel, and call it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from adjit.codegen.interface import Interface
from adjit.codegen.naming import Names
from adjit.codegen.numpy_form.expr import dtype_text
from adjit.codegen.program import FAILURE, INDEFINITE, OUT_OF_RANGE, SINGULAR, Program
from adjit.codegen.signature import pack
from adjit.ir.dims import Symbol
from adjit.ir.errors import UnsupportedError
from adjit.ir.graph import Graph
from adjit.ir.substitution import to_source
from adjit.ir.values import Literal, Value

#: Dtypes that Python's numbers have; numba returns every scalar as one of those.
_PLAIN = (np.dtype(np.float64), np.dtype(np.int64), np.dtype(np.bool_))


def symbol_names(graph: Graph, names: Mapping[Value, str]) -> Callable[[Symbol], str]:
    """How a size is read from the arguments."""

    def read(symbol: Symbol) -> str:
        source = graph.symbols.get(symbol)
        if source is None:
            raise UnsupportedError(
                "a result's size is known only after the call, so that no array can be passed in",
                remedy='save it with form="numpy"',
            )
        return source.text(names[graph.inputs[source.index]])

    return read


def dtypes(graph: Graph) -> set[str]:
    """The names of all dtypes that occur."""
    out = {v.type.dtype.name for v in graph.inputs}
    for eqn in graph.equations:
        out.update(v.type.dtype.name for v in (*eqn.inputs, *eqn.outputs))
        out = out.union(*map(dtypes, eqn.regions))
    return out


def lay_out(graph: Graph, inputs: Mapping[Value, str], layouts: Sequence[str]) -> Iterator[str]:
    """Statements that lay arrays out in memory as the kernel reads them."""
    functions = {"C": "ascontiguousarray", "F": "asfortranarray"}
    for value, layout in zip(graph.inputs, layouts, strict=False):
        if value.shape and layout in functions:
            yield f"{inputs[value]} = np.{functions[layout]}({inputs[value]})"


def kernel_call(
    graph: Graph, kernel: Program, inputs: Mapping[Value, str], names: Names, interface: Interface
) -> list[str]:
    results = [_result_name(graph, interface, inputs, names, k) for k in range(len(graph.outputs))]
    lines: list[str] = []
    arrays: list[str] = []
    scalars: list[str] = []
    for name, x in zip(results, graph.outputs, strict=True):
        if isinstance(x, Literal) or not x.shape:
            scalars.append(name)
            continue
        arrays.append(name)
        lines.append(f"{name} = np.empty({_shape(graph, x, inputs)}, {dtype_text(x.dtype)})")
    arguments = ", ".join([*(inputs[v] for v in graph.inputs), *arrays])
    status = names.fresh("status") if kernel.checked else ""
    received = ", ".join([status, *scalars] if status else scalars)
    assign = f"{received} = " if received else ""
    lines.append(f"{assign}{kernel.entry}({arguments})")
    if kernel.checked:
        lines += _refusals(kernel, status)
    lines += [
        f"{name} = {dtype_text(x.type.dtype)}({name})"
        for name, x in zip(results, graph.outputs, strict=True)
        if name in scalars and x.type.dtype not in _PLAIN
    ]
    return [*lines, f"return {pack(interface.results, results.__getitem__, strict=True)}"]


def _refusals(kernel: Program, status: str) -> Iterator[str]:
    """Statements that raise what a status stands for."""
    for k, failure in enumerate(kernel.failures, start=1):
        yield f"if {status} == {k * FAILURE}:"
        yield f"    raise {failure.text}"
    yield f"if {status} & {OUT_OF_RANGE}:"
    yield '    raise IndexError("an index is out of range")'
    if f"return {SINGULAR}" in kernel.source:
        yield f"if {status} & {SINGULAR}:"
        yield '    raise np.linalg.LinAlgError("Singular matrix")'
    if f"return {INDEFINITE}" in kernel.source:
        yield f"if {status} & {INDEFINITE}:"
        yield '    raise np.linalg.LinAlgError("Matrix is not positive definite")'
    yield f"if {status}:"
    yield '    raise ValueError("the maximum or minimum of an empty array")'


def _result_name(
    graph: Graph, interface: Interface, inputs: Mapping[Value, str], names: Names, k: int
) -> str:
    if k in interface.gradients:
        return names.fresh(f"d{inputs[graph.inputs[interface.gradients[k]]]}")
    x = graph.outputs[k]
    return names.fresh((x.name if isinstance(x, Value) else "") or "value")


def _shape(graph: Graph, x: Value, inputs: Mapping[Value, str]) -> str:
    name = symbol_names(graph, inputs)
    sizes = ", ".join(to_source(n, name) for n in x.shape)
    return f"({sizes},)" if len(x.shape) == 1 else f"({sizes})"
