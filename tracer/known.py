"""Numbers that depend on sizes only: `int(0.8 * len(x))` is known while tracing.

Python may ask for such a number; the capture is then specialised to the sizes that it depends on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from adjit.ir.graph import Equation
from adjit.ir.substitution import hint
from adjit.ir.values import Literal, Operand, Value

if TYPE_CHECKING:
    from adjit.tracer.trace import Trace

_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.true_divide,
    "pow": np.power,
    "neg": np.negative,
    "abs": np.abs,
    "sqrt": np.sqrt,
    "exp": np.exp,
    "exp2": np.exp2,
    "log": np.log,
    "log2": np.log2,
    "log10": np.log10,
    "floor": np.floor,
    "ceil": np.ceil,
    "trunc": np.trunc,
    "rint": np.rint,
    "floordiv": np.floor_divide,
    "mod": np.mod,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
    "eq": np.equal,
    "ne": np.not_equal,
    "logical_and": np.logical_and,
    "logical_or": np.logical_or,
    "logical_not": np.logical_not,
    "sign": np.sign,
}


def known_number(t: Trace, x: Operand) -> Any:
    """The number that a scalar is, where it follows from sizes and constants; else None."""
    made = {v: e for e in t.builder.equations for v in e.outputs}
    used: list[Equation] = []
    found = _number(x, made, used)
    if found is None:
        return None
    for eqn in used:
        t.sizes.concrete(eqn.params["size"])
    return found[()]


def _number(x: Operand, made: Mapping[Value, Equation], used: list[Equation]) -> Any:
    if isinstance(x, Literal):
        return np.asarray(x.value, x.dtype)
    eqn = made.get(x)
    if eqn is None or x.shape:
        return None
    if eqn.primitive.name == "dim":
        size = hint(eqn.params["size"])
        used.append(eqn)
        return None if size is None else np.asarray(size)
    inputs = [_number(operand, made, used) for operand in eqn.inputs]
    if any(value is None for value in inputs):
        return None
    if eqn.primitive.name == "convert":
        return inputs[0].astype(eqn.params["dtype"])
    function = _FUNCTIONS.get(eqn.primitive.name)
    return None if function is None else np.asarray(function(*inputs))
