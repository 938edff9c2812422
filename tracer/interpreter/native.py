"""Calls that run natively: allowed where nothing traced, and nothing random, goes into them."""

from __future__ import annotations

import copy
import inspect
import types
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from adjit.ir.errors import LeakedTraceError, UnsupportedError
from adjit.tracer import dispatch
from adjit.tracer.control.journal import CHANGEABLE, ItemsSlot
from adjit.tracer.control.rows import BLIND, has_rows, refuse
from adjit.tracer.guards import Path
from adjit.tracer.interpreter.frame import Frame
from adjit.tracer.interpreter.source import codes_in
from adjit.tracer.operators import is_traced
from adjit.tracer.origin import SAFE_MODULES, is_user_class, is_user_function
from adjit.tracer.outside import CONTAINERS, Outside, holds_traced
from adjit.tracer.symint import SymInt

#: Modules whose functions give another result at each call.
_IMPURE_MODULES = (
    "numpy.random",
    "random",
    "_random",
    "time",
    "secrets",
    "uuid",
    "datetime",
    "os",
    "posix",
    "nt",
    "_contextvars",
)
_IMPURE_TYPES = (np.random.Generator, np.random.RandomState)
_MUTATING = frozenset(
    {
        "append",
        "extend",
        "insert",
        "pop",
        "popitem",
        "remove",
        "clear",
        "sort",
        "reverse",
        "update",
        "setdefault",
        "add",
        "discard",
        "difference_update",
        "intersection_update",
        "symmetric_difference_update",
        "__setitem__",
        "__delitem__",
        "appendleft",
        "popleft",
        "extendleft",
        "rotate",
    }
)


