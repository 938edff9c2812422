"""Python's protocols on the user's objects: truth, iteration, operators, items.

An object whose class the user wrote runs its own `__add__`, `__getitem__`, ... in the interpreter;
containers from outside are read through snapshots, so that what was read is guarded.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from adjit.ir.errors import DataDependentError, UnsupportedError
from adjit.tracer import operators
from adjit.tracer.control import rows
from adjit.tracer.control.journal import CHANGEABLE, ItemsSlot
from adjit.tracer.control.rows import has_rows
from adjit.tracer.guards import Path
from adjit.tracer.interpreter.frame import Frame
from adjit.tracer.interpreter.native import guard_special, guard_state
from adjit.tracer.operators import is_traced
from adjit.tracer.origin import is_user_function
from adjit.tracer.outside import holds_traced
from adjit.tracer.symint import SymInt

SYMBOLS: Mapping[type, str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
    ast.MatMult: "@",
    ast.BitAnd: "&",
    ast.BitOr: "|",
    ast.BitXor: "^",
    ast.LShift: "<<",
    ast.RShift: ">>",
}
_NATIVE: Mapping[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": operator.pow,
    "@": operator.matmul,
    "&": operator.and_,
    "|": operator.or_,
    "^": operator.xor,
    "<<": operator.lshift,
    ">>": operator.rshift,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
_INPLACE: Mapping[str, Callable[[Any, Any], Any]] = {
    "+": operator.iadd,
    "-": operator.isub,
    "*": operator.imul,
    "/": operator.itruediv,
    "//": operator.ifloordiv,
    "%": operator.imod,
    "**": operator.ipow,
    "@": operator.imatmul,
    "&": operator.iand,
    "|": operator.ior,
    "^": operator.ixor,
    "<<": operator.ilshift,
    ">>": operator.irshift,
}
_COMPARE: Mapping[type, str] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}
_REFLECTED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "==": "==", "!=": "!="}
_UNARY: Mapping[type, tuple[str, Callable[[Any], Any]]] = {
    ast.USub: ("__neg__", operator.neg),
    ast.UAdd: ("__pos__", operator.pos),
    ast.Invert: ("__invert__", operator.invert),
}


def user_method(frame: Frame, obj: Any, name: str) -> Any:
    """A special method that the user wrote for an object's class; None where there is none."""
    for cls in type(obj).__mro__:
        found = vars(cls).get(name)
        if found is not None:
            if not is_user_function(found):
                return None
            if cls not in frame.trace.root.own_classes:
                frame.trace.outside.guard("attr", cls, name, found)
            return found
    return None


def truth(frame: Frame, value: Any) -> bool:
    """`bool(value)`."""
    if value is True or value is False:
        return value
    if is_traced(value):
        return bool(value)
    outside = frame.trace.outside
    if outside.is_outside_container(value):
        if not isinstance(value, tuple):
            outside.guard("len", value, None, len(value))
        return len(value) > 0
    for name in ("__bool__", "__len__"):
        method = user_method(frame, value, name)
        if method is not None:
            return bool(frame.call(method, value))
    return bool(value)


def iterate(frame: Frame, value: Any) -> Iterator[Any]:
    """`iter(value)`."""
    outside = frame.trace.outside
    if outside.is_outside_container(value):
        return iter(outside.snapshot(value))
    if has_rows(value):
        return iter(rows.expanded(frame.trace, value))
    frame.trace.root.changes.take(value)
    if outside.is_outside(value) and hasattr(type(value), "__next__"):
        raise frame.trace.error(
            UnsupportedError,
            "an iterator from outside the function is used up while tracing",
            "pass the items as a list",
        )
    method = user_method(frame, value, "__iter__")
    if method is not None:
        value = frame.call(method, value)
    if user_method(frame, value, "__next__") is not None:
        return _steps(frame, value)
    return iter(value) if is_traced(value) else map(outside.wrapped, value)


def _steps(frame: Frame, value: Any) -> Iterator[Any]:
    method = user_method(frame, value, "__next__")
    while True:
        try:
            item = frame.call(method, value)
        except StopIteration:
            return
        yield item


