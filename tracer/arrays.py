"""Traced arrays: what the user's function receives in place of NumPy arrays and floats."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from adjit.ir.dims import Size, product
from adjit.ir.errors import UnsupportedError
from adjit.ir.indexing import Spec, is_basic, result_shape
from adjit.ir.values import Operand, Shape, Value
from adjit.tracer import conversions, dispatch, layout, methods, operators
from adjit.tracer import indexing as ix
from adjit.tracer.context import current_for
from adjit.tracer.shapes import UNKNOWN_LAYOUT, full_shape
from adjit.tracer.symint import number_of
from adjit.tracer.views import (
    Broadcast,
    Cell,
    Index,
    Reshape,
    Step,
    Transpose,
    current,
    extend,
    read,
    write,
)

if TYPE_CHECKING:
    from adjit.tracer.trace import Trace


class TracedArray:
    """An array, a NumPy scalar or a Python number whose value is known only at run time.

    Attributes
    ----------
    kind:
        "array" (mutable, also 0-d), "numpy" (a NumPy scalar) or "python" (a Python bool, int or
        float, which is weak in promotion).
    cell, steps:
        The memory, and how this array looks at it; () when it is all of it.
    """

    __slots__ = ("_seen", "_strides", "cell", "kind", "steps", "writable")
    __array_priority__ = 1000.0
    __hash__ = None  # type: ignore[assignment]

    def __init__(
        self,
        cell: Cell,
        kind: str = "array",
        steps: tuple[Step, ...] = (),
        strides: layout.Strides = None,
        writable: bool = True,
    ) -> None:
        self.cell = cell
        self.kind = kind
        self.steps = steps
        self.writable = writable
        self._strides = strides
        if steps:
            self._look()

    # What it is.

    @property
    def trace(self) -> Trace:
        return self.cell.trace

    @property
    def weak(self) -> bool:
        """True for what stands for a Python number."""
        return self.kind == "python"

    @property
    def operand(self) -> Operand:
        """The present value, in the trace that it belongs to."""
        if not self.steps:
            return self.cell.value
        # what was read inside of a region is not known outside of it
        if self._seen[0] is not self.cell.value or self._seen[2] not in self.trace.depths:
            self._look()
        return self._seen[1]

    def _look(self) -> None:
        trace, value = self.trace, self.cell.value
        found = read(trace.builder, value, self.steps, trace.sizes.table)
        self._seen = (value, found, trace.depths[-1])

    @property
    def dims(self) -> Shape:
        """The shape as sizes."""
        return self.operand.shape

    @property
    def shape(self) -> tuple[Any, ...]:
        """The shape as the user sees it: ints and `SymInt`s."""
        self.refuse_weak("shape")
        return tuple(number_of(self.trace, n) for n in self.dims)

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.cell.value.type.dtype

    @property
    def ndim(self) -> int:
        return len(self.dims)

    @property
    def size(self) -> Any:
        return number_of(self.trace, product(self.dims))

    @property
    def itemsize(self) -> int:
        return self.dtype.itemsize

    @property
    def nbytes(self) -> Any:
        return self.size * self.itemsize

    @property
    def T(self) -> TracedArray:
        self.refuse_weak("T")
        return self.transpose_view(range(self.ndim)[::-1])

    @property
    def mT(self) -> TracedArray:
        if self.ndim < 2:
            raise ValueError("matrix transpose with ndim < 2 is undefined")
        return self.transpose_view([*range(self.ndim - 2), self.ndim - 1, self.ndim - 2])

    @property
    def real(self) -> TracedArray:
        return self

    @property
    def imag(self) -> Any:
        raise self.trace.error(
            UnsupportedError, ".imag of a real array is a read-only zero", "write np.zeros_like(x)"
        )

    @property
    def base(self) -> Any:
        raise self.trace.error(
            UnsupportedError,
            ".base is not known while tracing",
            "do not ask whether an array is a view",
        )

    @property
    def strides(self) -> layout.Strides:
        """Strides in elements; None where they are not known."""
        own = layout.contiguous(self.dims, self.cell.layout)
        known = self._strides if self.steps else own
        return None if known is None else self.trace.sizes.resolve_shape(known)

    @property
    def c_contiguous(self) -> bool:
        return layout.is_contiguous(self.dims, self.strides, "C")

    def refuse_weak(self, name: str) -> None:
        """Raise as Python does where a float has no such attribute."""
        if self.weak:
            python = {"b": "bool", "i": "int"}.get(self.dtype.kind, "float")
            raise AttributeError(f"{python!r} object has no attribute {name!r}")

    def python_type(self) -> type:
        """The class that the value has in plain Python."""
        if self.kind == "array":
            return np.ndarray
        if self.kind == "numpy":
            return self.dtype.type
        return {"b": bool, "i": int, "u": int}.get(self.dtype.kind, float)

    # Names.

    def give_name(self, name: str) -> None:
        """Record the user's name, unless there is one already."""
        if self.kind == "array" and not self.steps and not self.cell.name:
            self.cell.name = name
        value = self.operand
        if isinstance(value, Value):
            self.trace.name_value(value, name)

    # Views.

    def _view(self, step: Step, strides: layout.Strides, *, writable: bool = True) -> TracedArray:
        if self.kind != "array":  # a scalar shares no memory
            return self.trace.wrap(self.operand, array=True)._view(step, strides)
        return TracedArray(
            self.cell, "array", extend(self.steps, step), strides, self.writable and writable
        )

    def index_view(
        self, spec: Spec, indices: Sequence[Operand] = (), *, writable: bool = True
    ) -> TracedArray:
        """The view `self[spec]`; advanced indices give a read-only one (a diagonal)."""
        basic = is_basic(spec)
        strides = layout.indexed(self.strides, spec) if basic else None
        return self._view(Index(tuple(spec), tuple(indices)), strides, writable=writable and basic)

    def transpose_view(self, perm: Sequence[int]) -> TracedArray:
        """Axes in the order `perm` (non-negative), as a view."""
        perm = tuple(perm)
        if self.kind != "array":
            return self
        old = self.strides
        return self._view(Transpose(perm), None if old is None else tuple(old[k] for k in perm))

    def broadcast_view(self, shape: Sequence[Size]) -> TracedArray:
        """`np.broadcast_to`: a read-only view."""
        shape = tuple(shape)
        strides = layout.broadcasted(self.dims, self.strides, shape)
        return self._view(Broadcast(shape), strides, writable=False)

    def reshape_view(self, shape: Sequence[Any]) -> TracedArray:
        """`reshape` in C order: a view where NumPy's is one, else a new array."""
        self.trace.sizes.settle_ones(self.dims)
        new = full_shape(self.trace, self.dims, shape)
        strides = layout.reshaped(self.trace.sizes, self.dims, self.strides, new)
        new = self.trace.sizes.resolve_shape(new)
        if isinstance(strides, tuple):
            return self._view(Reshape(new), strides)
        made = self.trace.wrap(self.trace.builder.reshape(self.operand, new), array=True)
        if strides is None:  # NumPy alone knows whether it is a view: nobody may write to it
            for cell in (made.cell, self.cell):
                cell.refuse_writes(*UNKNOWN_LAYOUT)
        return made

    def ravel_view(self) -> TracedArray:
        """`ravel` in C order: a view of what is contiguous, else a copy."""
        self.trace.sizes.settle_ones(self.dims)
        scattered = self.strides is not None and not self.c_contiguous
        if scattered or (self.cell.layout == "A" and not self.steps):
            size = (product(self.dims),)
            return self.trace.wrap(self.trace.builder.reshape(self.operand, size), array=True)
        return self.reshape_view((-1,))

    def reshape(self, *shape: Any, order: str = "C") -> TracedArray:
        """As `numpy.ndarray.reshape`."""
        if len(shape) == 1 and isinstance(shape[0], (tuple, list)):
            shape = tuple(shape[0])
        if order != "C":
            raise self.trace.error(
                UnsupportedError, f"reshape with order={order!r}", "reshape the transposed array"
            )
        return self.reshape_view(shape)

    # Writing.

    def set(self, value: Operand) -> None:
        """Write all of this array (in place: every view of the memory sees it)."""
        trace = current_for(self.trace)
        if self.kind != "array":
            raise TypeError(
                f"{self.python_type().__name__!r} object does not support item assignment"
            )
        if not self.writable:
            raise ValueError("assignment destination is read-only")
        value = trace.builder.broadcast(value, self.dims)
        table = trace.sizes.table
        self.cell.write(trace, write(trace.builder, self.cell.value, self.steps, table, value))

    def update(
        self, spec: Spec, indices: Sequence[Operand], value: Operand, *, op: str = "set"
    ) -> None:
        """`self[spec] = value`, or with op "add" `np.add.at(self, spec, value)`."""
        trace = current_for(self.trace)
        # fitting the value may have found that sizes of the spec are equal
        spec = current(spec, trace.sizes.table)
        # A basic index is one more step, so that `y[1:][0] = v` is one update.
        if self.steps and is_basic(spec) and not indices and op == "set":
            shape = result_shape(spec, [])
            self.index_view(spec).set(trace.builder.broadcast(value, shape))
            return
        self.set(trace.builder.update(self.operand, value, spec, indices, op=op))

    def __getitem__(self, key: Any) -> TracedArray:
        return ix.read(current_for(self.trace), self, key)

    def __setitem__(self, key: Any, value: Any) -> None:
        ix.write(current_for(self.trace), self, key, value)

    # Python's protocols.

    def __len__(self) -> int:
        # The interpreter's own len() keeps the size symbolic.
        if not self.ndim:
            raise TypeError("len() of unsized object")
        return current_for(self.trace).sizes.concrete(self.dims[0])

    def __iter__(self) -> Iterator[TracedArray]:
        if not self.ndim:
            raise TypeError(
                "iteration over a 0-d array"
                if self.kind == "array"
                else f"{self.python_type().__name__!r} object is not iterable"
            )
        return (self[k] for k in range(len(self)))

    def __contains__(self, item: Any) -> bool:
        return bool(dispatch.lower(current_for(self.trace), np.any, (self == item,), {}))

    def __repr__(self) -> str:
        seen = self._seen[1] if self.steps else self.cell.value
        name = getattr(seen, "name", "")
        return f"<traced {name + ': ' if name else ''}{seen.type}>"

    def __copy__(self) -> TracedArray:
        return (
            self
            if self.kind != "array"
            else self.trace.wrap(current_for(self.trace).lift(self), array=True)
        )

    def __deepcopy__(self, memo: dict[int, Any]) -> TracedArray:
        return self.__copy__()

    def __getattr__(self, name: str) -> Any:
        return methods.attribute(self, name)

    # NumPy's protocols.

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *args: Any, **kwargs: Any) -> Any:
        out = kwargs.get("out")
        if isinstance(out, tuple) and len(out) == 1:
            kwargs["out"] = out[0]
        function = ufunc if method == "__call__" else getattr(ufunc, method)
        return dispatch.lower(current_for(self.trace), function, args, kwargs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return dispatch.lower(current_for(self.trace), function, tuple(args), kwargs)

    # `__add__`, `__radd__`, `__iadd__`, `__lt__`, `__neg__`, ... come from the table of operators;
    # `__bool__`, `__float__`, `__index__`, `__array__`, ... from that of conversions.

    def __round__(self, digits: int | None = None) -> Any:
        return conversions.rounded(self, digits)

    def __divmod__(self, other: Any) -> Any:
        return self // other, self % other

    def __rdivmod__(self, other: Any) -> Any:
        return other // self, other % self


operators.install(TracedArray)
conversions.install(TracedArray)
