"""Partial derivatives of elementwise primitives in `x`, `y` and the result `out`.

Written by `python -m adjit.adjoint.derive` from the primitives' formulas; not to be edited.
"""

from __future__ import annotations

from collections.abc import Mapping

DERIVED: Mapping[str, tuple[str, ...]] = {
    "add": ("1", "1"),
    "sub": ("1", "-1"),
    "mul": ("y", "x"),
    "div": ("1 / y", "-out / y"),
    "neg": ("-1",),
    "sqrt": ("0.5 / out",),
    "cbrt": ("1 / (3 * out**2)",),
    "exp": ("out",),
    "exp2": ("0.6931471805599453 * out",),
    "log": ("1 / x",),
    "log2": ("1.4426950408889634 / x",),
    "log10": ("0.4342944819032518 / x",),
    "log1p": ("1 / (1 + x)",),
    "sin": ("cos(x)",),
    "cos": ("-sin(x)",),
    "tan": ("1 + out**2",),
    "arctan": ("1 / (1 + x**2)",),
    "sinh": ("cosh(x)",),
    "cosh": ("sinh(x)",),
    "tanh": ("1 - out**2",),
    "arcsinh": ("1 / sqrt(1 + x**2)",),
    "arccosh": ("1 / (sqrt(1 + x) * sqrt(x - 1))",),
    "expit": ("out * (1 - out)",),
    "erf": ("1.1283791670955126 * exp(-x**2)",),
    "erfc": ("-1.1283791670955126 * exp(-x**2)",),
}