def call_native(frame: Frame, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call a function that is neither the user's nor known to adjit."""
    owner = getattr(function, "__self__", None)
    if args and isinstance(args[0], Mapping) and _is_method(function, args[0]):
        owner, args = args[0], args[1:]
    _refuse_impure(frame, function, owner)
    if isinstance(owner, CONTAINERS):
        return _container_method(frame, function, owner, args, kwargs)
    if isinstance(owner, Mapping) and frame.trace.outside.is_outside(owner):
        return _mapping_method(frame, function.__name__, owner, args, kwargs)
    lowering = _array_method(function)
    if lowering is not None:
        return dispatch.run(frame.trace, lowering, args, kwargs)
    outside = frame.trace.outside
    args, kwargs = outside.plain(args), outside.plain(kwargs)
    for value in (*args, *kwargs.values()):
        guard_state(frame, value, function)
        if isinstance(value, CHANGEABLE) and not outside.is_outside(value):
            frame.trace.root.changes.note(ItemsSlot(value))
    if _moves_objects_only(function):
        return adopt_result(frame, function(*args, **kwargs))
    if any(map(holds_traced, args)) or any(map(holds_traced, kwargs.values())):
        raise dispatch.unsupported(frame.trace, function)
    if holds_symbolic((args, kwargs)):
        args, kwargs = concrete(args), concrete(kwargs)
    return adopt_result(frame, function(*args, **kwargs))


def _refuse_impure(frame: Frame, function: Any, owner: Any) -> None:
    module = getattr(function, "__module__", None) or type(owner).__module__ or ""
    impure = isinstance(owner, _IMPURE_TYPES) or any(
        module == m or module.startswith(m + ".") for m in _IMPURE_MODULES
    )
    if not impure and isinstance(owner, types.ModuleType):
        impure = owner.__name__ in _IMPURE_MODULES
    if not impure and type(owner).__module__ in ("random", "_random"):
        impure = True
    if impure:
        name = dispatch.public_name(function)
        raise frame.trace.error(
            UnsupportedError,
            f"{name} gives another result at each call, and the compiled "
            "function would always use that of the first",
            "call it outside (draw the numbers, read the clock), and pass what you get as an "
            "argument",
        )


def _is_method(function: Any, obj: Any) -> bool:
    """True for the function behind a method of the object that is no dict."""
    return (
        not isinstance(obj, dict)
        and isinstance(function, types.FunctionType)
        and (getattr(type(obj), function.__name__, None) is function)
    )


def _array_method(function: Any) -> Any:
    """The lowering of `np.ndarray.sum` and the like, called as a function."""
    if getattr(function, "__objclass__", None) is np.ndarray:
        return dispatch.METHODS.get(function.__name__)
    return None


def _moves_objects_only(function: Any) -> bool:
    module = getattr(function, "__module__", None) or type(function).__module__ or ""
    if module in SAFE_MODULES:
        return True
    owner = getattr(function, "__self__", None)
    if owner is not None and not isinstance(owner, types.ModuleType):
        cls = owner if isinstance(owner, type) else type(owner)
        return cls.__module__ in SAFE_MODULES or is_user_class(cls)
    objclass = getattr(function, "__objclass__", None)
    return objclass is not None and (
        is_user_class(objclass) or objclass in CONTAINERS or (objclass is object)
    )


def _container_method(
    frame: Frame, function: Any, owner: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """A method of a list, tuple, dict or set."""
    outside = frame.trace.outside
    name = function.__name__
    if not outside.is_outside(owner):
        if has_rows(owner) and name not in BLIND:
            raise refuse(frame.trace, name)
        if name in _MUTATING:
            frame.trace.root.changes.note(ItemsSlot(owner))
        return function(*args, **kwargs)
    if name in _MUTATING:
        if any(map(holds_traced, args)) or any(map(holds_traced, kwargs.values())):
            raise frame.trace.error(
                LeakedTraceError,
                f".{name}() of an object from outside the function would keep a "
                "traced value beyond its trace",
                "return the value from the function instead",
            )
        raise frame.trace.error(
            UnsupportedError,
            f".{name}() changes an object from outside the function; the "
            "compiled function would do so only while it is traced",
            "return the new value instead",
        )
    if name == "get" and isinstance(owner, dict):
        if args[0] in owner:
            return outside.item(owner, args[0])
        outside.guard("missing", owner, args[0], None)
        return args[1] if len(args) > 1 else kwargs.get("default")
    return getattr(outside.snapshot(owner), name)(*args, **kwargs)


def _mapping_method(
    frame: Frame, name: str, owner: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """A method of something like a dict, from outside: looking up a key can be guarded."""
    outside = frame.trace.outside
    if name not in ("get", "__getitem__"):
        raise frame.trace.error(
            UnsupportedError,
            f".{name}() of an object of type {type(owner).__name__} from outside "
            "the function cannot be followed",
            "use a dict, or call it outside",
        )
    if name == "__getitem__" or args[0] in owner:
        return outside.adopt(owner[args[0]], Path("item", owner, args[0]))
    outside.guard("missing", owner, args[0], None)
    return args[1] if len(args) > 1 else kwargs.get("default")


def guard_special(frame: Frame, obj: Any, *names: str) -> None:
    """Guard what special methods of the user's read, which Python calls natively."""
    for name in names:
        method = inspect.getattr_static(type(obj), name, None)
        if is_user_function(method):
            guard_names(frame, method, (obj,))
            guard_state(frame, obj)


def guard_state(frame: Frame, obj: Any, function: Any = None) -> None:
    """Guard what an object of the user's from outside holds: native code may read any of it."""
    outside = frame.trace.outside
    if not outside.is_outside(obj) or not is_user_class(type(obj)) or isinstance(obj, CONTAINERS):
        return
    if function is copy.deepcopy:
        raise frame.trace.error(
            UnsupportedError,
            "copy.deepcopy of an object from outside the function copies the "
            "arrays in it once, while tracing",
            "copy the arrays that you need: x.copy()",
        )
    for name, value in _state(obj):
        known = outside.is_outside(value)
        outside.guard("attr", obj, name, value)
        outside.mark(value)
        if isinstance(value, (list, dict)):
            guard_items(outside, value)
        elif not known:
            guard_state(frame, value)


def _state(obj: Any) -> list[tuple[str, Any]]:
    slots = [name for cls in type(obj).__mro__ for name in getattr(cls, "__slots__", ())]
    found = dict(getattr(obj, "__dict__", {}))
    found.update({name: getattr(obj, name) for name in slots if hasattr(obj, name)})
    return list(found.items())


def holds_symbolic(obj: Any) -> bool:
    """True when an object is, or holds, a traced value or a symbolic size."""
    if is_traced(obj) or isinstance(obj, SymInt):
        return True
    if isinstance(obj, dict):
        return any(map(holds_symbolic, obj.values()))
    if isinstance(obj, slice):
        return any(map(holds_symbolic, (obj.start, obj.stop, obj.step)))
    return isinstance(obj, (list, tuple, set)) and any(map(holds_symbolic, obj))


def concrete(obj: Any) -> Any:
    """The object with symbolic sizes replaced by numbers (the capture is specialised)."""
    if isinstance(obj, SymInt):
        return int(obj)
    if isinstance(obj, dict):
        return {key: concrete(x) for key, x in obj.items()}
    if type(obj) in (list, tuple):
        return type(obj)(map(concrete, obj))
    return obj


def adopt_result(frame: Frame, result: Any) -> Any:
    """Arrays that an untraced call returns become constants of the graph."""
    if isinstance(result, np.ndarray):
        return frame.trace.outside.constant(result)
    if type(result) in (list, tuple) and any(isinstance(x, np.ndarray) for x in result):
        return type(result)(adopt_result(frame, x) for x in result)
    return result


def guard_names(frame: Frame, function: types.FunctionType, args: tuple[Any, ...]) -> None:
    """Guard what a function without source reads by name: it runs natively, unseen.

    Arrays that it reads are bound as the objects that they are; a rebound name traces again.
    """
    outside = frame.trace.outside
    outside.guard("code", function, None, function.__code__)
    for cell in function.__closure__ or ():
        try:
            found = cell.cell_contents
        except ValueError:
            continue
        if not holds_traced(found):
            outside.guard("cell", cell, None, found)
            guard_items(outside, found)
    names = {name for code in codes_in(function.__code__) for name in code.co_names}
    owners = [x for x in (*args, *_own_objects(function)) if outside.is_outside(x)]
    for name in sorted(names & set(function.__globals__)):
        found = function.__globals__[name]
        outside.guard("global", function.__globals__, name, found)
        guard_items(outside, found)
        owners.append(found)
    for owner in owners:
        for name in sorted(names & set(getattr(owner, "__dict__", ()))):
            outside.guard("attr", owner, name, vars(owner)[name])
    for position, value in enumerate(function.__defaults__ or ()):
        outside.adopt(value, Path("default", function, position))


def _own_objects(function: types.FunctionType) -> Iterator[Any]:
    for cell in function.__closure__ or ():
        try:
            yield cell.cell_contents
        except ValueError:
            continue


def guard_items(outside: Outside, found: Any) -> None:
    """Guard the items of a list or dict."""
    if isinstance(found, (list, dict)):
        outside.mark(found)
        keys = range(len(found)) if isinstance(found, list) else list(found)
        outside.guard(
            "len" if isinstance(found, list) else "keys",
            found,
            None,
            len(found) if isinstance(found, list) else tuple(found),
        )
        for key in keys:
            outside.guard("item", found, key, found[key])
