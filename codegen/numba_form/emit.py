"""The machine's form of a graph: one numba function of fused loops."""

from __future__ import annotations

import re
from collections.abc import Sequence

from adjit.codegen.numba_form.buffers import assign
from adjit.codegen.numba_form.control import control
from adjit.codegen.numba_form.decide import schedule
from adjit.codegen.numba_form.flow import emit_scope
from adjit.codegen.numba_form.lower import Lowering
from adjit.codegen.numba_form.matrix_steps import RAISING
from adjit.codegen.numba_form.scalars import MODULES
from adjit.codegen.numba_form.scalars import ROWS as SCALARS
from adjit.codegen.numba_form.scopes import equations_of, prepare
from adjit.codegen.numba_form.steps import Emitter
from adjit.codegen.numba_form.structural import ROWS, Row, elementwise
from adjit.codegen.numba_form.values import FAR, Context, wish_of, zero_of
from adjit.codegen.numba_form.writer import INDENT, Body, render
from adjit.codegen.program import EMPTY, TOO_LARGE, Program
from adjit.ir.bounds import bounds
from adjit.ir.dims import symbols_of
from adjit.ir.errors import UnsupportedError
from adjit.ir.graph import Equation, Graph
from adjit.ir.values import Operand, Value

DTYPES = frozenset(
    {
        "bool",
        "int8",
        "int16",
        "int32",
        "int64",
        "uint8",
        "uint16",
        "uint32",
        "uint64",
        "float32",
        "float64",
    }
)
# Without rewrites: they look for array expressions and the like, which are not here.
DECORATOR = (
    '@njit(cache=True, error_model="numpy", fastmath={"contract", "arcp"}, no_rewrites=True)'
)


def emit(graph: Graph, layouts: Sequence[str], *, wide: bool = False) -> Program:
    """The program of a graph.

    Parameters
    ----------
    layouts:
        One per graph input: "C", "F", "A" (any strides), "" for scalars.
    wide:
        True for the variant that computes sin and cos of arguments of any size.
    """
    low = lower(graph, layouts)
    graph = low.graph
    outputs = _outputs(low)
    scalars = [x for x in graph.outputs if not x.shape]
    for x in scalars:
        low.write("result", low.temporary(x.type), (), (), [(x, ())])
    context = Context(low, assign(low, schedule(low)), wide)
    parameters = _name_parameters(context, graph, outputs)
    _name_storages(context)
    checked = _checked(low) or (_trigonometric(low) and not wide)
    emitter = Emitter(context, {}, lambda body, status: _fail(context, scalars, body, status))
    _require_elements(emitter)
    emit_scope(emitter, low.scope)
    results = context.results
    if checked:
        results.insert(0, f"{TOO_LARGE} if {FAR} else 0" if context.far else "0")
    if context.allocated:
        context.root.line(f"release({', '.join(context.allocated)})")
    if results:
        context.root.line(f"return {', '.join(results)}")
    return Program(
        _module(context, graph, parameters),
        "kernel",
        "numba",
        tuple(parameters),
        checked,
        tuple(low.failures),
    )


def lower(graph: Graph, layouts: Sequence[str]) -> Lowering:
    """All equations, lowered."""
    graph = prepare(graph)
    low = Lowering(graph, layouts)
    for value in (*graph.inputs, *(v for e in equations_of(graph) for v in e.outputs)):
        if value.dtype.name not in DTYPES:
            raise UnsupportedError(
                f"compiled code knows no arrays of dtype {value.dtype}",
                remedy="use float64 or float32",
                location=value.location,
            )
    for position, eqn in enumerate(graph.equations):
        low.begin(position, eqn)
        _lower_equation(low, eqn)
    return low


def _lower_equation(low: Lowering, eqn: Equation) -> None:
    if eqn.regions:
        control(low, eqn, _lower_equation)
    else:
        _row(eqn)(low, eqn)


def _row(eqn: Equation) -> Row:
    name = eqn.primitive.name
    if name in ROWS:
        return ROWS[name]
    if name in SCALARS or name == "stop":
        return elementwise
    raise UnsupportedError(f"{name} is not compiled yet", location=eqn.location)


