"""Index expressions of the user's: reads and writes, NumPy's rules in terms of index specs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from adjit.ir.dims import Size
from adjit.ir.errors import DTypeError, IndexingError
from adjit.ir.indexing import (
    At,
    AtValue,
    Gather,
    Item,
    NewAxis,
    Slice,
    Spec,
    is_basic,
    result_shape,
)
from adjit.ir.values import Literal, Operand
from adjit.tracer.masks import (
    fitted,
    is_mask,
    nonzero,
    only_mask,
    positions_of,
    write_masked,
)
from adjit.tracer.operators import is_traced
from adjit.tracer.promotion import any_traced
from adjit.tracer.slices import slice_item
from adjit.tracer.symint import SymInt, size_of
from adjit.tracer.symrange import SymRange

if TYPE_CHECKING:
    from adjit.tracer.arrays import TracedArray
    from adjit.tracer.trace import Trace

__all__ = ["Parsed", "assigned", "nonzero", "parse", "position", "read", "write"]


@dataclass(frozen=True, slots=True)
class Parsed:
    """An index expression as a spec.

    `scalar` says that NumPy gives a scalar where the shape is (): no ellipsis. `copies` says that
    the result is no view although the spec is basic. `mask` is set where the index is one
    boolean mask over the leading axes, and nothing else.
    """

    spec: Spec
    operands: tuple[Operand, ...]
    scalar: bool
    copies: bool = False
    mask: Operand | None = None


def read(t: Trace, x: TracedArray, key: Any) -> TracedArray:
    """`x[key]`: a view, a new array or a scalar, as in NumPy."""
    _check_indexable(t, x, key)
    parsed = parse(t, x, key)
    basic = is_basic(parsed.spec)
    to_scalar = basic and parsed.scalar and not result_shape(parsed.spec, [])
    view = basic and not to_scalar and not parsed.copies and x.kind == "array"
    if view and (x.trace is t or not parsed.operands):
        return x.index_view(parsed.spec, parsed.operands)
    made = t.wrap(
        t.builder.index(t.lift(x), parsed.spec, parsed.operands), array=basic and not to_scalar
    )
    if view:
        made.cell.refuse_writes(
            "an array of the surrounding function is written to inside a "
            "function that is differentiated by itself",
            "copy it first",
        )
    return made


def write(t: Trace, x: TracedArray, key: Any, value: Any) -> None:
    """`x[key] = value`."""
    if x.kind != "array":
        raise TypeError(f"{x.python_type().__name__!r} object does not support item assignment")
    if not x.writable:
        raise ValueError("assignment destination is read-only")
    parsed = parse(t, x, key, for_write=True)
    operand = assigned(t, x, value)
    if parsed.mask is not None:
        if write_masked(t, x, parsed.mask, operand):
            return
        parsed = parse(t, x, key)
    place = result_shape(parsed.spec, [o.shape for o in parsed.operands])
    x.update(parsed.spec, parsed.operands, fitted(t, operand, place))


def assigned(t: Trace, x: TracedArray, value: Any) -> Operand:
    """A value in the dtype of the array that it is written into."""
    operand = t.lift(value)
    source = operand.type.dtype
    if source.kind == "f" and x.dtype.kind != "f":
        if isinstance(operand, Literal):
            if isinstance(operand.value, float) and not np.isfinite(operand.value):
                raise ValueError(f"cannot convert float {operand.value} to integer")
        else:
            name = x.cell.name or "the array"
            raise t.error(
                DTypeError,
                f"a float is written into {name}, which has dtype {x.dtype}: NumPy "
                "would cut it to an integer and the derivative would be lost",
                f"create {name} with dtype float, or write np.trunc(value).astype(int)",
            )
    return t.builder.convert(operand, x.dtype)


def parse(t: Trace, x: TracedArray, key: Any, *, for_write: bool = False) -> Parsed:
    """The index expression `key` of `x` as a spec."""
    entries = [_entry(t, e) for e in (key if isinstance(key, tuple) else (key,))]
    consumed = sum(_axes_taken(e) for e in entries)
    if consumed > x.ndim:
        raise t.error(
            IndexingError,
            f"too many indices for array: array is {x.ndim}-dimensional, "
            f"but {consumed} were indexed",
            "give one index per axis",
        )
    ellipses = [k for k, e in enumerate(entries) if e is Ellipsis]
    if len(ellipses) > 1:
        raise t.error(
            IndexingError,
            "an index can only have a single ellipsis ('...')",
            "write ':' for the axes in question",
        )
    missing: list[Any] = [slice(None)] * (x.ndim - consumed)
    if ellipses:
        entries[ellipses[0] : ellipses[0] + 1] = missing
    else:
        entries += missing
    if for_write:
        mask = only_mask(t, x, entries)
        if mask is not None:
            return Parsed((), (), scalar=True, mask=mask)
    return _to_spec(t, x, entries, scalar=not ellipses)


def _to_spec(t: Trace, x: TracedArray, entries: Sequence[Any], *, scalar: bool) -> Parsed:
    spec: list[Item] = []
    operands: list[Operand] = []
    copies = False
    axis = 0
    for entry in entries:
        if entry is None:
            spec.append(NewAxis())
            continue
        if is_mask(entry):
            if not entry.ndim:
                raise t.error(
                    IndexingError,
                    "a single bool as an index is not supported",
                    "use np.where(condition, a, b)",
                )
            found = positions_of(t, x, entry, axis)
            for indices in found:
                spec.append(Gather(len(operands), checked=True))
                operands.append(indices)
            axis += len(found)
            continue
        size = x.dims[axis]
        if isinstance(entry, slice):
            spec.append(slice_item(t, entry, size))
        elif isinstance(entry, (int, SymInt)):
            place = _place(t, size_of(entry), size, axis)
            spec.append(AtValue(len(operands)) if place is None else At(place))
            if place is None:  # checked when it runs
                operands.append(t.lift(entry))
        else:
            item, operand, copy = _array_item(t, entry, size, axis, len(operands))
            spec.append(item)
            operands.append(operand)
            copies = copies or copy
        axis += 1
    t.sizes.broadcast([o.shape for o in operands])
    table = t.sizes.resolve
    resolved = tuple(_resolved(item, table) for item in spec)
    return Parsed(resolved, tuple(operands), scalar, copies)


def _resolved(item: Item, resolve: Any) -> Item:
    if isinstance(item, Slice):
        return Slice(resolve(item.start), resolve(item.size), item.step)
    return At(resolve(item.index)) if isinstance(item, At) else item


def _place(t: Trace, index: Size, size: Size, axis: int) -> Size | None:
    """An index of an axis, counted from the start; None where only the run can tell whether it is
    in range."""
    sizes = t.sizes
    if sizes.is_known(size - index):
        return position(t, index, size, axis)
    if not sizes.ranges.mentions(sizes.resolve(size - index)):
        return None
    if sizes.at_least(index):
        return sizes.resolve(index) if sizes.at_least(size - index, 1) else None
    if sizes.at_least(index * -1, 1) and sizes.at_least(index + size):
        return sizes.resolve(index + size)
    return None


def position(t: Trace, index: Size, size: Size, axis: int) -> Size:
    """An index of an axis, counted from the start; out of range is NumPy's error."""
    decide = t.sizes.decide
    start = index if decide(index, ">=", 0) else index + size
    if not decide(start, ">=", 0) or not decide(start, "<", size):
        raise t.error(
            IndexingError,
            f"index {t.sizes.show(index)} is out of bounds for axis {axis} with "
            f"size {t.sizes.show(size)}",
            "an index lies between -size and size - 1",
        )
    return t.sizes.resolve(start)


