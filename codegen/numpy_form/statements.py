"""Printing one statement, and one result."""

from __future__ import annotations

from collections.abc import Mapping

from adjit.codegen.numpy_form import expr as ex
from adjit.codegen.numpy_form import reductions, subscripts
from adjit.codegen.numpy_form.plan import Plan
from adjit.codegen.numpy_form.printer import Printer
from adjit.codegen.numpy_form.variables import Statement, Variables, wish_of
from adjit.ir.graph import Equation
from adjit.ir.values import Literal, Operand, Value


def print_statement(
    printer: Printer,
    statement: Statement,
    wishes: Mapping[Value, str],
    chosen: Variables | None = None,
    copies: frozenset[Value] = frozenset(),
) -> list[str]:
    """The lines of a statement; without `chosen`, as if every update were in place."""
    targets = tuple(printer.name(v) for v in statement.targets)
    if statement.alias is not None:
        alias = statement.alias
        printer.reads[alias] = None
        copy = ".copy()" if statement.targets[0] in copies else ""
        return [f"{targets[0]} = {printer.name(alias)}{copy}"]
    eqn = statement.eqn
    assert eqn is not None
    name = eqn.primitive.name
    if name == "update":
        return _print_update(printer, eqn, targets[0], chosen)
    if name == "sort":
        both = tuple(printer.name(v) if v in statement.targets else None for v in eqn.outputs)
        return reductions.sort_lines(printer, eqn, both)
    if name == "nonzero":
        found = f"np.nonzero({printer.text(eqn.inputs[0])})"
        places = [printer.name(v) if v in statement.targets else "_" for v in eqn.outputs]
        return [
            f"{places[0]} = {found}[0]" if len(places) == 1 else f"{', '.join(places)} = {found}"
        ]
    printer.like = _like(printer.plan, eqn, wish_of(printer.plan, eqn.output, wishes))
    return [f"{targets[0]} = {printer.expression(eqn).text}"]


def _print_update(
    printer: Printer, eqn: Equation, target: str, chosen: Variables | None
) -> list[str]:
    lines = subscripts.update_lines(printer, eqn, target)
    old = printer.operand(eqn.inputs[0])
    if chosen is None or eqn in chosen.in_place or not eqn.output.shape:
        return lines
    return [f"{target} = {old.text}.copy()", *lines]


def _like(plan: Plan, eqn: Equation, wish: str) -> Value | None:
    """For `dx`: the last `x` of the same type that is a variable."""
    if not wish.startswith("d") or eqn.primitive.name != "broadcast":
        return None
    here = plan.index[eqn]
    earlier = [
        v for other in plan.graph.equations[:here] for v in other.outputs if v not in plan.inlined
    ]
    for value in (*reversed(earlier), *plan.graph.inputs):
        if value.name == wish[1:] and value.type == eqn.output.type:
            return value
    return None


def result(printer: Printer, x: Operand, copy: bool) -> str:
    """The expression of an output: typed, and not a view of an argument or another output."""
    if isinstance(x, Literal):
        return ex.typed(x).text
    made = printer.strong(x)
    if not x.shape:
        is_input = any(x is v for v in printer.plan.graph.inputs)
        return ex.call(ex.dtype_text(x.dtype), made.text).text if is_input else made.text
    return f"{made.at(ex.ATOM)}.copy()" if copy else made.text
