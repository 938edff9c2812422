"""`explain()`: forward statement, derivative formula and adjoint statement, side by side."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from adjit.adjoint import Formula, formula_of_equation
from adjit.codegen import numpy_form
from adjit.interface import interface_of
from adjit.ir.graph import Graph

if TYPE_CHECKING:
    from adjit.specialize import Specialization

_HEADERS = ("forward", "derivative", "adjoint")


@dataclass(frozen=True, slots=True)
class Line:
    """One forward statement: its formulas, as text and LaTeX, and the adjoint statements."""

    forward: str
    formulas: tuple[str, ...]
    latex: tuple[str, ...]
    adjoint: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """A table of `lines`. Shows itself: `print(f.explain())`, or as HTML in a notebook.

    `print()` uses rich where the output is a terminal, with colours.
    """

    name: str
    lines: tuple[Line, ...]

    def print(self) -> None:
        """Print the table to the terminal."""
        from rich.console import Console

        Console().print(self)

    def __rich__(self) -> Any:
        from rich import box
        from rich.syntax import Syntax
        from rich.table import Table

        table = Table(*_HEADERS, title=self.name, box=box.SIMPLE_HEAD, show_lines=True)
        for line in self.lines:
            table.add_row(
                Syntax(line.forward, "python", background_color="default", word_wrap=True),
                "\n".join(line.formulas),
                Syntax(
                    "\n".join(line.adjoint), "python", background_color="default", word_wrap=True
                ),
            )
        return table

    def __str__(self) -> str:
        from io import StringIO

        from rich.console import Console

        out = StringIO()
        Console(file=out, width=110, color_system=None).print(self)
        return "\n".join(text.rstrip() for text in out.getvalue().splitlines())

    __repr__ = __str__

    def _repr_html_(self) -> str:
        head = "".join(f"<th style='text-align:left'>{h}</th>" for h in _HEADERS)
        rows = "".join(
            f"<tr>{_code([line.forward])}{_math(line)}{_code(line.adjoint)}</tr>"
            for line in self.lines
        )
        return (
            f"<table><caption>{html.escape(self.name)}</caption>"
            f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        )


def _code(lines: Sequence[str]) -> str:
    text = html.escape("\n".join(lines))
    return f"<td style='text-align:left'><pre>{text}</pre></td>"


def _math(line: Line) -> str:
    text = "".join(f"<div>${html.escape(x)}$</div>" for x in line.latex)
    return f"<td style='text-align:left'>{text}</td>"


def explain(spec: Specialization) -> Explanation:
    """The explanation of a specialisation's code."""
    rows = numpy_form.explain_rows(spec.graph, interface_of(spec))
    lines = [
        Line(row.forward, *_formulas(spec.graph, row.equations), tuple(row.adjoint)) for row in rows
    ]
    return Explanation(spec.task.generated_name, tuple(lines))


def _formulas(graph: Graph, equations: Sequence[Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Of each kind of elementwise step once, in the order of the statement."""
    found: list[Formula] = []
    for eqn in equations:
        formula = formula_of_equation(graph, eqn)
        if formula is not None and eqn.primitive.formula not in _OBVIOUS and formula not in found:
            found.append(formula)
    text = [_sentence(f.text, f.partials, "∂") for f in found]
    latex = [_sentence(f.latex, f.latex_partials, r"\partial ") for f in found]
    return tuple(text), tuple(latex)


#: Sums and differences need no derivative rule in the table.
_OBVIOUS = ("x + y", "x - y", "-x")


def _sentence(formula: str, partials: Sequence[str], d: str) -> str:
    if len(partials) == 1:
        return f"{d}({formula})/{d}x = {partials[0]}"
    parts = [f"{d}/{d}{name} = {p}" for name, p in zip("xyz", partials, strict=False)]
    return f"{formula}: {', '.join(parts)}"
