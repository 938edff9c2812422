"""Truth values while tracing: Python's bools where they are known, traced ones elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from adjit.ir.dims import Size
from adjit.ir.primitives import elementwise as ew
from adjit.ir.values import Operand, Value, literal
from adjit.tracer.operators import is_traced
from adjit.tracer.symint import SymInt, size_of

if TYPE_CHECKING:
    from adjit.tracer.trace import Trace


def truth_of(trace: Trace, value: Any) -> Any:
    """`bool(value)` of a traced value or size: a bool, or a traced bool."""
    if isinstance(value, SymInt):
        found = trace.sizes.settle(size_of(value), "!=", 0)
        return trace.operate("!=", value, 0) if found is None else found
    if not is_traced(value):
        return bool(value)
    operand = trace.lift(value)
    for size in operand.shape:
        if not trace.sizes.decide(size, "==", 1):
            raise ValueError(
                "The truth value of an array with more than one element is ambiguous. "
                "Use a.any() or a.all()"
            )
    operand = trace.builder.reshape(operand, ())
    if operand.type.dtype != np.bool_:
        operand = trace.emit(ew.ne, operand, literal(0, operand.type.dtype))
    return known(trace.wrap(operand, weak=True))


def known(flag: Any) -> Any:
    """A traced bool that is a literal, as a bool."""
    if is_traced(flag) and not isinstance(flag.operand, Value):
        return bool(flag.operand.value)
    return flag


def negation(trace: Trace, flag: Any) -> Any:
    """`not flag`."""
    if not is_traced(flag):
        return not flag
    operand = trace.lift(flag)
    made = trace.builder.producer(operand)
    if made is not None and made.primitive is ew.logical_not:
        return trace.wrap(made.inputs[0], weak=True)
    return trace.wrap(trace.emit(ew.logical_not, operand), weak=True)


def either(trace: Trace, a: Any, b: Any) -> Any:
    """`a or b` of two flags."""
    if not is_traced(a) or not is_traced(b):
        one, other = (b, a) if is_traced(a) else (a, b)
        return True if one else other
    return trace.wrap(trace.emit(ew.logical_or, trace.lift(a), trace.lift(b)), weak=True)


def facts_of(trace: Trace, flag: Any, truth: bool) -> list[Size]:
    """Sizes that are at least 0 where a flag has this truth."""
    operand: Operand = trace.lift(flag)
    made = {v: e for block in (trace.base, *trace.blocks) for e in block for v in e.outputs}
    return _facts(trace, made, operand, truth)


def _facts(trace: Trace, made: Any, operand: Operand, truth: bool) -> list[Size]:
    eqn = made.get(operand)
    if eqn is None:
        return []
    name = eqn.primitive.name
    if name == "logical_not":
        return _facts(trace, made, eqn.inputs[0], not truth)
    if name == ("logical_and" if truth else "logical_or"):
        return [f for x in eqn.inputs for f in _facts(trace, made, x, truth)]
    sizes = [_size(made, x) for x in eqn.inputs]
    if len(sizes) != 2 or any(n is None for n in sizes):
        return []
    a, b = sizes
    if name in ("lt", "ge"):
        return [b - a - 1] if (name == "lt") is truth else [a - b]
    if name in ("gt", "le"):
        return [a - b - 1] if (name == "gt") is truth else [b - a]
    if name in ("eq", "ne") and (name == "eq") is truth:
        return [a - b, b - a]
    if name in ("eq", "ne"):
        return [d - 1 for d in (a - b, b - a) if trace.sizes.at_least(d)]
    return []


def _size(made: Any, x: Operand) -> Any:
    if not isinstance(x, Value):
        return int(x.value) if x.type.dtype.kind == "i" else None
    eqn = made.get(x)
    return eqn.params["size"] if eqn is not None and eqn.primitive.name == "dim" else None
