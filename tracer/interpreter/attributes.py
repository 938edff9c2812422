"""Attributes: of traced arrays, of modules, of classes and of the user's objects."""

from __future__ import annotations

import functools
import types
from typing import Any

import numpy as np

from adjit.ir.errors import UnsupportedError
from adjit.tracer import dispatch
from adjit.tracer.control.journal import AttributeSlot
from adjit.tracer.guards import SCALARS, Path
from adjit.tracer.interpreter.frame import Frame
from adjit.tracer.methods import BoundMethod
from adjit.tracer.operators import is_traced
from adjit.tracer.origin import is_user_class, is_user_function, is_user_module
from adjit.tracer.symint import SymInt

_MISSING = object()


def load_attribute(frame: Frame, obj: Any, name: str) -> Any:
    """`obj.name`."""
    if is_traced(obj) or isinstance(obj, SymInt):
        return _of_traced(frame, obj, name)
    if isinstance(obj, types.ModuleType):
        return _of_module(frame, obj, name)
    if isinstance(obj, type):
        return _of_class(frame, obj, name)
    if isinstance(obj, (*SCALARS, np.generic)):
        return getattr(obj, name)
    return _of_object(frame, obj, name)


def _of_traced(frame: Frame, obj: Any, name: str) -> Any:
    own = obj.python_type() if is_traced(obj) else int
    if not hasattr(own, name):
        raise AttributeError(f"{own.__name__!r} object has no attribute {name!r}", name=name)
    method = dispatch.METHODS.get(name)
    if method is not None and is_traced(obj) and not obj.weak:
        return BoundMethod(obj, method)
    return getattr(obj, name)


def _of_module(frame: Frame, module: types.ModuleType, name: str) -> Any:
    found = getattr(module, name)
    outside = frame.trace.outside
    if isinstance(found, np.ndarray) or is_user_module(module):
        return outside.adopt(found, Path("attr", module, name), name)
    if not isinstance(found, (types.ModuleType, type)) and not callable(found):
        outside.mark(found)
    return found


def _of_class(frame: Frame, cls: type, name: str) -> Any:
    found = getattr(cls, name)
    if not is_user_class(cls) or cls in frame.trace.root.own_classes or name.startswith("__"):
        return found
    if isinstance(found, types.MethodType):
        frame.trace.outside.guard("method", cls, name, found.__func__)
        return found
    return frame.trace.outside.adopt(found, Path("attr", cls, name), name)


def _of_object(frame: Frame, obj: Any, name: str) -> Any:
    outside = frame.trace.outside
    cls = type(obj)
    raw, owner = _from_class(cls, name)
    own = vars(obj) if hasattr(obj, "__dict__") else {}
    if isinstance(raw, property) and is_user_function(raw.fget):
        _guard_class(frame, owner, name, raw)
        return frame.call(raw.fget, obj)
    if (
        isinstance(raw, functools.cached_property)
        and name not in own
        and (is_user_function(raw.func))
    ):
        return frame.call(raw.func, obj)
    if name not in own and isinstance(raw, types.FunctionType):
        return _method(frame, obj, name, raw)
    getter = (
        None
        if is_user_function(getattr(cls, "__getattribute__", None))
        else (getattr(cls, "__getattr__", None))
    )
    if raw is _MISSING and name not in own and is_user_function(getter):
        return frame.call(getter, obj, name)
    found = getattr(obj, name)
    if isinstance(found, (types.MethodType, types.BuiltinMethodType, types.MethodWrapperType)):
        if is_user_function(getattr(found, "__func__", None)):
            _guard_class(frame, owner, name, getattr(owner, name, None))
        return found
    if outside.is_outside(obj):
        if isinstance(obj, types.FunctionType) and name.startswith("__"):
            return found
        return outside.adopt(found, Path("attr", obj, name), _name_of(name))
    if (
        owner is not None
        and name not in own
        and is_user_class(owner)
        and (raw is found and owner not in frame.trace.root.own_classes)
    ):
        return outside.adopt(found, Path("attr", owner, name), _name_of(name))
    return outside.wrapped(found)


def _name_of(attribute: str) -> str:
    return attribute.strip("_") or attribute


def _from_class(cls: type, name: str) -> tuple[Any, type | None]:
    for base in cls.__mro__:
        if name in vars(base):
            return vars(base)[name], base
    return _MISSING, None


def _method(frame: Frame, obj: Any, name: str, function: types.FunctionType) -> Any:
    outside = frame.trace.outside
    if is_user_function(function) and type(obj) not in frame.trace.root.own_classes:
        if outside.is_outside(obj):
            outside.guard("method", obj, name, function)
        else:
            _guard_class(frame, _from_class(type(obj), name)[1], name, function)
    return types.MethodType(function, obj)


def _guard_class(frame: Frame, owner: type | None, name: str, expected: Any) -> None:
    """What a class of the user's holds may be replaced between calls."""
    if owner is None or owner in frame.trace.root.own_classes:
        return
    if isinstance(expected, types.MethodType):
        frame.trace.outside.guard("method", owner, name, expected.__func__)
    else:
        frame.trace.outside.guard("attr", owner, name, expected)


def store_attribute(frame: Frame, obj: Any, name: str, value: Any) -> None:
    """`obj.name = value`."""
    if is_traced(obj):
        raise frame.trace.error(
            UnsupportedError,
            f"assigning the attribute .{name} of an array is not supported",
            "use x = x.reshape(...) instead of x.shape = ..."
            if name == "shape"
            else "write to its elements: x[...] = value",
        )
    frame.trace.outside.refuse_store(obj, value, f"the assignment to .{name}")
    if isinstance(obj, (type, types.ModuleType)) and obj not in frame.trace.root.own_classes:
        frame.trace.outside.mark(obj)
        frame.trace.outside.refuse_store(obj, value, f"the assignment to .{name}")
    raw, _ = _from_class(type(obj), name)
    if isinstance(raw, property) and is_user_function(raw.fset):
        frame.call(raw.fset, obj, value)
        return
    custom = getattr(type(obj), "__setattr__", None)
    if is_user_function(custom):
        frame.call(custom, obj, name, value)
        return
    frame.trace.root.changes.note(AttributeSlot(obj, name))
    setattr(obj, name, value)


def delete_attribute(frame: Frame, obj: Any, name: str) -> None:
    """`del obj.name`."""
    frame.trace.outside.refuse_store(obj, None, f"the deletion of .{name}")
    frame.trace.root.changes.note(AttributeSlot(obj, name))
    delattr(obj, name)


def has_attribute(frame: Frame, obj: Any, name: str) -> bool:
    """`hasattr(obj, name)`."""
    try:
        load_attribute(frame, obj, name)
    except AttributeError:
        if frame.trace.outside.is_outside(obj):
            frame.trace.outside.guard("noattr", obj, name, None)
        return False
    return True