def binary(frame: Frame, symbol: str, a: Any, b: Any) -> Any:
    """`a symbol b`."""
    if _takes_numbers(a) and _takes_numbers(b):
        if is_traced(a) or is_traced(b):
            return operators.binary(symbol, a, b)
        return _NATIVE[symbol](a, b)
    name = operators.BINARY[symbol][0]
    found = _by_user(frame, a, b, f"__{name}__", f"__r{name}__")
    if found is not NotImplemented:
        return found
    plain = frame.trace.outside.plain
    if symbol == "%" and isinstance(a, (str, bytes)):
        b = printable(frame, plain(b))
    return _NATIVE[symbol](plain(a), plain(b))


def inplace(frame: Frame, symbol: str, a: Any, b: Any) -> Any:
    """`a symbol= b`."""
    if is_traced(a) and operators.accepts(b):
        return operators.inplace(symbol, a, frame.trace.outside.plain(b))
    name = operators.BINARY[symbol][0]
    method = user_method(frame, a, f"__i{name}__")
    if method is not None:
        found = frame.call(method, a, b)
        if found is not NotImplemented:
            return found
    if isinstance(a, (list, set, dict)):
        frame.trace.outside.refuse_store(a, b, f"`{symbol}=`")
        frame.trace.root.changes.note(ItemsSlot(a))
        return _INPLACE[symbol](a, frame.trace.outside.plain(b))
    return binary(frame, symbol, a, b)


def _takes_numbers(x: Any) -> bool:
    return is_traced(x) or isinstance(x, (int, float, SymInt))


def _by_user(frame: Frame, a: Any, b: Any, forward: str, reflected: str) -> Any:
    """Python's protocol for a binary operator, as far as methods of the user's take part."""
    first, second = user_method(frame, a, forward), user_method(frame, b, reflected)
    if first is None and second is None:
        return NotImplemented
    attempts = [(first, a, b), (second, b, a)]
    if type(a) is not type(b) and issubclass(type(b), type(a)):
        attempts.reverse()
    for method, one, other in attempts:
        if method is not None:
            found = frame.call(method, one, other)
            if found is not NotImplemented:
                return found
    if first is not None and second is not None:
        raise TypeError(
            f"unsupported operand type(s): {type(a).__name__!r} and {type(b).__name__!r}"
        )
    return NotImplemented


def unary(frame: Frame, op: type, value: Any) -> Any:
    """`-x`, `+x`, `~x`."""
    name, native = _UNARY[op]
    method = user_method(frame, value, name)
    return native(value) if method is None else frame.call(method, value)


def compare(frame: Frame, op: type, a: Any, b: Any) -> Any:
    """One comparison."""
    if op is ast.Is:
        return a is b
    if op is ast.IsNot:
        return a is not b
    if op is ast.In or op is ast.NotIn:
        return contains(frame, b, a) is (op is ast.In)
    symbol = _COMPARE[op]
    if (is_traced(a) or is_traced(b)) and operators.accepts(a) and operators.accepts(b):
        plain = frame.trace.outside.plain
        return operators.binary(symbol, plain(a), plain(b))
    if not (_takes_numbers(a) and _takes_numbers(b)):
        name, reflected = operators.COMPARE[symbol][0], operators.COMPARE[_REFLECTED[symbol]][0]
        found = _by_user(frame, a, b, f"__{name}__", f"__{reflected}__")
        if found is not NotImplemented:
            return found
        plain = frame.trace.outside.plain
        a, b = plain(a), plain(b)
        guard_state(frame, a)
        guard_state(frame, b)
    return _NATIVE[symbol](a, b)


def contains(frame: Frame, container: Any, item: Any) -> bool:
    """`item in container`."""
    method = user_method(frame, container, "__contains__")
    if method is not None:
        return truth(frame, frame.call(method, container, item))
    outside = frame.trace.outside
    if isinstance(container, Mapping) and outside.is_outside(container):
        if item in container:
            outside.guard("keys", container, None, tuple(container))
            return True
        outside.guard("missing", container, item, None)
        return False
    if outside.is_outside_container(container):
        container = outside.snapshot(container)
    if isinstance(container, (list, tuple)) or is_traced(container):
        return _among(frame, container, item)
    return item in container