def _outputs(low: Lowering) -> list[Value]:
    """Give every output with axes a memory that the caller passes in; return their values."""
    out: list[Value] = []
    low.begin_outputs()
    for k, x in enumerate(low.graph.outputs):
        if not x.shape:
            continue
        value = x if isinstance(x, Value) and _may_be_output(low, x) else None
        if value is None:
            value = low.copy(x, x.type)
            value.name = x.name if isinstance(x, Value) else ""
        low.store(value)
        memory = low.memories[value]
        memory.kind, memory.output = "output", k
        memory.wish = memory.wish or value.name or f"out{k}"
        out.append(value)
    return out


def _may_be_output(low: Lowering, x: Value) -> bool:
    if any(symbol in low.bound for size in x.shape for symbol in symbols_of(size)):
        raise UnsupportedError(
            "the shape of an output depends on the numbers in an array",
            remedy="return a sum or another array of known shape",
        )
    if x in low.memories:
        return low.memories[x].kind == "temporary" and not low.memories[x].moves
    return x in low.recipes and low.recipes[x].name not in ("copy", "count")


def _trigonometric(low: Lowering) -> bool:
    return any(recipe.name in ("sin", "cos") for recipe in low.recipes.values())


def _name_parameters(c: Context, graph: Graph, outputs: Sequence[Value]) -> list[str]:
    """Names of inputs and outputs; later names give way to them."""
    parameters: list[str] = []
    for k, value in enumerate(graph.inputs):
        name = c.names.fresh(value.name or f"x{k}")
        parameters.append(name)
        if value.shape:
            c.arrays[id(c.low.memories[value])] = name
        else:
            c.scalars[value] = name
    for value in outputs:
        memory = c.low.memories[value]
        name = c.names.fresh(wish_of(memory))
        parameters.append(name)
        c.arrays[id(memory)] = name
        c.storages[id(memory)].name = name
    return parameters


def _name_storages(c: Context) -> None:
    for storage in c.storages.values():
        memory = storage.memory
        if memory.kind == "temporary" and (storage.axes or not storage.single):
            storage.name = c.names.fresh(wish_of(memory)) if memory.wish else c.names.numbered("t")


def _checked(low: Lowering) -> bool:
    """True where the kernel may find an index out of range, nothing to take a maximum of, a
    singular matrix, or what the user's own code refuses."""
    return bool(low.checks or low.nonempty or low.failures) or any(
        s.kind == "nonempty" or s.kind in RAISING for group in low.writers.values() for s in group
    )


def _require_elements(e: Emitter) -> None:
    for size in e.context.low.nonempty:
        least, _ = bounds(size)
        if least is None or least < 1:
            e.stop_if(f"{e.context.size(size)} == 0", EMPTY)


def _fail(c: Context, scalars: Sequence[Operand], body: Body, status: int) -> None:
    """Return at once, with a status. What a sine beyond the fast range led to tells nothing."""
    text = str(status)
    if not c.wide and _trigonometric(c.low):
        c.far = True
        text = f"{TOO_LARGE} if {FAR} else {status}"
    if c.allocated:
        body.line(f"release({', '.join(c.allocated)})")
    zeros = [c.literal(zero_of(x.type)) for x in scalars]
    body.line(f"return {', '.join([text, *zeros])}")


def _module(c: Context, graph: Graph, parameters: Sequence[str]) -> str:
    lines = [*render(c.header, 1)]
    if c.far:
        lines.append(f"{INDENT}{FAR} = False")
    lines += render(c.root, 1)
    if not lines:
        lines = [f"{INDENT}pass"]
    text = "\n".join(lines)
    words = set(re.findall(r"[^\W\d]\w*", text))
    imports = [
        f"from {module} import {', '.join(sorted(words & set(names)))}"
        for module, names in sorted(MODULES.items())
        if words & set(names)
    ]
    head = ["import math", ""] if "math" in words else []
    head += ["import numpy as np", "from numba import njit", ""]
    head += [*imports, ""] if imports else []
    return "\n".join([*head, "", DECORATOR, f"def kernel({', '.join(parameters)}):", text, ""])
