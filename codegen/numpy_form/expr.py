"""Expressions as text with their precedence, so that parentheses stand only where needed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from adjit.ir.dims import Size
from adjit.ir.substitution import opened
from adjit.ir.values import Literal

# Binding strength, loosest first.
CHOICE, COMPARE, OR, XOR, AND, SHIFT, ADD, MUL, UNARY, POWER, ATOM = range(11)

BINARY = {
    "==": COMPARE,
    "!=": COMPARE,
    "<": COMPARE,
    "<=": COMPARE,
    ">": COMPARE,
    ">=": COMPARE,
    "|": OR,
    "^": XOR,
    "&": AND,
    "<<": SHIFT,
    ">>": SHIFT,
    "+": ADD,
    "-": ADD,
    "*": MUL,
    "/": MUL,
    "//": MUL,
    "%": MUL,
    "@": MUL,
    "**": POWER,
}


@dataclass(frozen=True, slots=True)
class Expr:
    """The text of an expression and how strongly its outermost operator binds.

    `weak` marks a Python number: it takes the dtype of what it meets. `negated` says that the
    text begins with a minus sign, and that it is the exact negative without it.
    """

    text: str
    level: int = ATOM
    weak: bool = False
    negated: bool = False

    def at(self, level: int) -> str:
        """The text, in parentheses where it binds less strongly than `level`."""
        return self.text if self.level >= level else f"({self.text})"


def call(function: str, *arguments: str) -> Expr:
    """`function(argument, ...)`; empty arguments are left out."""
    return Expr(f"{function}({', '.join(filter(None, arguments))})")


def binary(op: str, left: Expr, right: Expr) -> Expr:
    """`left op right`. `x + -y` is written `x - y`, which is the same number."""
    level = BINARY[op]
    weak = left.weak and right.weak
    if op == "**":
        exponent = right.text if right.level == UNARY else right.at(ATOM)
        return Expr(f"{left.at(ATOM)} ** {exponent}", POWER, weak)
    if op in ("+", "-") and right.negated:
        op = "-" if op == "+" else "+"
        right = Expr(right.text[1:], POWER if right.level == UNARY else right.level, right.weak)
    negated = op in ("*", "/", "@") and left.negated
    nested = level + 1
    return Expr(
        f"{left.at(nested if level == COMPARE else level)} {op} {right.at(nested)}",
        level,
        weak,
        negated,
    )


def unary(op: str, operand: Expr) -> Expr:
    """`-x`, `~x`."""
    return Expr(f"{op}{operand.at(POWER)}", UNARY, operand.weak, negated=op == "-")


def literal(x: Literal, *, as_float: bool = False) -> Expr:
    """A constant as a Python number. Whole floats are printed as ints unless `as_float`."""
    text = number(x, as_float=as_float)
    negated = text.startswith("-")
    return Expr(text, UNARY if negated else ATOM, weak=True, negated=negated)


def number(x: Literal, *, as_float: bool = False) -> str:
    """The shortest text that gives the literal's value in its dtype."""
    value = x.value
    if x.dtype.kind != "f":
        return repr(value)
    if value != value:
        return "np.nan"
    if value in (float("inf"), float("-inf")):
        return "np.inf" if value > 0 else "-np.inf"
    if float(value).is_integer() and abs(value) < 1e6 and not as_float:
        return "-0.0" if str(value) == "-0.0" else str(int(value))
    short = str(x.dtype.type(value))
    return short if x.dtype.type(float(short)) == value else repr(value)


def typed(x: Literal) -> Expr:
    """A constant with its dtype: `np.float32(0.5)`."""
    return call(dtype_text(x.dtype), number(x, as_float=x.dtype.kind == "f"))


def size_expr(size: Size, text: str) -> Expr:
    """An integer expression from the closed text that `to_source` gives."""
    inner = opened(text)
    if inner == text:
        return Expr(text, weak=True)
    return Expr(inner, UNARY if isinstance(size, int) else ADD, weak=True)


def dtype_text(dtype: np.dtype[np.generic]) -> str:
    """`np.float32`."""
    return "np.bool_" if dtype.kind == "b" else f"np.{dtype.name}"


def dtype_argument(dtype: np.dtype[np.generic], default: str = "float64") -> str:
    """`dtype=np.float32`, or nothing where it is the default."""
    return "" if dtype.name == default else f"dtype={dtype_text(dtype)}"
