"""Building graphs: typed equations in order, with the peepholes that keep graphs readable."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from adjit.ir.dims import Size
from adjit.ir.errors import Location
from adjit.ir.graph import Equation, Graph
from adjit.ir.indexing import NewAxis, Spec, at_one, is_full, result_shape
from adjit.ir.primitives import Primitive
from adjit.ir.primitives import elementwise as ew
from adjit.ir.primitives import structural as st
from adjit.ir.values import Literal, Operand, Shape, Value, literal


class GraphBuilder:
    """Appends equations. `location`, `role` and `source` are stamped on what is emitted next."""

    def __init__(self, *, role: str = "forward") -> None:
        self.equations: list[Equation] = []
        self.location: Location | None = None
        self.role = role
        self.source: Value | None = None

    def bind(
        self,
        primitive: Primitive,
        *inputs: Operand,
        regions: Sequence[Graph] = (),
        name: str = "",
        **params: Any,
    ) -> tuple[Value, ...]:
        """Append one equation; return its outputs."""
        types = primitive.type_rule([x.type for x in inputs], params, regions)
        outputs = tuple(Value(t, name, self.location) for t in types)
        self.equations.append(
            Equation(
                primitive,
                inputs,
                outputs,
                params,
                tuple(regions),
                self.location,
                self.role,
                self.source,
            )
        )
        return outputs

    def emit(self, primitive: Primitive, *inputs: Operand, name: str = "", **params: Any) -> Value:
        """Append an equation with one output; return it."""
        return self.bind(primitive, *inputs, name=name, **params)[0]

    # Arithmetic with the identities that hold for every float, NaN, infinity and -0.0 included.

    def add(self, x: Operand, y: Operand) -> Operand:
        return self.emit(ew.add, x, y)

    def sub(self, x: Operand, y: Operand) -> Operand:
        return self.emit(ew.sub, x, y)

    def neg(self, x: Operand) -> Operand:
        if isinstance(x, Literal):
            return literal(-x.value, x.dtype)
        made = self.producer(x)
        if made is not None and made.primitive is ew.neg:
            return made.inputs[0]
        return self.emit(ew.neg, x)

    def mul(self, x: Operand, y: Operand) -> Operand:
        for one, other in ((x, y), (y, x)):
            if isinstance(one, Literal) and one.shape == ():
                if one.is_value(1):
                    return other
                if one.is_value(-1):
                    return self.neg(other)
                if isinstance(other, Literal):
                    return literal(one.value * other.value, one.dtype)
        return self.emit(ew.mul, x, y)

    def div(self, x: Operand, y: Operand) -> Operand:
        if isinstance(y, Literal) and y.is_value(1):
            return x
        return self.emit(ew.div, x, y)

    def convert(self, x: Operand, dtype: DTypeLike) -> Operand:
        target: np.dtype[Any] = np.dtype(dtype)
        if x.type.dtype == target:
            return x
        if isinstance(x, Literal):
            return literal(x.value, target)
        return self.emit(ew.convert, x, dtype=target)

    # Shape changes that do nothing are not emitted.

    def broadcast(self, x: Operand, shape: Shape) -> Operand:
        return x if x.shape == tuple(shape) else self.emit(st.broadcast, x, shape=tuple(shape))

    def reshape(self, x: Operand, shape: Shape) -> Operand:
        if x.shape == tuple(shape):
            return x
        made = self.producer(x)
        if made is not None and made.primitive is st.reshape:
            return self.reshape(made.inputs[0], shape)
        if made is not None and made.primitive is st.index:
            spec = at_one(made.params["spec"], tuple(shape))
            if spec is not None:  # x[:, 1:2] without its second axis is x[:, 1]
                return self.index(made.inputs[0], spec, made.inputs[1:])
        return self.emit(st.reshape, x, shape=tuple(shape))

    def transpose(self, x: Operand, perm: Sequence[int]) -> Operand:
        if list(perm) == sorted(perm):
            return x
        made = self.producer(x)
        if made is not None and made.primitive is st.transpose:
            inner = made.params["perm"]
            return self.transpose(made.inputs[0], [inner[k] for k in perm])
        return self.emit(st.transpose, x, perm=tuple(perm))

    def reduce(
        self, x: Operand, op: str, axes: Sequence[int], *, keepdims: bool = False
    ) -> Operand:
        if not axes:
            return x
        return self.emit(st.reduce, x, op=op, axes=tuple(sorted(axes)), keepdims=keepdims)

    def index(self, x: Operand, spec: Spec, indices: Sequence[Operand] = ()) -> Operand:
        kept = [item for item in spec if not isinstance(item, NewAxis)]
        if all(map(is_full, kept, x.shape)):  # nothing is left out: only axes of size 1 come in
            return self.reshape(x, result_shape(spec, ()))
        return self.emit(st.index, x, *indices, spec=tuple(spec))

    def update(
        self,
        x: Operand,
        v: Operand,
        spec: Spec,
        indices: Sequence[Operand] = (),
        *,
        op: str = "set",
        name: str = "",
    ) -> Value:
        return self.emit(st.update, x, v, *indices, spec=tuple(spec), op=op, name=name)

    def full(self, number: float | bool, shape: Shape, dtype: DTypeLike) -> Operand:
        """An array of this shape filled with a number (a literal, when the shape is ())."""
        return self.broadcast(literal(number, dtype), shape)

    def dim(self, size: Size) -> Operand:
        """A size as an int64 scalar."""
        return literal(size, np.int64) if isinstance(size, int) else self.emit(st.dim, size=size)

    def producer(self, x: Operand) -> Equation | None:
        """The equation of this builder that made x, looked for among the latest few."""
        if isinstance(x, Value):
            for eqn in reversed(self.equations[-8:]):
                if any(out is x for out in eqn.outputs):
                    return eqn
        return None
