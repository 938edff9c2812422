"""The reader's form of a graph: a module with one function of NumPy statements."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from adjit.codegen.interface import (
    Interface,
    Leaf,
    flat_interface,
    flattened,
    leaves_of,
)
from adjit.codegen.naming import Names, identifier
from adjit.codegen.numpy_form.body import Body, Outputs, write_body
from adjit.codegen.numpy_form.layout import Line, arrange
from adjit.codegen.numpy_form.nested import Opened, open_regions
from adjit.codegen.numpy_form.pruning import prune
from adjit.codegen.numpy_form.relations import Plan, inside
from adjit.codegen.numpy_form.tree import Statement
from adjit.codegen.program import Program
from adjit.codegen.signature import (
    constants,
    pack,
    parameter_list,
    parameter_names,
    unpack,
    uses_dataclasses,
)
from adjit.ir.errors import Location
from adjit.ir.graph import Equation, Graph
from adjit.ir.rewrite import with_equations
from adjit.ir.simplify import eliminate_dead
from adjit.ir.values import Literal, Value, literal

_FROM_MATH = """def {name}(x):
    values = [math.{name}(v) for v in np.ravel(x)]
    return np.array(values, x.dtype).reshape(np.shape(x))[()]"""
_RESERVE = """def reserve(x, count):
    if count <= len(x):
        return x
    out = np.empty((max(count, 2 * len(x)), *x.shape[1:]), x.dtype)
    out[:len(x)] = x
    return out"""
_HELPERS = {"reserve": _RESERVE} | {k: _FROM_MATH.format(name=k) for k in ("erf", "erfc")}


def emit(graph: Graph, interface: Interface | None = None, *, flat: bool = False) -> Program:
    """Print `graph` as a Python module.

    Parameters
    ----------
    graph:
        The graph, after all passes.
    interface:
        The function as the user calls it; by default every input is a parameter.
    flat:
        True for the form that the call path runs: one positional parameter per graph input, the
        outputs as a tuple.

    Returns
    -------
    Program
        With `form="numpy"`. The source imports numpy, and math or dataclasses where used.

    Raises
    ------
    UnsupportedError
        For structures that have no source text.
    """
    interface = interface or flat_interface(graph)
    chosen = flattened(interface, graph) if flat else interface
    written = write_function(graph, chosen)
    return Program(module_text(written), written.name, "numpy", parameter_names(chosen))


@dataclass(frozen=True, slots=True)
class Function:
    """The text of a function in parts: `head` unpacks, `body` computes, `result` is returned."""

    name: str
    parameters: str
    head: tuple[Line, ...]
    body: tuple[Line, ...]
    result: str
    helpers: tuple[str, ...]
    imports: tuple[str, ...]
    constants: tuple[str, ...]


def write_function(
    graph: Graph,
    interface: Interface,
    *,
    strict: bool = False,
    checks: Callable[[Mapping[Value, str]], list[str]] | None = None,
) -> Function:
    """The function with this interface; `strict` refuses results without source text. `checks`
    makes statements that look at the arguments, from the variables of the inputs."""
    body, inputs = interfaced_body(graph, interface)
    used = {k: inputs[v] for k, v in enumerate(graph.inputs) if checks or v in body.used}
    looked_at = checks(inputs) if checks is not None else []
    head = [Line(4, text) for text in (*unpack(interface, used.get), *looked_at, *body.heads)]
    helpers = tuple(_HELPERS[name] for name in sorted(body.helpers))
    imports = [
        *(["dataclasses"] if uses_dataclasses(interface.results) else []),
        *(["math"] if body.helpers - {"reserve"} else []),
        *sorted(body.modules),
    ]
    return Function(
        identifier(interface.name, "f"),
        parameter_list(interface),
        tuple(head),
        tuple(_statement_lines(body)),
        pack(interface.results, lambda k: body.results[k], strict=strict),
        helpers,
        tuple(imports),
        tuple(constants(interface)),
    )


def interfaced_body(graph: Graph, interface: Interface) -> tuple[Body, dict[Value, str]]:
    """The statements under the interface's names, and the variables of the inputs. What leads
    only to outputs that the interface leaves out is not computed."""
    returned = set(leaves_of(interface.results))
    outputs = tuple(
        x if k in returned or isinstance(x, Literal) else literal(0)
        for k, x in enumerate(graph.outputs)
    )
    opened = prune(open_regions(eliminate_dead(with_equations(graph, graph.equations, outputs))))
    names = Names(parameter_names(interface))
    inputs = input_names(graph, interface, names)
    wished = output_names(opened, interface, inputs)
    return write_body(opened, inputs, names, wished), inputs


def module_text(written: Function, *, doc: str = "", helpers: tuple[str, ...] = ()) -> str:
    """The whole module, with more helper functions where given."""
    own = [f"import {name}" for name in written.imports if name.startswith("scipy")]
    imports = [f"import {name}" for name in written.imports if not name.startswith("scipy")]
    imports += ["", "import numpy as np", *own] if imports else ["import numpy as np", *own]
    lines = [
        Line(0, f"def {written.name}({written.parameters}):"),
        *written.head,
        *written.body,
        Line(4, f"return {written.result}"),
    ]
    parts = [*([doc] if doc else []), "\n".join(imports)]
    parts += ["\n".join(written.constants)] if written.constants else []
    blocks = [*helpers, *written.helpers, "\n".join(arrange(lines))]
    return "\n\n".join(parts) + "\n\n\n" + "\n\n\n".join(blocks) + "\n"


def input_names(graph: Graph, interface: Interface, names: Names) -> dict[Value, str]:
    """The variable of each graph input; parameters keep their names."""
    own = parameter_names(interface)
    count = len(interface.parameters)
    given = {index: name for name, (_, index) in zip(own[count:], interface.hidden, strict=True)}
    for name, parameter in zip(own, interface.parameters, strict=False):
        if isinstance(parameter.tree, Leaf):
            given[parameter.tree.index] = name
    return {
        value: given[k] if k in given else names.fresh(value.name or f"x{k}")
        for k, value in enumerate(graph.inputs)
    }


def output_names(opened: Opened, interface: Interface, inputs: Mapping[Value, str]) -> Outputs:
    """Names of the outputs: gradients are called after their input, values `value`."""
    graph, outputs = opened.graph, Outputs(dict(opened.wishes))
    for k, x in enumerate(graph.outputs):
        if not isinstance(x, Value):
            continue
        if k not in interface.gradients:
            if not x.name:
                outputs.wishes.setdefault(x, "value")
            continue
        source = graph.inputs[interface.gradients[k]]
        wish = f"d{inputs[source]}"
        if x.name == wish or (not x.name and x not in outputs.wishes):
            outputs.wishes.setdefault(x, wish)
            if list(graph.outputs).index(x) == k:
                continue
        outputs.second[k] = Value(x.type, wish, x.location)
        outputs.sources[outputs.second[k]] = source
    return outputs


# Comments.


def _statement_lines(body: Body) -> list[Line]:
    """The statements, the backward ones with the forward line that they come from. What the
    backward part computes once more stands among its statements."""
    out: list[Line] = []
    section, previous = "forward", ""
    last: Statement | None = None
    for line in body.lines:
        statement = line.statement
        if line.depth == 0 and statement.role == "backward" != section:
            out += [Line(0, ""), Line(4, "", "backward")]
            section, previous = "backward", ""
        origin = forward_line(body.plan.graph, statement) if section == "backward" else ""
        origin = origin or _note(body.plan, statement)
        comment = origin if origin != previous and statement is not last else ""
        previous, last = origin or previous, statement
        out.append(Line(4 + 4 * line.depth, line.text, comment))
    return out


def _note(plan: Plan, statement: Statement) -> str:
    """The comment on what stands in a statement, where there is one."""
    if statement.eqn is None or statement.eqn.regions:
        return ""
    return next((plan.notes[e] for e in inside(plan, statement.eqn) if e in plan.notes), "")


def forward_use(graph: Graph, statement: Statement) -> Equation | None:
    """For a second name of a gradient: the forward equation that uses the input last."""
    uses = [
        eqn
        for eqn in graph.equations
        if eqn.role == "forward" and any(x is statement.source for x in eqn.inputs)
    ]
    return uses[-1] if uses else None


def forward_location(graph: Graph, statement: Statement) -> Location | None:
    """The user's line whose adjoint a backward statement is."""
    if statement.owner is not None:
        return statement.owner.location
    if statement.eqn is None:
        use = forward_use(graph, statement)
        return use.location if use is not None else None
    if statement.eqn.source is not None and statement.eqn.source.location is not None:
        return statement.eqn.source.location
    return statement.eqn.location


def forward_line(graph: Graph, statement: Statement) -> str:
    """The text of that line; "" where it is not known."""
    location = forward_location(graph, statement)
    return "" if location is None else location.text
