"""Writing expression trees for people: one line of Unicode text, or LaTeX."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass

Numbers = Mapping[str, ast.expr]

#: Factors that sympy turned into numbers, by their symbols (text, LaTeX).
_CONSTANTS = {
    0.6931471805599453: ("ln 2", r"\ln 2"),
    1.4426950408889634: ("log₂ e", r"\log_2 e"),
    0.4342944819032518: ("log₁₀ e", r"\log_{10} e"),
    1.1283791670955126: ("2/√π", r"\frac{2}{\sqrt{\pi}}"),
}
_SIGNS = {
    ast.Add: ("+", "+", 1),
    ast.Sub: ("-", "-", 1),
    ast.Mult: ("·", r"\cdot", 2),
    ast.Div: ("/", "/", 2),
    ast.BitAnd: ("and", r"\wedge", 0),
    ast.BitOr: ("or", r"\vee", 0),
    ast.Lt: ("<", "<", 0),
    ast.LtE: ("≤", r"\le", 0),
    ast.Gt: (">", ">", 0),
    ast.GtE: ("≥", r"\ge", 0),
    ast.Eq: ("=", "=", 0),
    ast.NotEq: ("≠", r"\ne", 0),
}
_NAMES = {"inf": ("∞", r"\infty"), "nan": ("nan", r"\mathrm{nan}")}
_FUNCTIONS = {
    "log": r"\ln",
    "exp": r"\exp",
    "sin": r"\sin",
    "cos": r"\cos",
    "tan": r"\tan",
    "sinh": r"\sinh",
    "cosh": r"\cosh",
    "tanh": r"\tanh",
}
_SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
_CLOSED = 9


@dataclass(frozen=True, slots=True)
class Style:
    """One of the two ways of writing; `column` picks it from the tables above."""

    column: int

    def cases(self, line: str, condition: str) -> str:
        """An expression that is 0 where a condition does not hold."""
        if self.column:
            return rf"{line} \;\text{{where}}\; {condition} \;\text{{, else}}\; 0"
        return f"{line} where {condition}, else 0"

    def write(self, node: ast.expr, numbers: Numbers) -> str:
        """The expression, names in `numbers` replaced."""
        return self._write(node, numbers)[0]

    def _write(self, node: ast.expr, numbers: Numbers) -> tuple[str, int]:
        """The text and how tightly it binds."""
        if isinstance(node, ast.Name):
            return self._name(node.id, numbers)
        if isinstance(node, ast.Constant):
            assert isinstance(node.value, (int, float))
            return self._number(float(node.value)), _CLOSED
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            return self._call(node.func.id, [self.write(a, numbers) for a in node.args])
        if isinstance(node, ast.UnaryOp):
            return "-" + self._inside(node.operand, numbers, 2), 2
        if isinstance(node, ast.Compare):
            return self._infix(node.ops[0], node.left, node.comparators[0], numbers)
        assert isinstance(node, ast.BinOp)
        if isinstance(node.op, ast.Pow):
            return self._power(node, numbers)
        if isinstance(node.op, ast.Div) and self.column:
            above, below = self.write(node.left, numbers), self.write(node.right, numbers)
            return rf"\frac{{{above}}}{{{below}}}", _CLOSED
        return self._infix(node.op, node.left, node.right, numbers)

    def _name(self, name: str, numbers: Numbers) -> tuple[str, int]:
        if name in numbers:
            return self._write(numbers[name], {})
        if name == "out" and self.column:
            return r"\mathrm{out}", _CLOSED
        return _NAMES[name][self.column] if name in _NAMES else name, _CLOSED

    def _infix(
        self, op: ast.operator | ast.cmpop, left: ast.expr, right: ast.expr, numbers: Numbers
    ) -> tuple[str, int]:
        *signs, binds = _SIGNS[type(op)]
        strict = isinstance(op, (ast.Sub, ast.Div)) or binds == 0
        one, two = (
            self._inside(left, numbers, binds + (binds == 0)),
            self._inside(right, numbers, binds + strict),
        )
        return f"{one} {signs[self.column]} {two}", int(binds)

    def _inside(self, node: ast.expr, numbers: Numbers, at_least: int) -> str:
        text, binds = self._write(node, numbers)
        if binds >= at_least:
            return text
        return rf"\left({text}\right)" if self.column else f"({text})"

    def _power(self, node: ast.BinOp, numbers: Numbers) -> tuple[str, int]:
        base, exponent = self._inside(node.left, numbers, 4), self.write(node.right, numbers)
        if self.column:
            return f"{base}^{{{exponent}}}", 3
        if exponent.lstrip("-").isdigit():
            return base + exponent.translate(_SUPERSCRIPTS), 3
        return f"{base}^{self._inside(node.right, numbers, 4)}", 3

    def _number(self, number: float) -> str:
        if number in _CONSTANTS:
            return _CONSTANTS[number][self.column]
        return str(int(number)) if number.is_integer() else f"{number:.6g}"

    def _call(self, name: str, arguments: list[str]) -> tuple[str, int]:
        inside = ", ".join(arguments)
        if name == "sqrt":
            return (rf"\sqrt{{{inside}}}" if self.column else f"√({inside})"), _CLOSED
        if name == "where":
            condition, yes, no = arguments
            inside = f"{yes} if {condition} else {no}"
            if self.column:
                return (
                    rf"\begin{{cases}} {yes} & {condition} \\ {no} & \text{{else}} "
                    rf"\end{{cases}}"
                ), _CLOSED
            return f"({inside})", _CLOSED
        if self.column:
            head = _FUNCTIONS.get(name, rf"\mathrm{{{name}}}")
            return rf"{head}\left({inside}\right)", _CLOSED
        return f"{name}({inside})", _CLOSED


TEXT = Style(0)
LATEX = Style(1)
