"""Expression text of the derivative tables, turned into equations.

The text is ours, never the user's. It is parsed by Python's `ast` and walked; nothing is executed.
Understood: `+ - * / **`, unary `-`, one comparison, `& | ~` of conditions, numbers, `inf`, `nan`,
the names given, `where(c, a, b)`, and every elementwise primitive by its name.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np

from adjit.adjoint.arithmetic import negative, plus, times
from adjit.ir import PRIMITIVES, GraphBuilder, Literal, Operand, Primitive, literal
from adjit.ir.errors import InternalError
from adjit.ir.primitives import elementwise as ew

_CONSTANTS = {"inf": float("inf"), "nan": float("nan")}
_BINARY: Mapping[type[ast.operator], Primitive] = {
    ast.Add: ew.add,
    ast.Sub: ew.sub,
    ast.Pow: ew.pow,
}
_COMPARE: Mapping[type[ast.cmpop], tuple[Primitive, Callable[[float, float], bool]]] = {
    ast.Lt: (ew.lt, operator.lt),
    ast.LtE: (ew.le, operator.le),
    ast.Gt: (ew.gt, operator.gt),
    ast.GtE: (ew.ge, operator.ge),
    ast.Eq: (ew.eq, operator.eq),
    ast.NotEq: (ew.ne, operator.ne),
}


@cache
def parse(text: str) -> ast.expr:
    """The syntax tree of an expression."""
    return ast.parse(text, mode="eval").body


@dataclass(frozen=True, slots=True)
class Evaluator:
    """Emits expressions over named operands; numbers in the text take `dtype`."""

    builder: GraphBuilder
    names: Mapping[str, Operand]
    dtype: np.dtype[np.generic]

    def evaluate(self, text: str) -> Operand:
        """The value of the expression."""
        return self._value(parse(text))

    def scale(self, ct: Operand, text: str) -> Operand:
        """`ct * (text)`, products and quotients in the text applied to `ct` one after the other.

        So `0.5 / out` reads `ct * 0.5 / out`, and a literal `ct` takes in literal factors.
        """
        return self._scale(ct, parse(text))

    def _scale(self, ct: Operand, node: ast.expr) -> Operand:
        if (
            isinstance(node, ast.UnaryOp)
            and isinstance(node.op, ast.USub)
            and not isinstance(node.operand, ast.Constant)
        ):
            return self._scale(negative(self.builder, ct), node.operand)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
            return self._scale(self._scale(ct, node.left), node.right)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            return self.builder.div(self._scale(ct, node.left), self._value(node.right))
        return times(self.builder, ct, self._value(node))

    def _value(self, node: ast.expr) -> Operand:
        if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
            return literal(node.value, self.dtype)
        if isinstance(node, ast.Name):
            if node.id in _CONSTANTS:
                return literal(_CONSTANTS[node.id], self.dtype)
            return self.names[node.id]
        if isinstance(node, ast.UnaryOp):
            return self._unary(node)
        if isinstance(node, ast.BinOp):
            return self._binary(node)
        if isinstance(node, ast.Compare) and len(node.ops) == 1:
            return self._compare(node)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            return self._call(node.func.id, [self._value(a) for a in node.args])
        raise InternalError(f"derivative table: cannot read {ast.unparse(node)!r}")

    def _unary(self, node: ast.UnaryOp) -> Operand:
        inner = self._value(node.operand)
        if isinstance(node.op, ast.Invert):
            if isinstance(inner, Literal):
                return literal(not inner.value)
            return self.builder.emit(ew.logical_not, inner)
        return self.builder.neg(inner)

    def _binary(self, node: ast.BinOp) -> Operand:
        left, right = self._value(node.left), self._value(node.right)
        if isinstance(node.op, ast.Mult):
            return self.builder.mul(left, right)
        if isinstance(node.op, ast.Div):
            return self.builder.div(left, right)
        if isinstance(node.op, ast.BitAnd):
            return both(self.builder, left, right)
        if isinstance(node.op, ast.BitOr):
            return either(self.builder, left, right)
        if isinstance(node.op, ast.Pow) and isinstance(right, Literal) and right.is_value(1):
            return left
        if isinstance(node.op, ast.Add) and isinstance(left, Literal):
            return plus(self.builder, left, right)
        return self.builder.emit(_BINARY[type(node.op)], left, right)

    def _compare(self, node: ast.Compare) -> Operand:
        left, right = self._value(node.left), self._value(node.comparators[0])
        primitive, decide = _COMPARE[type(node.ops[0])]
        if isinstance(left, Literal) and isinstance(right, Literal):
            return literal(decide(left.value, right.value))
        return self.builder.emit(primitive, left, right)

    def _call(self, name: str, arguments: list[Operand]) -> Operand:
        if name == "where":
            return self.builder.emit(ew.select, *arguments)
        return self.builder.emit(PRIMITIVES[name], *arguments)


def both(builder: GraphBuilder, x: Operand, y: Operand) -> Operand:
    """`x & y` of conditions."""
    for one, other in ((x, y), (y, x)):
        if isinstance(one, Literal):
            return other if one.value else one
    return builder.emit(ew.logical_and, x, y)


def either(builder: GraphBuilder, x: Operand, y: Operand) -> Operand:
    """`x | y` of conditions."""
    for one, other in ((x, y), (y, x)):
        if isinstance(one, Literal):
            return one if one.value else other
    return builder.emit(ew.logical_or, x, y)