def _array_item(
    t: Trace, entry: Any, size: Size, axis: int, slot: int
) -> tuple[Item, Operand, bool]:
    static = entry if isinstance(entry, np.ndarray) else None
    operand = t.lift(t.outside.fresh(static) if static is not None else entry)
    if operand.type.dtype.kind not in "iu":
        raise t.error(
            IndexingError,
            "arrays used as indices must be of integer (or boolean) type",
            f"the index has dtype {operand.type.dtype}: convert it with .astype(int)",
        )
    if not operand.shape:
        return AtValue(slot), operand, is_traced(entry) and entry.kind == "array"
    checked = False
    if static is not None and static.size:
        for bound in (int(static.min()), int(static.max())):
            position(t, bound, size, axis)
        checked = int(static.min()) >= 0
    return Gather(slot, checked=checked), operand, False


def _entry(t: Trace, entry: Any) -> Any:
    """One part of an index, normalised: None, Ellipsis, slice, int, SymInt, array."""
    if entry is None or entry is Ellipsis or isinstance(entry, (slice, SymInt)):
        return entry
    if isinstance(entry, (bool, np.bool_)):
        raise t.error(
            IndexingError,
            "a single bool as an index is not supported",
            "use None to add an axis, or an if statement",
        )
    if isinstance(entry, (int, np.integer)):
        return int(entry)
    if isinstance(entry, SymRange):
        return t.wrap(t.lift(entry), array=True)
    if isinstance(entry, (list, tuple, range)):
        return _list_entry(t, list(entry))
    if is_traced(entry):
        return entry
    if isinstance(entry, np.ndarray):
        return entry if entry.ndim else _entry(t, entry[()])
    if isinstance(entry, (float, np.floating)):
        raise t.error(
            IndexingError,
            "only integers, slices (`:`), ellipsis (`...`), None and "
            "integer or boolean arrays are valid indices",
            "convert it with int()",
        )
    if hasattr(entry, "__index__"):
        return entry.__index__()
    raise t.error(
        IndexingError,
        f"an index of type {type(entry).__name__} is not supported",
        "use integers, slices, arrays of integers or boolean masks",
    )


def _list_entry(t: Trace, items: list[Any]) -> Any:
    if not any_traced(items):
        array = np.array(items)
        return array.astype(np.int64) if array.size == 0 else array
    return t.wrap(t.lift(items), array=True)


def _axes_taken(entry: Any) -> int:
    if entry is None or entry is Ellipsis:
        return 0
    return int(entry.ndim) if is_mask(entry) else 1


def _check_indexable(t: Trace, x: TracedArray, key: Any) -> None:
    if x.weak:
        raise TypeError(f"{x.python_type().__name__!r} object is not subscriptable")
    parts = key if isinstance(key, tuple) else (key,)
    if x.kind == "numpy" and not all(part is None or part is Ellipsis for part in parts):
        raise IndexError("invalid index to scalar variable.")
