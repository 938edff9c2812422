"""The derivative rules, one file per family of primitives, and the tables they make up."""

from __future__ import annotations

from collections.abc import Mapping

from adjit.adjoint.context import DenseRule, ForwardRule, LazyRule
from adjit.adjoint.rules import (
    contraction,
    elementwise,
    indexing,
    linear_algebra,
    reductions,
    shapes,
)
from adjit.ir import Equation, Primitive
from adjit.ir.primitives import effects as fx
from adjit.ir.primitives import elementwise as ew
from adjit.ir.primitives import linear_algebra as la
from adjit.ir.primitives import structural as st

#: Reverse rules that see the cotangent with its conditions, possibly smaller than the array.
LAZY: Mapping[Primitive, LazyRule] = {
    **elementwise.LAZY,
    **shapes.LAZY,
    **reductions.LAZY,
    **contraction.LAZY,
    **indexing.LAZY,
}
#: Reverse rules that see one whole array.
DENSE: Mapping[Primitive, DenseRule] = {
    **reductions.DENSE,
    **indexing.DENSE,
    **linear_algebra.DENSE,
}
#: Forward (tangent) rules.
FORWARD: Mapping[Primitive, ForwardRule] = {
    **elementwise.FORWARD,
    **shapes.FORWARD,
    **reductions.FORWARD,
    **contraction.FORWARD,
    **indexing.FORWARD,
    **linear_algebra.FORWARD,
}

#: Primitives whose result has derivative zero wherever it has one, or is not a float.
ZERO: frozenset[Primitive] = frozenset(
    (
        ew.floordiv,
        ew.sign,
        ew.floor,
        ew.ceil,
        ew.trunc,
        ew.rint,
        ew.stop,
        ew.lt,
        ew.le,
        ew.gt,
        ew.ge,
        ew.eq,
        ew.ne,
        ew.isnan,
        ew.isinf,
        ew.isfinite,
        ew.logical_and,
        ew.logical_or,
        ew.logical_xor,
        ew.logical_not,
        ew.bit_and,
        ew.bit_or,
        ew.bit_xor,
        ew.bit_not,
        ew.shift_left,
        ew.shift_right,
        st.dim,
        st.iota,
        st.argreduce,
        st.nonzero,
        st.bind,
        st.empty,
        st.storage,
        la.detsign,
        fx.require,
    )
)

_DIFFERENTIABLE_INPUTS: Mapping[Primitive, tuple[int, ...]] = {
    ew.select: (1, 2),
    st.index: (0,),
    st.update: (0, 1),
}


def differentiable_inputs(eqn: Equation) -> tuple[int, ...]:
    """Numbers of the inputs through which a derivative reaches the first output."""
    if eqn.primitive in ZERO or not eqn.output.type.is_float:
        return ()
    row = elementwise.TABLE.get(eqn.primitive)
    if row is not None:
        numbers = tuple(k for k, partial in enumerate(row) if partial is not None)
    else:
        numbers = _DIFFERENTIABLE_INPUTS.get(eqn.primitive, tuple(range(len(eqn.inputs))))
    return tuple(k for k in numbers if eqn.inputs[k].type.is_float)