def _among(frame: Frame, container: Any, item: Any) -> bool:
    if is_traced(container):
        raise frame.trace.error(
            DataDependentError,
            "`in` needs the numbers in a traced array, which are known only "
            "when the compiled function runs",
            "use np.any(array == item) in a np.where",
        )
    return any(x is item or truth(frame, compare(frame, ast.Eq, x, item)) for x in container)


def get_item(frame: Frame, obj: Any, key: Any) -> Any:
    """`obj[key]`."""
    outside = frame.trace.outside
    if is_traced(obj):
        return obj[outside.plain(key)]
    if outside.is_outside_container(obj):
        return _outside_item(frame, obj, key)
    method = user_method(frame, obj, "__getitem__")
    if method is not None:
        return frame.call(method, obj, key)
    if has_rows(obj):
        return rows.item(frame.trace, obj, key)
    if isinstance(obj, (list, tuple, str, range)):
        key = _static_index(frame, key)
    if outside.is_outside(obj) and not isinstance(obj, (str, bytes, range, type)):
        return outside.adopt(obj[key], Path("item", obj, key))
    return outside.wrapped(obj[key])


def _outside_item(frame: Frame, obj: Any, key: Any) -> Any:
    outside = frame.trace.outside
    if isinstance(obj, (list, tuple)):
        key = _static_index(frame, key)
        negative = isinstance(key, slice) or key < 0
        if negative and not isinstance(obj, tuple):
            outside.guard("len", obj, None, len(obj))
        return outside.item(obj, key)
    try:
        return outside.item(obj, key)
    except KeyError:
        outside.guard("missing", obj, key, None)
        raise


def _static_index(frame: Frame, key: Any) -> Any:
    if isinstance(key, slice):
        return slice(
            *(int(x) if isinstance(x, SymInt) else x for x in (key.start, key.stop, key.step))
        )
    if is_traced(key):
        raise frame.trace.error(
            DataDependentError,
            "a list or tuple is indexed with a traced value, whose number is "
            "known only when the compiled function runs",
            "stack the list into one array (np.stack) and index that",
        )
    guard_special(frame, key, "__index__")
    return key


def set_item(frame: Frame, obj: Any, key: Any, value: Any) -> None:
    """`obj[key] = value`."""
    outside = frame.trace.outside
    if is_traced(obj):
        obj[outside.plain(key)] = outside.plain(value)
        return
    outside.refuse_store(obj, value, "the assignment to an item")
    method = user_method(frame, obj, "__setitem__")
    if method is not None:
        frame.call(method, obj, key, value)
        return
    if has_rows(obj):
        raise rows.refuse(frame.trace, "__setitem__")
    _note_items(frame, obj)
    obj[_static_index(frame, key) if isinstance(obj, list) else key] = value


def delete_item(frame: Frame, obj: Any, key: Any) -> None:
    """`del obj[key]`."""
    frame.trace.outside.refuse_store(obj, None, "the deletion of an item")
    method = user_method(frame, obj, "__delitem__")
    if method is not None:
        frame.call(method, obj, key)
        return
    if is_traced(obj):
        raise ValueError("cannot delete array elements")
    if has_rows(obj):
        raise rows.refuse(frame.trace, "__delitem__")
    _note_items(frame, obj)
    del obj[_static_index(frame, key) if isinstance(obj, list) else key]


def _note_items(frame: Frame, obj: Any) -> None:
    """The items of an object are about to change."""
    if isinstance(obj, CHANGEABLE):
        frame.trace.root.changes.note(ItemsSlot(obj))
    else:
        frame.trace.root.changes.untracked(f"an item of a {type(obj).__name__} is assigned")


def printable(frame: Frame, value: Any) -> Any:
    """The value, unless its text would need the number behind a traced value."""
    if holds_traced(value):
        raise frame.trace.error(
            DataDependentError,
            "a text is made of a traced value, whose number is known only when "
            "the compiled function runs",
            "return the value and print it outside",
        )
    guard_special(frame, value, "__format__", "__str__", "__repr__")
    return value
