"""The elementwise primitives as scalar Python expressions for numba: one row each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from adjit.codegen.numba_form.statements import literal_of
from adjit.ir.values import Literal, Operand

# How tightly an expression binds: what is looser than its place needs gets parentheses.
LOOSE, COMPARE, OR, XOR, AND, SHIFT, ADD, MUL, UNARY, ATOM = range(10)

#: Where the functions that rows mention come from.
MODULES: dict[str, tuple[str, ...]] = {
    "adjit.codegen.intrinsics": (
        "ceil",
        "copysign",
        "fabs",
        "finish",
        "floor",
        "fmaximum",
        "fminimum",
        "maximum",
        "minimum",
        "radd",
        "rbeyond",
        "rint",
        "rmax",
        "rmin",
        "rmul",
        "rnan",
        "select",
        "sign",
        "sqrt",
        "trunc",
    ),
    "adjit.codegen.vecmath.llvm": (
        "exp",
        "exp2",
        "expm1",
        "expit",
        "sinh",
        "cosh",
        "tanh",
        "log",
        "log1p",
        "log2",
        "log10",
        "sin",
        "cos",
        "sincos",
        "sin_wide",
        "cos_wide",
        "arctan",
        "pow",
        "cbrt",
        "erf",
    ),
    "adjit.codegen.division": ("divide", "floor_divide", "fmod", "remainder"),
    "adjit.codegen.memory": ("at", "clear", "empty", "extent", "grow", "release", "reshaped"),
    "adjit.codegen.linalg": ("gemm",),
    "adjit.codegen.lapack": (
        "cholesky",
        "lu_det",
        "lu_factor",
        "lu_inverse",
        "lu_logarithm",
        "lu_sign",
        "lu_solve",
    ),
    "adjit.codegen.polygamma": ("digamma", "polygamma"),
}


@dataclass(frozen=True, slots=True)
class Form:
    """An expression: `template` with one `{}` per use of an operand, `{0}`, `{1}` by number;
    how tightly it binds, and how tightly each operand must."""

    template: str
    binds: int = ATOM
    needs: tuple[int, ...] = (LOOSE, LOOSE, LOOSE)


@dataclass(frozen=True, slots=True)
class Row:
    """`form` gives the expression for the dtype and the operands; `cost` in additions."""

    form: Callable[[np.dtype[np.generic], Sequence[Operand]], Form]
    cost: float = 1.0


def _fixed(form: Form, cost: float = 1.0) -> Row:
    return Row(lambda dtype, operands: form, cost)


def _call(name: str, arity: int = 1, cost: float = 1.0) -> Row:
    inside = ", ".join(f"{{{k}}}" for k in range(arity))
    return _fixed(Form(f"{name}({inside})"), cost)


def _in_double(name: str, arity: int = 1, cost: float = 1.0) -> Row:
    """A function that computes in float64, whatever it is given."""
    inside = ", ".join(f"{{{k}}}" for k in range(arity))

    def choose(dtype: np.dtype[np.generic], operands: Sequence[Operand]) -> Form:
        text = f"{name}({inside})"
        return Form(text if dtype.name == "float64" else f"np.{dtype.name}({text})")

    return Row(choose, cost)


def _infix(symbol: str, binds: int, cost: float = 1.0) -> Row:
    form = Form(f"{{0}} {symbol} {{1}}", binds, (binds, binds + 1))

    def choose(dtype: np.dtype[np.generic], operands: Sequence[Operand]) -> Form:
        return narrowed(form, dtype)

    return Row(choose, cost)


def narrowed(form: Form, dtype: np.dtype[np.generic]) -> Form:
    """numba computes small integers in 64 bits: back to the dtype."""
    if dtype.kind in "iu" and dtype.itemsize < 8:
        return Form(f"np.{dtype.name}({form.template})", ATOM, form.needs)
    return form


def _by_kind(floating: Form, other: Form, cost: float = 1.0) -> Row:
    return Row(
        lambda dtype, operands: floating if dtype.kind == "f" else narrowed(other, dtype), cost
    )


def _compare(symbol: str) -> Row:
    return _fixed(Form(f"{{0}} {symbol} {{1}}", COMPARE, (OR, OR)))


def _extremum(name: str, logical: str, binds: int) -> Row:
    number, boolean = (
        Form(f"{name}({{0}}, {{1}})"),
        Form(f"{{0}} {logical} {{1}}", binds, (binds, binds + 1)),
    )
    return Row(lambda dtype, operands: boolean if dtype.kind == "b" else number, 2.0)


_POWERS = {
    1.0: Form("{0}", ATOM, (ATOM,)),
    2.0: Form("{0} * {0}", MUL, (ATOM,)),
    3.0: Form("{0} * {0} * {0}", MUL, (ATOM,)),
    4.0: Form("({0} * {0}) * ({0} * {0})", MUL, (ATOM,)),
}


#: In float64, by square roots: a power takes twenty times as long. NumPy's value at -inf is no NaN.
_HALVES = {
    1.5: "select({0} < -1.7976931348623157e308, math.inf, {0} * sqrt({0}))",
    2.5: "select({0} < -1.7976931348623157e308, math.inf, {0} * ({0} * sqrt({0})) + 0.0)",
    -0.5: "select({0} < -1.7976931348623157e308, 0.0, 1.0 / sqrt({0} + 0.0))",
    -1.5: "select({0} < -1.7976931348623157e308, 0.0, 1.0 / ({0} * sqrt({0})))",
    -2.0: "1.0 / ({0} * {0})",
}


def _pow(dtype: np.dtype[np.generic], operands: Sequence[Operand]) -> Form:
    exponent = literal_of(operands[1])
    if exponent is not None and float(exponent.value) in _POWERS:
        return narrowed(_POWERS[float(exponent.value)], dtype)
    if dtype.kind != "f":
        return narrowed(Form("{0} ** {1}", UNARY, (ATOM, ATOM)), dtype)
    if exponent is not None and exponent.value == 0.5:
        return Form("sqrt({0})")
    if exponent is not None and exponent.value == 0.0:
        return Form(literal_text(Literal(1.0, dtype)))
    if exponent is not None and exponent.value == -1.0:
        one = literal_text(Literal(1.0, dtype))
        if dtype.name == "float32":
            return Form(f"divide({one}, {{0}})")
        return Form(f"{one} / {{0}}", MUL, (MUL + 1,))
    if exponent is not None and dtype.name == "float64" and float(exponent.value) in _HALVES:
        return Form(_HALVES[float(exponent.value)], MUL, (ATOM,))
    return Form("pow({0}, {1})")


def _div(dtype: np.dtype[np.generic], operands: Sequence[Operand]) -> Form:
    if dtype.name == "float32" and literal_of(operands[1]) is None:
        return Form("divide({0}, {1})")
    return Form("{0} / {1}", MUL, (MUL, MUL + 1))


def _convert(dtype: np.dtype[np.generic], operands: Sequence[Operand]) -> Form:
    if operands[0].type.dtype == dtype:
        return Form("{0}", ATOM, (ATOM,))
    if dtype.kind == "b":
        return Form("{0} != 0", COMPARE, (OR,))
    return Form(f"np.{dtype.name}({{0}})")


def _isinf(symbol: str) -> Row:
    return _fixed(Form(f"fabs({{0}}) {symbol} np.inf", COMPARE))


def _logaddexp(dtype: np.dtype[np.generic], operands: Sequence[Operand]) -> Form:
    two = literal_text(Literal(float(dtype.type(np.log(2.0))), dtype))
    return Form(
        f"select({{0}} == {{1}}, {{0}} + {two}, "
        "maximum({0}, {1}) + log1p(exp(-fabs({0} - {1}))))",
        ATOM,
        (ATOM, ATOM),
    )


def _shift_left(dtype: np.dtype[np.generic], operands: Sequence[Operand]) -> Form:
    bits, kind = dtype.itemsize * 8, f"np.{dtype.name}"
    return Form(f"select({{1}} < {bits}, {kind}({{0}} << {{1}}), {kind}(0))", ATOM, (ADD, ADD))


def _shift_right(dtype: np.dtype[np.generic], operands: Sequence[Operand]) -> Form:
    kind, last = f"np.{dtype.name}", dtype.itemsize * 8 - 1
    if dtype.kind == "u":
        return Form(f"select({{1}} <= {last}, {kind}({{0}} >> {{1}}), {kind}(0))", ATOM, (ADD, ADD))
    return Form(f"{kind}({{0}} >> minimum({{1}}, {kind}({last})))", ATOM, (ADD, LOOSE))


_NEGATE = Form("-{0}", UNARY, (UNARY,))

ROWS: dict[str, Row] = {
    "add": _infix("+", ADD),
    "sub": _infix("-", ADD),
    "mul": _infix("*", MUL),
    "div": Row(_div, 4.0),
    "pow": Row(_pow, 25.0),
    "neg": _by_kind(_NEGATE, _NEGATE),
    "sqrt": _call("sqrt", cost=6.0),
    "cbrt": _call("cbrt", cost=25.0),
    "exp": _call("exp", cost=20.0),
    "exp2": _call("exp2", cost=20.0),
    "expm1": _call("expm1", cost=20.0),
    "log": _call("log", cost=20.0),
    "log2": _call("log2", cost=20.0),
    "log10": _call("log10", cost=20.0),
    "log1p": _call("log1p", cost=20.0),
    "sin": _call("sin", cost=20.0),
    "cos": _call("cos", cost=20.0),
    "tan": _call("math.tan", cost=60.0),
    "arcsin": _call("math.asin", cost=60.0),
    "arccos": _call("math.acos", cost=60.0),
    "arctan": _call("arctan", cost=25.0),
    "sinh": _call("sinh", cost=25.0),
    "cosh": _call("cosh", cost=25.0),
    "tanh": _call("tanh", cost=25.0),
    "arcsinh": _call("math.asinh", cost=60.0),
    "arccosh": _call("math.acosh", cost=60.0),
    "arctanh": _call("math.atanh", cost=60.0),
    "arctan2": _call("math.atan2", 2, 60.0),
    "hypot": _call("math.hypot", 2, 30.0),
    "expit": _call("expit", cost=20.0),
    "erf": _call("erf", cost=30.0),
    "erfc": _call("math.erfc", cost=60.0),
    "gamma": _in_double("math.gamma", cost=60.0),
    "lgamma": _in_double("math.lgamma", cost=60.0),
    "digamma": _in_double("digamma", cost=60.0),
    "polygamma": _in_double("polygamma", 2, 120.0),
    "logaddexp": Row(_logaddexp, 45.0),
    "abs": _by_kind(Form("fabs({0})"), Form("abs({0})")),
    "sign": _call("sign", cost=3.0),
    "maximum": _extremum("maximum", "|", OR),
    "minimum": _extremum("minimum", "&", AND),
    "fmax": _extremum("fmaximum", "|", OR),
    "fmin": _extremum("fminimum", "&", AND),
    "copysign": _call("copysign", 2),
    "floor": _call("floor"),
    "ceil": _call("ceil"),
    "trunc": _call("trunc"),
    "rint": _call("rint"),
    "floordiv": _call("floor_divide", 2, 15.0),
    "mod": _call("remainder", 2, 15.0),
    "fmod": _call("fmod", 2, 15.0),
    "lt": _compare("<"),
    "le": _compare("<="),
    "gt": _compare(">"),
    "ge": _compare(">="),
    "eq": _compare("=="),
    "ne": _compare("!="),
    "isnan": _fixed(Form("{0} != {0}", COMPARE, (ATOM,))),
    "isinf": _isinf("=="),
    "isfinite": _isinf("<"),
    "logical_and": _infix("&", AND),
    "logical_or": _infix("|", OR),
    "logical_xor": _fixed(Form("{0} != {1}", COMPARE, (OR, OR))),
    "logical_not": _fixed(Form("not {0}", COMPARE, (ATOM,))),
    "bit_and": _infix("&", AND),
    "bit_or": _infix("|", OR),
    "bit_xor": _infix("^", XOR),
    "bit_not": _by_kind(Form("~{0}", UNARY, (UNARY,)), Form("~{0}", UNARY, (UNARY,))),
    "shift_left": Row(_shift_left, 2.0),
    "shift_right": Row(_shift_right, 2.0),
    "select": Row(lambda dtype, operands: Form("select({0}, {1}, {2})")),
    "convert": Row(_convert),
}


def cost_of(name: str) -> float:
    """What an operation costs, in additions."""
    row = ROWS.get(name)
    return row.cost if row is not None else 0.0


def literal_text(x: Literal) -> str:
    """A literal as an expression of exactly its dtype."""
    value, dtype = x.value, x.dtype
    if dtype.kind == "b":
        return "True" if value else "False"
    if dtype.kind == "f":
        number = float(value)
        text = (
            repr(number)
            if np.isfinite(number)
            else "np.nan"
            if number != number
            else "np.inf"
            if number > 0
            else "-np.inf"
        )
        return text if dtype.name == "float64" else f"np.{dtype.name}({text})"
    return str(int(value)) if dtype.name == "int64" else f"np.{dtype.name}({int(value)})"
