"""Conditions of `if`, `while` and conditional expressions: Python's `and`, `or` and `not`.

Python skips what does not matter for the result. An index that may be out of range must not be
skipped: NumPy raises, and so does the graph.
"""

from __future__ import annotations

from collections.abc import Sequence

from adjit.codegen.numpy_form import expr as ex
from adjit.codegen.numpy_form.expr import Expr
from adjit.codegen.numpy_form.printer import Printer, is_number
from adjit.codegen.numpy_form.relations import inside
from adjit.ir.graph import Equation
from adjit.ir.indexing import AtValue, Gather
from adjit.ir.values import Literal, Operand, Value

_COMPARED = {"lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==", "ne": "!="}
_OR, _AND, _NOT, _REST = range(4)


def condition(p: Printer, x: Operand) -> str:
    """A bool scalar where Python asks for its truth."""
    return _truth(p, x)[0]


def opposite(p: Printer, x: Operand) -> str:
    """The condition that x does not hold."""
    if isinstance(x, Value) and x in p.plan.inlined:
        eqn = p.plan.made_by[x]
        if eqn.primitive.name == "logical_not":
            return condition(p, eqn.inputs[0])
    text = condition(p, x)
    return f"not {text}" if text.isidentifier() else f"not ({text})"


def may_raise(p: Printer, x: Operand) -> bool:
    """True where the expression of x has an index in it that may be out of range."""
    if isinstance(x, Literal) or x not in p.plan.inlined:
        return False
    return any(
        isinstance(item, (AtValue, Gather))
        for eqn in inside(p.plan, p.plan.made_by[x])
        if eqn.primitive.name == "index"
        for item in eqn.params["spec"]
    )


def _truth(p: Printer, x: Operand) -> tuple[str, int]:
    """The text, and how strongly it binds."""
    if isinstance(x, Literal):
        return str(bool(x.value)), _REST
    eqn = p.plan.made_by[x] if x in p.plan.inlined else None
    if eqn is None:
        return p.text(x), _REST
    name = eqn.primitive.name
    if name in _COMPARED and all(is_number(p.plan, y) for y in eqn.inputs):
        left, right = (p.operand(y).at(ex.OR) for y in eqn.inputs)
        return f"{left} {_COMPARED[name]} {right}", _REST
    if name == "logical_not":
        text, level = _truth(p, eqn.inputs[0])
        return f"not {text if level >= _NOT else f'({text})'}", _NOT
    if eqn in p.plan.logicals:
        found = p.plan.logicals[eqn]
        return _joined(p, found.word, (eqn.inputs[0], found.arm.outputs[0]))
    if name in ("logical_and", "logical_or") and not may_raise(p, eqn.inputs[1]):
        return _joined(p, name.removeprefix("logical_"), eqn.inputs)
    made = p.operand(x)
    return made.at(ex.COMPARE), _REST


def _joined(p: Printer, word: str, operands: Sequence[Operand]) -> tuple[str, int]:
    own = _AND if word == "and" else _OR
    parts = [_truth(p, y) for y in operands]
    texts = [text if level >= own else f"({text})" for text, level in parts]
    return f" {word} ".join(texts), own


def short_circuit(p: Printer, eqn: Equation) -> Expr:
    """A branch that is an `and` or an `or`, where its value is wanted."""
    found = p.plan.logicals[eqn]
    text, _ = _joined(p, found.word, (eqn.inputs[0], found.arm.outputs[0]))
    return ex.call("np.bool_", text)
