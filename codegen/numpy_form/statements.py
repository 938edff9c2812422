"""Printing one statement (of one with blocks, the expression in its header), and one result."""

from __future__ import annotations

from collections.abc import Mapping

from adjit.codegen.numpy_form import elementwise, flow, reductions, subscripts
from adjit.codegen.numpy_form import expr as ex
from adjit.codegen.numpy_form.memory import Memory
from adjit.codegen.numpy_form.printer import Printer
from adjit.codegen.numpy_form.relations import Plan
from adjit.codegen.numpy_form.tree import Statement
from adjit.codegen.numpy_form.variables import wish_of
from adjit.ir.graph import Equation
from adjit.ir.values import Literal, Operand, Value


def print_statement(
    printer: Printer,
    statement: Statement,
    wishes: Mapping[Value, str],
    memory: Memory | None = None,
    copies: frozenset[Value] = frozenset(),
) -> list[str]:
    """The lines of a statement; without `memory`, as if every update were in place."""
    if statement.pairs:
        return _print_assignment(printer, statement, memory)
    if statement.kind:
        return [flow.header(printer, statement)]
    targets = tuple(printer.name(v) for v in statement.targets)
    if statement.alias is not None:
        alias = statement.alias
        printer.reads[alias] = None
        copy = ".copy()" if statement.targets[0] in copies else ""
        return [f"{targets[0]} = {printer.name(alias)}{copy}"]
    eqn = statement.eqn
    assert eqn is not None
    name = eqn.primitive.name
    if name == "require":
        return flow.check_lines(printer, eqn)
    if name == "update":
        return _print_update(printer, eqn, targets[0], memory)
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
    if memory is not None and eqn in memory.in_place:
        return [_print_sum(printer, eqn, memory.in_place[eqn], targets[0])]
    made = printer.expression(eqn)
    if memory is not None and statement.targets[0] in memory.views_copied:
        return [f"{targets[0]} = {made.at(ex.ATOM)}.copy()"]
    return [f"{targets[0]} = {made.text}"]


def _print_update(printer: Printer, eqn: Equation, target: str, memory: Memory | None) -> list[str]:
    lines = subscripts.update_lines(printer, eqn, target)
    old = printer.operand(eqn.inputs[0])
    if memory is None or eqn in memory.in_place or not eqn.output.shape:
        return lines
    return [f"{target} = {old.text}.copy()", *lines]


def _print_sum(printer: Printer, eqn: Equation, x: Value, target: str) -> str:
    """`target += ...`: x, one of the two operands, is in this variable."""
    parts = elementwise.operands(printer, eqn)
    made = parts[1 if eqn.inputs[0] is x else 0]
    return f"{target} -= {made.text[1:]}" if made.negated else f"{target} += {made.text}"


def _print_assignment(printer: Printer, statement: Statement, memory: Memory | None) -> list[str]:
    """Values bound all at once; `read_by` of the statement is filled in."""
    targets: list[str] = []
    texts: list[str] = []
    names: list[set[str]] = []
    earlier = dict(printer.reads)
    for target, x in statement.pairs if memory is None else statement.live_pairs:
        printer.reads = {}
        copied = memory is not None and statement.entry and target in memory.first_copied
        texts.append(flow.pair_text(printer, (target, x), copied))
        targets.append(printer.name(target))
        names.append({printer.name(v) for v in printer.reads})
        statement.read_by[target] = tuple(printer.reads)
        earlier |= printer.reads
    printer.reads = earlier
    return flow.assignment_lines(targets, texts, names)


def _like(plan: Plan, eqn: Equation, wish: str) -> Value | None:
    """For `dx`: the last `x` of the same type that is a variable."""
    if not wish.startswith("d") or eqn.primitive.name != "broadcast":
        return None
    earlier = (
        []  # what a loop writes to must not be kept for its shape
        if len(plan.equations) != len(plan.graph.equations)
        else [
            v
            for other in plan.equations[: plan.index[eqn]]
            for v in other.outputs
            if v not in plan.inlined
        ]
    )
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
