"""Python's builtin functions on traced values: done right, or refused.

Each row is `handler(frame, *args, **kwargs)`.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

import numpy as np

from adjit.ir.errors import DataDependentError, UnsupportedError
from adjit.tracer.control.logic import either, negation
from adjit.tracer.control.rows import has_rows, item_ndim, length, stacked
from adjit.tracer.control.sequences import (
    Sequence,
    backwards,
    bound_number,
    enumerated,
    sequence_of,
    zipped,
)
from adjit.tracer.interpreter import control, protocols
from adjit.tracer.interpreter.attributes import (
    delete_attribute,
    has_attribute,
    load_attribute,
    store_attribute,
)
from adjit.tracer.interpreter.builtin_numbers import NUMBERS, Handler
from adjit.tracer.interpreter.frame import NO_ARGUMENT, Frame
from adjit.tracer.interpreter.native import guard_special, guard_state
from adjit.tracer.operators import is_traced
from adjit.tracer.outside import holds_traced
from adjit.tracer.symint import SymInt, number_of
from adjit.tracer.symrange import SymRange, range_of


def _len(frame: Frame, value: Any) -> Any:
    if is_traced(value):
        if not value.ndim:
            raise TypeError("len() of unsized object")
        return number_of(value.trace, value.dims[0])
    outside = frame.trace.outside
    if has_rows(value):
        return length(frame.trace, value)
    if isinstance(value, Sequence):
        return number_of(frame.trace, frame.trace.sizes.resolve(value.count))
    if outside.is_outside_container(value) and not isinstance(value, tuple):
        outside.guard("len", value, None, len(value))
    method = protocols.user_method(frame, value, "__len__")
    return len(value) if method is None else frame.call(method, value)


def _range(frame: Frame, *bounds: Any) -> range | SymRange:
    bounds = tuple(bound_number(frame.trace, n) for n in bounds)
    symbolic = any(isinstance(n, SymInt) for n in bounds)
    for n in bounds:
        guard_special(frame, n, "__index__")
    return range_of(*bounds) if symbolic else range(*bounds)


def _integer(frame: Frame, n: Any) -> Any:
    return int(n) if isinstance(n, SymInt) else n


def _isinstance(frame: Frame, value: Any, classes: Any) -> bool:
    return _is_a(_type_of(value), classes) if _stands_for(value) else isinstance(value, classes)


def _is_a(cls: type, classes: Any) -> bool:
    return issubclass(cls, classes)


def _stands_for(value: Any) -> bool:
    return is_traced(value) or isinstance(value, SymInt)


def _type_of(value: Any) -> type:
    if isinstance(value, SymInt):
        return int
    return value.python_type() if is_traced(value) else type(value)


def _type(frame: Frame, *args: Any, **kwargs: Any) -> Any:
    return _type_of(args[0]) if len(args) == 1 else type(*args, **kwargs)


def _hasattr(frame: Frame, obj: Any, name: str) -> bool:
    return has_attribute(frame, obj, name)


def _getattr(frame: Frame, obj: Any, name: str, *default: Any) -> Any:
    if default and not has_attribute(frame, obj, name):
        return default[0]
    return load_attribute(frame, obj, name)


def _print(frame: Frame, *args: Any, **kwargs: Any) -> None:
    args = frame.trace.outside.plain(args)
    if holds_traced(args):
        raise frame.trace.error(
            UnsupportedError,
            "print() of a traced value: its number is known only when the compiled function runs",
            "return the value and print it outside, or debug with the plain function",
        )
    print(*args, **kwargs)  # noqa: T201


def _text(native: Any) -> Handler:
    def text(frame: Frame, *args: Any, **kwargs: Any) -> Any:
        for x in args:
            guard_state(frame, x)
        return native(
            *[protocols.printable(frame, frame.trace.outside.plain(x)) for x in args], **kwargs
        )

    return text


def _collection(native: Any) -> Handler:
    def collection(frame: Frame, *args: Any) -> Any:
        return native(*[protocols.iterate(frame, x) for x in args])

    return collection


def _dict(frame: Frame, *args: Any, **kwargs: Any) -> dict[Any, Any]:
    return dict(*frame.trace.outside.plain(args), **kwargs)


def _zip(frame: Frame, *items: Any, strict: bool = False) -> Any:
    found = [sequence_of(frame.trace, frame.trace.outside.plain(x)) for x in items]
    parts = [x for x in found if x is not None]
    if parts and len(parts) == len(items):
        if strict and any(frame.trace.sizes.decide(x.count, "!=", parts[0].count) for x in parts):
            raise ValueError("zip() arguments have different lengths")
        return zipped(frame.trace, parts)
    return zip(*[protocols.iterate(frame, x) for x in items], strict=strict)


def _enumerate(frame: Frame, items: Any, start: Any = 0) -> Any:
    found = sequence_of(frame.trace, frame.trace.outside.plain(items))
    if found is not None:
        return enumerated(frame.trace, found, start)
    return enumerate(protocols.iterate(frame, items), _integer(frame, start))


def _map(frame: Frame, function: Any, *items: Any) -> Iterator[Any]:
    rows = zip(*[protocols.iterate(frame, x) for x in items], strict=False)
    return iter([frame.call(function, *row) for row in rows])


def _filter(frame: Frame, function: Any, items: Any) -> Iterator[Any]:
    return iter(
        [
            x
            for x in protocols.iterate(frame, items)
            if protocols.truth(frame, x if function is None else frame.call(function, x))
        ]
    )


def _sorted(frame: Frame, items: Any, /, *, key: Any = None, reverse: Any = False) -> list[Any]:
    if is_traced(items):
        raise frame.trace.error(
            DataDependentError, "sorted() compares traced values", "use np.sort"
        )
    native_key = None if key is None else functools.partial(frame.call, key)
    return sorted(protocols.iterate(frame, items), key=native_key, reverse=reverse)


def _reversed(frame: Frame, items: Any) -> Any:
    outside = frame.trace.outside
    found = sequence_of(frame.trace, outside.plain(items))
    if found is not None:
        return backwards(frame.trace, found)
    if outside.is_outside_container(items):
        items = outside.snapshot(items)
    method = protocols.user_method(frame, items, "__reversed__")
    if method is not None:
        return protocols.iterate(frame, frame.call(method, items))
    return reversed(items)


def _iter(frame: Frame, items: Any, *sentinel: Any) -> Any:
    return iter(items, *sentinel) if sentinel else iter(protocols.iterate(frame, items))


def _next(frame: Frame, items: Any, *default: Any) -> Any:
    method = protocols.user_method(frame, items, "__next__")
    if method is None:
        frame.trace.outside.refuse_store(items, None, "next() of an iterator")
        frame.trace.root.changes.take(items)
        return next(items, *default)
    try:
        return frame.call(method, items)
    except StopIteration:
        if default:
            return default[0]
        raise


def _all(frame: Frame, items: Any) -> Any:
    return negation(frame.trace, _one_holds(frame, items, False))


def _any(frame: Frame, items: Any) -> Any:
    return _one_holds(frame, items, True)


def _one_holds(frame: Frame, items: Any, wanted: bool) -> Any:
    """Whether one of the items has this truth, as a bool or a traced bool."""
    trace = frame.trace
    whole = is_traced(items) and items.kind == "array" and items.ndim == 1
    if whole or (has_rows(items) and item_ndim(items) == 0):
        array = items if whole else trace.wrap(stacked(trace, items), array=True)
        held = array != 0 if wanted else array == 0
        return trace.wrap(trace.lift(trace.lowered(np.any, held)), weak=True)
    found: Any = False
    for x in protocols.iterate(frame, items):
        flag = control.truth(frame, x)
        found = either(trace, found, flag if wanted else negation(trace, flag))
        if found is True:
            break
    return found


def _super(frame: Frame, *args: Any) -> Any:
    if args:
        return super(*args)
    inner = frame.function_frame()
    cell = inner.cells.get("__class__")
    if cell is None or inner.first is NO_ARGUMENT:
        raise RuntimeError("super(): no arguments")
    return super(cell.cell_contents, inner.first)


def _locals(frame: Frame) -> dict[str, Any]:
    return dict(frame.function_frame().locals)


def _refused(name: str, remedy: str) -> Handler:
    def refuse(frame: Frame, *args: Any, **kwargs: Any) -> Any:
        raise frame.trace.error(UnsupportedError, f"{name}() cannot be traced", remedy)

    return refuse


def _setattr(frame: Frame, obj: Any, name: str, value: Any) -> None:
    store_attribute(frame, obj, name, value)


def _delattr(frame: Frame, obj: Any, name: str) -> None:
    delete_attribute(frame, obj, name)


_READ_OUTSIDE = "read it outside the function and pass the result as an argument"
_PLAIN_CODE = "write the code out"

BUILTINS: dict[Any, Handler] = {
    **NUMBERS,
    len: _len,
    range: _range,
    isinstance: _isinstance,
    type: _type,
    hasattr: _hasattr,
    getattr: _getattr,
    setattr: _setattr,
    delattr: _delattr,
    print: _print,
    str: _text(str),
    repr: _text(repr),
    format: _text(format),
    ascii: _text(ascii),
    list: _collection(list),
    tuple: _collection(tuple),
    set: _collection(set),
    frozenset: _collection(frozenset),
    dict: _dict,
    zip: _zip,
    enumerate: _enumerate,
    map: _map,
    filter: _filter,
    sorted: _sorted,
    reversed: _reversed,
    iter: _iter,
    next: _next,
    all: _all,
    any: _any,
    super: _super,
    locals: _locals,
    input: _refused("input", _READ_OUTSIDE),
    open: _refused("open", _READ_OUTSIDE),
    eval: _refused("eval", _PLAIN_CODE),
    exec: _refused("exec", _PLAIN_CODE),
    globals: _refused("globals", "use the names themselves"),
    vars: _refused("vars", "use the attributes themselves"),
    id: _refused("id", "compare objects with `is`"),
}
