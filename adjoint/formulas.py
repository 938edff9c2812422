"""The formulas of elementwise primitives and of their derivatives, for `explain()`.

They are read from the same text that the rules are made of, so that what is shown is what runs.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from adjit.adjoint.context import Context, producers_of
from adjit.adjoint.expressions import parse
from adjit.adjoint.rules import elementwise
from adjit.adjoint.scalar_rules import Row
from adjit.adjoint.typeset import LATEX, TEXT, Style
from adjit.ir import Equation, Graph, GraphBuilder, Literal, Primitive


@dataclass(frozen=True, slots=True)
class Formula:
    """A function of `x` (and `y`) and its partial derivatives, as one-line text and as LaTeX.

    `out` stands for the function's value. A partial reads like `1 - out²`, or
    `1 where x > y, else 0`; `0` is a derivative that is zero wherever it exists.
    """

    text: str
    partials: tuple[str, ...]
    latex: str
    latex_partials: tuple[str, ...]


@cache
def formula_of(primitive: Primitive) -> Formula | None:
    """The formula of an elementwise primitive; None where there is no derivative to show."""
    row = elementwise.TABLE.get(primitive)
    return None if row is None else _formula(primitive, row, {})


def formula_of_equation(graph: Graph, eqn: Equation) -> Formula | None:
    """The formula of one equation of a graph, numbers among its operands filled in.

    So `z ** 2` shows `x²` and `2 · x`. None where there is no derivative to show.
    """
    if eqn.primitive not in elementwise.TABLE:
        return None
    context = Context(GraphBuilder(), producers_of(graph), frozenset())
    numbers = {
        name: parse(repr(x.value))
        for name, x in zip("xy", eqn.inputs, strict=False)
        if isinstance(x, Literal)
    }
    return _formula(eqn.primitive, elementwise.partials(context, eqn), numbers)


def _formula(primitive: Primitive, row: Row, numbers: Mapping[str, ast.expr]) -> Formula:
    text = primitive.formula or f"{primitive.name}({', '.join('xy'[: len(row)])})"
    return Formula(
        _expression(text, TEXT, numbers),
        _partials(row, TEXT, numbers),
        _expression(text, LATEX, numbers),
        _partials(row, LATEX, numbers),
    )


def _partials(row: Row, style: Style, numbers: Mapping[str, ast.expr]) -> tuple[str, ...]:
    lines = []
    for partial in row:
        line = "0" if partial is None else _expression(partial.text, style, numbers)
        if partial is not None and partial.where:
            line = style.cases(line, _expression(partial.where, style, numbers))
        lines.append(line)
    return tuple(lines)


def _expression(text: str, style: Style, numbers: Mapping[str, ast.expr]) -> str:
    return style.write(parse(text), numbers)
