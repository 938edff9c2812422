"""Hand-given partial derivatives of elementwise primitives: kinks, edges and stable forms.

Everything else is derived by sympy from the primitive's formula (`derive.py` writes `derived.py`).
A partial is text in `x`, `y` (the operands) and `out` (the result); `expressions.py` reads it.
Where a primitive has a formula, a test checks the entry here against the formula's derivative.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Partial:
    """The derivative is `text` where the condition `where` holds and exactly 0 elsewhere.

    Without `where` it is `text` everywhere. "Exactly 0" is no product with 0: an infinite or NaN
    `text` outside the condition leaves no trace.
    """

    text: str
    where: str = ""


Row = tuple[Partial | None, ...]

ONE = Partial("1")
#: Half of the cotangent each where two operands tie.
SHARE = "where(x == y, 0.5, 1)"

#: One partial per operand; None: the derivative is 0 wherever it exists.
HAND: Mapping[str, Row] = {
    # 0 ** 0 is 1 in NumPy and x ** 0 is constant; 0 ** y is constant for y > 0.
    "pow": (Partial("y * x ** (y - 1)", "y != 0"), Partial("out * log(x)", "(x != 0) | (y < 0)")),
    # out + 1 would cancel for x far below 0.
    "expm1": (Partial("exp(x)"),),
    # 1 - x ** 2 would cancel near +-1.
    "arcsin": (Partial("1 / sqrt((1 - x) * (1 + x))"),),
    "arccos": (Partial("-1 / sqrt((1 - x) * (1 + x))"),),
    "arctanh": (Partial("1 / ((1 - x) * (1 + x))"),),
    # The sum of the squares would overflow beyond 1e154, and vanish below 1e-162.
    "arctan2": (
        Partial("y / hypot(x, y) / hypot(x, y)"),
        Partial("-(x / hypot(x, y) / hypot(x, y))"),
    ),
    "hypot": (Partial("x / out", "out != 0"), Partial("y / out", "out != 0")),
    # Two operands of -inf carry no weight; the difference of infinities would be NaN.
    "logaddexp": (Partial("exp(x - out)", "out != -inf"), Partial("exp(y - out)", "out != -inf")),
    "gamma": (Partial("out * digamma(x)"),),
    "lgamma": (Partial("digamma(x)"),),
    "digamma": (Partial("polygamma(1, x)"),),
    # The order is a literal.
    "polygamma": (None, Partial("polygamma(x + 1, y)")),
    "abs": (Partial("sign(x)"),),
    "copysign": (Partial("sign(x) * copysign(1, y)"), None),
    "maximum": (Partial(SHARE, "x >= y"), Partial(SHARE, "y >= x")),
    "minimum": (Partial(SHARE, "x <= y"), Partial(SHARE, "y <= x")),
    # A NaN operand is passed over: the other one is the result.
    "fmax": (Partial(SHARE, "(x >= y) | isnan(y)"), Partial(SHARE, "(y >= x) | isnan(x)")),
    "fmin": (Partial(SHARE, "(x <= y) | isnan(y)"), Partial(SHARE, "(y <= x) | isnan(x)")),
    "mod": (ONE, Partial("-floordiv(x, y)")),
    # The quotient in whole numbers, from the remainder: trunc(x / y) can be off by one.
    "fmod": (ONE, Partial("rint((out - x) / y)")),
    "floordiv": (None, None),
    "sign": (None,),
    "floor": (None,),
    "ceil": (None,),
    "trunc": (None,),
    "rint": (None,),
}
