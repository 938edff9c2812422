"""Rows for elementwise primitives: operators and NumPy functions.

NumPy broadcasts and promotes by itself, so an operand that was only broadcast, or converted to the
dtype of its partner, is written without that step where the result stays the same.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from adjit.codegen.numpy_form import expr as ex
from adjit.codegen.numpy_form.expr import Expr
from adjit.codegen.numpy_form.printer import Printer, Row, exact_as_float, is_number, is_size
from adjit.codegen.numpy_form.truth import condition, may_raise
from adjit.ir.errors import ShapeError
from adjit.ir.graph import Equation
from adjit.ir.indexing import broadcast_equal
from adjit.ir.values import Literal, Operand, Shape

_OPERATORS = {
    "add": "+",
    "sub": "-",
    "mul": "*",
    "div": "/",
    "pow": "**",
    "floordiv": "//",
    "mod": "%",
    "lt": "<",
    "le": "<=",
    "gt": ">",
    "ge": ">=",
    "eq": "==",
    "ne": "!=",
    "logical_and": "&",
    "logical_or": "|",
    "logical_xor": "^",
    "bit_and": "&",
    "bit_or": "|",
    "bit_xor": "^",
    "shift_left": "<<",
    "shift_right": ">>",
}
_UNARY = {"neg": "-", "logical_not": "~", "bit_not": "~"}
_FUNCTIONS = (
    "sqrt",
    "cbrt",
    "exp",
    "exp2",
    "expm1",
    "log",
    "log2",
    "log10",
    "log1p",
    "sin",
    "cos",
    "tan",
    "arcsin",
    "arccos",
    "arctan",
    "sinh",
    "cosh",
    "tanh",
    "arcsinh",
    "arccosh",
    "arctanh",
    "arctan2",
    "hypot",
    "logaddexp",
    "abs",
    "sign",
    "maximum",
    "minimum",
    "fmax",
    "fmin",
    "copysign",
    "floor",
    "ceil",
    "trunc",
    "rint",
    "fmod",
    "isnan",
    "isinf",
    "isfinite",
)
#: Functions of scipy.special.
_SPECIAL = {"gamma": "gamma", "lgamma": "gammaln", "digamma": "psi"}
#: Operators whose operand may keep a lower dtype: NumPy converts it as `astype` does.
_PROMOTING = ("add", "sub", "mul", "div")


def operands(p: Printer, eqn: Equation) -> list[Expr]:
    """The operands as they are written; at least one of them has the graph's dtype."""
    plain = _without_broadcasts(p, eqn)
    if is_number(p.plan, eqn.output):
        return [_number(p, x) for x in plain]
    strong = [_is_strong(p, x) for x in plain]
    out = []
    for k, x in enumerate(plain):
        others = any(strong[:k] + strong[k + 1 :])
        inner = _unconverted(p, eqn, x) if others else None
        if inner is not None:
            out.append(p.operand(inner))
        elif others or (strong[k] and not isinstance(x, Literal)):
            out.append(p.operand(x))
        else:
            out.append(p.strong(x))
            strong[k] = True
    return out


def _number(p: Printer, x: Operand) -> Expr:
    made = p.plan.inline_producer(x, "convert")
    return p.operand(x if made is None else made.inputs[0])


def _is_strong(p: Printer, x: Operand) -> bool:
    """True for an operand that brings its dtype: no Python number, no conversion left out."""
    return not is_number(p.plan, x) and p.plan.inline_producer(x, "convert") is None


def _unconverted(p: Printer, eqn: Equation, x: Operand) -> Operand | None:
    """What x was converted from, where NumPy converts it by itself."""
    made = p.plan.inline_producer(x, "convert")
    if made is None or eqn.primitive.name not in _PROMOTING:
        return None
    inner, dtype = made.inputs[0], made.output.dtype
    size = p.plan.inline_producer(inner, "dim")
    if size is not None:
        return inner if exact_as_float(p.plan, size.params["size"], made.output.type) else None
    if is_size(p.plan, inner):
        return inner if dtype.name == "float64" else None
    return inner if np.result_type(inner.type.dtype, dtype) == dtype else None


def _without_broadcasts(p: Printer, eqn: Equation) -> list[Operand]:
    out = list(eqn.inputs)
    for k, x in enumerate(out):
        made = p.plan.inline_producer(x, "broadcast")
        if made is None:
            continue
        rest: list[Shape] = [y.shape for y in (*out[:k], made.inputs[0], *out[k + 1 :])]
        try:
            enough = broadcast_equal(rest) == eqn.output.shape
        except ShapeError:
            enough = False
        if enough:
            out[k] = made.inputs[0]
    return out


