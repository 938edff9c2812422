"""Forward statements beside the adjoint statements that they cause."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby

from adjit.codegen.interface import Interface, flat_interface
from adjit.codegen.numpy_form.body import Body
from adjit.codegen.numpy_form.emit import forward_location, forward_use, interfaced_body
from adjit.codegen.numpy_form.relations import inside
from adjit.codegen.numpy_form.tree import Statement
from adjit.ir.errors import Location
from adjit.ir.graph import Equation, Graph
from adjit.ir.values import Value


@dataclass(slots=True)
class Row:
    """A forward statement, and the adjoint statements that come from it.

    `equations` are the forward equations in the statement, operands first: the derivative tables
    have their formulas. `forward` is "" for adjoint statements that belong to no forward one.
    """

    forward: str
    adjoint: list[str] = field(default_factory=list)
    location: Location | None = None
    equations: tuple[Equation, ...] = ()


def explain_rows(graph: Graph, interface: Interface | None = None) -> list[Row]:
    """One row for each forward statement, in order; the adjoint statements in their own order.
    The headers of loops and branches are statements too; what stands in them is indented."""
    interface = interface or flat_interface(graph)
    body, _ = interfaced_body(graph, interface)
    rows: list[Row] = []
    row_of: dict[Value, Row] = {}
    by_place: dict[Location, Row] = {}
    for statement, lines in _grouped(body):
        if statement.role == "backward":
            continue
        eqn = statement.eqn or statement.owner
        assert eqn is not None
        plain = statement.eqn is not None and not statement.blocks
        row = Row(lines, [], eqn.location, tuple(inside(body.plan, eqn)) if plain else ())
        rows.append(row)
        row_of.update((value, row) for inner in row.equations for value in inner.outputs)
        if eqn.location is not None and (plain or statement.blocks):
            by_place.setdefault(eqn.location, row)
            if plain:
                by_place[eqn.location] = row
    rest = _add_adjoints(body, row_of, by_place)
    return [*rows, rest] if rest.adjoint else rows


def _grouped(body: Body) -> Iterator[tuple[Statement, str]]:
    """The statements with their lines, indented; one that stands around others comes in parts."""
    for _, group in groupby(body.lines, lambda line: id(line.statement)):
        lines = list(group)
        pad = "    " * lines[0].depth
        yield lines[0].statement, pad + "; ".join(line.text for line in lines).replace(":; ", ": ")


def _add_adjoints(body: Body, row_of: dict[Value, Row], by_place: dict[Location, Row]) -> Row:
    """Put each adjoint statement into its row; return the row of those that have none."""
    graph, rest = body.plan.graph, Row("")
    for statement, group in groupby(body.lines, lambda line: line.statement):
        if statement.role != "backward":
            continue
        row = _row(graph, statement, row_of)
        location = forward_location(graph, statement)
        if row is None and location is not None:
            row = by_place.get(location)
        (row or rest).adjoint.extend("    " * line.depth + line.text for line in group)
    return rest


def _row(graph: Graph, statement: Statement, row_of: dict[Value, Row]) -> Row | None:
    if statement.eqn is not None:
        return None if statement.eqn.source is None else row_of.get(statement.eqn.source)
    use = None if statement.owner is not None else forward_use(graph, statement)
    return None if use is None else row_of.get(use.outputs[0])
