"""Derives the partials of elementwise primitives from their formulas, by sympy.

`python -m adjit.adjoint.derive` writes `derived.py`, so that a first call need not wait for sympy.
Among the equal forms of a partial (in the operands, in the operands and the result, with the
formula solved for an operand) the cheapest wins; each is checked at sample points first, because
a solved formula may hold on one branch only.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sympy

from adjit.adjoint.scalar_rules import HAND
from adjit.ir import PRIMITIVES

X, Y = sympy.symbols("x y", real=True)
OUT = sympy.Symbol("out", real=True)
_SOLVED = sympy.Symbol("out", positive=True)
_POINTS = ("0.37", "2.25", "-0.61", "-3.5")

HEADER = '''"""Partial derivatives of elementwise primitives in `x`, `y` and the result `out`.

Written by `python -m adjit.adjoint.derive` from the primitives' formulas; not to be edited.
"""

from __future__ import annotations

from collections.abc import Mapping

DERIVED: Mapping[str, tuple[str, ...]] = {
'''


def formula(name: str) -> sympy.Expr:
    """The formula of an elementwise primitive in the real symbols x and y."""
    return sympy.sympify(PRIMITIVES[name].formula, locals={"x": X, "y": Y})


def derive() -> dict[str, tuple[str, ...]]:
    """The derived table: every primitive with a formula and no hand-given entry."""
    return {
        name: tuple(to_text(partial(formula(name), v)) for v in variables(formula(name)))
        for name, primitive in PRIMITIVES.items()
        if primitive.formula and name not in HAND
    }


def variables(expression: sympy.Expr) -> tuple[sympy.Symbol, ...]:
    """The operands that occur, in order."""
    return (X, Y) if expression.has(Y) else (X,)


def partial(expression: sympy.Expr, variable: sympy.Symbol) -> sympy.Expr:
    """The cheapest form of the derivative; it may mention the result, `out`."""
    exact = sympy.diff(expression, variable)
    forms = [f for f in _forms(expression, exact) if _agrees(f, exact, expression)]
    return min(forms, key=_cost)


def _forms(expression: sympy.Expr, exact: sympy.Expr) -> Iterator[sympy.Expr]:
    yield sympy.simplify(exact)
    yield exact
    yield exact.subs(expression, OUT)
    for variable in variables(expression):
        if expression.is_polynomial(X, Y) and expression.is_Add:
            continue
        for solution in sympy.solve(sympy.Eq(_SOLVED, expression), variable):
            form = sympy.factor(sympy.simplify(exact.subs(variable, solution)))
            if form.is_rational_function(X, Y, _SOLVED):
                yield form.subs(_SOLVED, OUT)


def _agrees(form: sympy.Expr, exact: sympy.Expr, expression: sympy.Expr) -> bool:
    """Equal at every sample point at which the formula is real."""
    for x in map(sympy.Rational, _POINTS):
        at = {X: x, Y: sympy.Rational("1.7")}
        out, expected = expression.subs(at), sympy.N(exact.subs(at), 40)
        if not expected.is_real or not sympy.N(out, 40).is_real:
            continue
        if abs(sympy.N(form.subs({**at, OUT: out}), 40) - expected) > 1e-30:
            return False
    return True


def _cost(form: sympy.Expr) -> int:
    """Roughly the time of an evaluation, in additions."""
    total = 0
    for node in sympy.preorder_traversal(form):
        if isinstance(node, sympy.Function):
            total += 20
        elif isinstance(node, sympy.Pow):
            total += 0 if node.exp == -1 else 1
            total += (4 if node.exp.is_negative else 0) + (0 if node.exp.is_integer else 8)
        elif isinstance(node, (sympy.Add, sympy.Mul)):
            total += len(node.args) - 1
    return total


def to_text(form: sympy.Expr) -> str:
    """The form as text for `expressions.py`: numeric factor first, one quotient."""
    if isinstance(form, sympy.Add):
        terms = sorted(form.as_ordered_terms(), key=_reading_order)
        text = to_text(terms[0])
        for term in terms[1:]:
            negative = term.could_extract_minus_sign()
            text += (" - " if negative else " + ") + to_text(-term if negative else term)
        return text
    if isinstance(form, sympy.Mul) or _below(form):
        return _product(form)
    if isinstance(form, sympy.Pow) and form.exp == sympy.Rational(1, 2):
        return f"sqrt({to_text(form.base)})"
    if isinstance(form, sympy.Pow):
        return f"{_factor(form.base)}**{_factor(form.exp)}"
    if isinstance(form, sympy.Function):
        return f"{form.func.__name__}({', '.join(map(to_text, form.args))})"
    return _number(form) if form.is_number else str(form)


def _below(form: sympy.Expr) -> bool:
    """True for a power that is written as a denominator."""
    return bool(form.is_Pow and form.exp.is_negative)


def _reading_order(term: sympy.Expr) -> tuple[bool, bool]:
    return term.could_extract_minus_sign(), not term.is_number


def _number(form: sympy.Expr) -> str:
    return str(form) if form.is_Integer else repr(float(sympy.N(form, 30)))


def _product(form: sympy.Expr) -> str:
    number, rest = form.as_independent(X, Y, OUT, as_Add=False)
    below = sympy.Mul(*[1 / f for f in sympy.Mul.make_args(rest) if _below(f)])
    above = rest * below
    if number.is_negative and above.is_Mul:
        # -out * (out - 1) reads better as out * (1 - out).
        for factor in above.args:
            if factor.is_Add and factor.as_ordered_terms()[-1].is_negative:
                number, above = -number, above.subs(factor, -factor)
                break
    sign = "-" if number.is_negative else ""
    number = abs(number)
    if number.is_Rational and number.q & (number.q - 1):
        number, below = sympy.Integer(number.p), below * number.q
    top = [] if number == 1 else [_number(number)]
    top += [_factor(f) for f in sympy.Mul.make_args(above) if f != 1]
    text = sign + (" * ".join(top) or "1")
    if below == 1:
        return text
    bottom = " * ".join(_factor(f) for f in sympy.Mul.make_args(below))
    return f"{text} / ({bottom})" if below.is_Mul else f"{text} / {bottom}"


def _factor(form: sympy.Expr) -> str:
    return f"({to_text(form)})" if form.is_Add or form.is_negative else to_text(form)


def write(path: Path) -> None:
    """Write the derived table as a module."""
    rows = []
    for name, texts in derive().items():
        inner = ", ".join(f'"{t}"' for t in texts)
        rows.append(f'    "{name}": ({inner}{"," if len(texts) == 1 else ""}),\n')
    path.write_text(HEADER + "".join(rows) + "}\n", encoding="utf-8")


def main(arguments: Any = None) -> None:
    """Rewrite `derived.py` beside this file."""
    write(Path(__file__).with_name("derived.py"))


if __name__ == "__main__":
    main()
