"""The scalar derivative tables against sympy, and the formulas shown to people."""

from __future__ import annotations

import ast
import subprocess
import sys
from typing import Any

import pytest
import sympy
from graph_checks import make

from adjit.adjoint import derive, formula_of, formula_of_equation
from adjit.adjoint.derived import DERIVED
from adjit.adjoint.rules import elementwise
from adjit.adjoint.scalar_rules import HAND
from adjit.ir import PRIMITIVES, literal
from adjit.ir.primitives import elementwise as ew

WITH_FORMULA = [name for name, p in PRIMITIVES.items() if p.formula]
POINTS = [
    ("0.3", "0.7"),
    ("-0.4", "1.3"),
    ("0.9", "-0.2"),
    ("1.7", "2.5"),
    ("0", "2"),
    ("-0.75", "3"),
    ("2", "0"),
]


def test_table_is_what_sympy_derives() -> None:
    """If this fails: python -m adjit.adjoint.derive"""
    assert derive.derive() == dict(DERIVED)


def test_tables_do_not_overlap_and_cover_every_formula() -> None:
    assert not set(DERIVED) & set(HAND)
    assert set(WITH_FORMULA) <= set(DERIVED) | set(HAND)


@pytest.mark.parametrize("name", WITH_FORMULA)
def test_partials_against_the_formula(name: str) -> None:
    """Value of each partial at 40 digits against sympy's derivative of the formula."""
    formula = derive.formula(name)
    compared = 0
    for k, (partial, variable) in enumerate(
        zip(elementwise.TABLE[PRIMITIVES[name]], derive.variables(formula), strict=True)
    ):
        assert partial is not None
        exact = sympy.diff(formula, variable)
        for x, y in POINTS:
            at = {derive.X: sympy.Rational(x), derive.Y: sympy.Rational(y)}
            out, expected = formula.subs(at), exact.subs(at)
            if not (usable(out) and usable(expected)):
                continue
            names = {"x": at[derive.X], "y": at[derive.Y], "out": out, "inf": sympy.oo}
            if partial.where and not value(ast.parse(partial.where, mode="eval").body, names):
                assert expected == 0, (x, y)
                continue
            got = value(ast.parse(partial.text, mode="eval").body, names)
            assert abs(sympy.N(got - expected, 40)) < 1e-15 * (1 + abs(sympy.N(expected))), (
                k,
                x,
                y,
            )
            compared += 1
    assert compared >= 2


def usable(number: Any) -> bool:
    return bool(sympy.N(number, 40).is_real and sympy.N(number, 40).is_finite)


def value(node: ast.expr, names: dict[str, Any]) -> Any:
    """A partial's text in exact arithmetic."""
    source = ast.unparse(node)
    functions = {
        "exp": sympy.exp,
        "log": sympy.log,
        "sqrt": sympy.sqrt,
        "sin": sympy.sin,
        "cos": sympy.cos,
        "sinh": sympy.sinh,
        "cosh": sympy.cosh,
        "hypot": lambda x, y: sympy.sqrt(x**2 + y**2),
        "digamma": sympy.digamma,
        "polygamma": sympy.polygamma,
    }
    exact = ast.parse(source, mode="eval")
    code = compile(ast.fix_missing_locations(_Exact().visit(exact)), "<partial>", "eval")
    return eval(code, {**functions, **names, "number": sympy.Rational})


class _Exact(ast.NodeTransformer):
    """Numbers of the text as exact rationals."""

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        return ast.Call(ast.Name("number", ast.Load()), [ast.Constant(str(node.value))], [])


@pytest.mark.parametrize(
    ("primitive", "text", "partials"),
    [
        (ew.tanh, "tanh(x)", ("1 - out²",)),
        (ew.sqrt, "√(x)", ("0.5 / out",)),
        (ew.div, "x / y", ("1 / y", "-out / y")),
        (ew.erf, "erf(x)", ("2/√π · exp(-x²)",)),
        (ew.expit, "1 / (1 + exp(-x))", ("out · (1 - out)",)),
        (ew.floor, "floor(x)", ("0",)),
        (
            ew.hypot,
            "√(x² + y²)",
            ("x / out where out ≠ 0, else 0", "y / out where out ≠ 0, else 0"),
        ),
    ],
)
def test_formula_as_text(primitive: Any, text: str, partials: tuple[str, ...]) -> None:
    formula = formula_of(primitive)
    assert formula is not None
    assert (formula.text, formula.partials) == (text, partials)


def test_formula_as_latex() -> None:
    formula = formula_of(ew.div)
    assert formula is not None
    assert formula.latex == r"\frac{x}{y}"
    assert formula.latex_partials == (r"\frac{1}{y}", r"\frac{-\mathrm{out}}{y}")


def test_every_row_can_be_written() -> None:
    for primitive in elementwise.TABLE:
        formula = formula_of(primitive)
        assert formula is not None
        for line in (formula.latex, *formula.latex_partials):
            assert line.count("{") == line.count("}")
    assert formula_of(ew.eq) is None


@pytest.mark.parametrize(
    ("build", "text", "partial"),
    [
        (lambda b, x: b.emit(ew.pow, x, literal(2.0)), "x²", "2 · x"),
        (lambda b, x: b.emit(ew.pow, x, literal(0.5)), "x^0.5", "0.5 / out"),
        (lambda b, x: b.emit(ew.pow, x, literal(-2.0)), "x⁻²", "-2 · x⁻³"),
        (
            lambda b, x: b.emit(ew.maximum, x, literal(0.0)),
            "maximum(x, 0)",
            "1 where x > 0, else 0",
        ),
    ],
)
def test_formula_of_an_equation(build: Any, text: str, partial: str) -> None:
    graph = make(build, 2.0)
    formula = formula_of_equation(graph, graph.equations[0])
    assert formula is not None
    assert (formula.text, formula.partials[0]) == (text, partial)
    assert formula.partials[1] == "0"


def test_differentiating_does_not_import_sympy() -> None:
    code = (
        "import sys, adjit.adjoint as a\n"
        "from adjit.ir.primitives import elementwise as ew\n"
        "a.formula_of(ew.tanh)\n"
        "assert not {'sympy', 'scipy'} & set(sys.modules), 'imported'\n"
    )
    subprocess.run([sys.executable, "-P", "-c", code], check=True, timeout=60)