def _operator(symbol: str) -> Row:
    def row(p: Printer, eqn: Equation) -> Expr:
        left, right = operands(p, eqn)
        return ex.binary(symbol, left, right)

    return row


def _prefix(symbol: str) -> Row:
    def row(p: Printer, eqn: Equation) -> Expr:
        return ex.unary(symbol, operands(p, eqn)[0])

    return row


def _function(name: str) -> Row:
    def row(p: Printer, eqn: Equation) -> Expr:
        return ex.call(name, *(operand.text for operand in operands(p, eqn)))

    return row


def _select(p: Printer, eqn: Equation) -> Expr:
    if not eqn.output.shape and not any(may_raise(p, x) for x in eqn.inputs[1:]):
        test, x, y = eqn.inputs
        chosen = f"{p.strong(x).at(ex.COMPARE)} if {condition(p, test)} else {p.strong(y).text}"
        return Expr(chosen, ex.CHOICE)
    test, x, y = _without_broadcasts(p, eqn)
    weak = [is_number(p.plan, v) for v in (x, y)]
    branches = [p.strong(x).text, p.text(y)] if all(weak) else [p.text(x), p.text(y)]
    made = ex.call("np.where", p.strong(test).text, *branches)
    return made if eqn.output.shape else Expr(f"{made.text}[()]")


def _convert(p: Printer, eqn: Equation) -> Expr:
    x, dtype = eqn.inputs[0], ex.dtype_text(eqn.params["dtype"])
    if isinstance(x, Literal) or is_size(p.plan, x):
        return ex.call(dtype, p.text(x))
    if x.shape:
        return Expr(f"{p.atom(x)}.astype({dtype})")
    if x.dtype.kind == "f" and eqn.output.dtype.kind in "iu":  # np.int64(nan) would raise
        return Expr(f"{ex.call(ex.dtype_text(x.dtype), p.text(x)).text}.astype({dtype})")
    return ex.call(dtype, p.text(x))  # a scalar may be a Python float, which has no methods


def _stop(p: Printer, eqn: Equation) -> Expr:
    return p.strong(eqn.inputs[0])


def _expit(p: Printer, eqn: Equation) -> Expr:
    """1 / (1 + exp(-x)): right to a few ulp on either side, where tanh would cancel."""
    inner = ex.call("np.exp", ex.unary("-", p.strong(eqn.inputs[0])).text)
    return ex.binary("/", Expr("1"), ex.binary("+", Expr("1"), inner))


def _helper(name: str) -> Row:
    """A function without a NumPy form: a helper of this name stands in the module's head."""

    def row(p: Printer, eqn: Equation) -> Expr:
        p.helpers.add(name)
        return ex.call(name, p.strong(eqn.inputs[0]).text)

    return row


def _special(name: str) -> Row:
    """A function of scipy.special."""

    def row(p: Printer, eqn: Equation) -> Expr:
        p.modules.add("scipy.special")
        arguments = [p.strong(x).text for x in eqn.inputs]
        return ex.call(f"scipy.special.{name}", *arguments)

    return row


def _polygamma(p: Printer, eqn: Equation) -> Expr:
    p.modules.add("scipy.special")
    order, x = eqn.inputs
    made = ex.call("scipy.special.polygamma", p.text(order), p.strong(x).text)
    dtype = ex.dtype_text(eqn.output.dtype)  # it returns an array of float64, whatever it is given
    return Expr(f"{made.text}.astype({dtype})[()]" if dtype != "np.float64" else f"{made.text}[()]")


def _table() -> dict[str, Callable[[Printer, Equation], Expr]]:
    rows = {name: _operator(symbol) for name, symbol in _OPERATORS.items()}
    rows |= {name: _prefix(symbol) for name, symbol in _UNARY.items()}
    rows |= {name: _function(f"np.{name}") for name in _FUNCTIONS}
    rows |= {name: _helper(name) for name in ("erf", "erfc")}
    rows |= {name: _special(scipys) for name, scipys in _SPECIAL.items()}
    rows["polygamma"] = _polygamma
    return rows | {"select": _select, "convert": _convert, "stop": _stop, "expit": _expit}


ROWS = _table()
