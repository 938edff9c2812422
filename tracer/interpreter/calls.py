"""Calls: every call of the user's code comes through here and goes where it belongs.

In order: transforms, builtins, NumPy functions with a lowering, the user's own functions and
classes (interpreted), and the rest, which runs natively if nothing traced goes into it.
"""

from __future__ import annotations

import functools
import inspect
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from adjit.ir.errors import DataDependentError, UnsupportedError
from adjit.tracer import dispatch
from adjit.tracer.control.aliases import settle_objects
from adjit.tracer.control.exits import Exits, Return
from adjit.tracer.control.recursion import refuse_endless, too_deep
from adjit.tracer.control.results import settle_result
from adjit.tracer.control.state import Unavailable
from adjit.tracer.guards import Path
from adjit.tracer.interpreter import comprehensions, expressions
from adjit.tracer.interpreter.binding import bind
from adjit.tracer.interpreter.builtin_functions import BUILTINS
from adjit.tracer.interpreter.evaluate import evaluate
from adjit.tracer.interpreter.frame import Frame
from adjit.tracer.interpreter.functions import Template, template_of
from adjit.tracer.interpreter.native import call_native, guard_names, holds_symbolic
from adjit.tracer.interpreter.scopes import Scope
from adjit.tracer.interpreter.source import Source, source_of
from adjit.tracer.interpreter.statements import execute
from adjit.tracer.methods import BoundMethod
from adjit.tracer.operators import is_traced
from adjit.tracer.origin import is_user_class, is_user_function
from adjit.tracer.symint import SymInt
from adjit.tracer.trace import Trace

#: Importing these modules enters their rows in the table of expressions.
TABLES = (expressions, comprehensions)

Args = tuple[Any, ...]
Kwargs = dict[str, Any]


def run_function(
    trace: Trace, function: Any, args: Args, kwargs: Kwargs, frame: Frame | None = None
) -> Any:
    """Call anything on behalf of the user's code; `frame` is the caller's."""
    if frame is None or frame.trace is not trace:
        frame = Frame(trace, "", "", Scope(frozenset()), {})
    location = trace.builder.location
    try:
        return _call(frame, function, args, kwargs)
    finally:
        trace.builder.location = location


def _call(frame: Frame, function: Any, args: Args, kwargs: Kwargs) -> Any:
    transform = getattr(type(function), "_adjit_trace_", None)
    if transform is not None:
        return transform(function, frame.trace, args, kwargs)
    builtin = _builtin(function)
    if builtin is not None:
        return builtin(frame, *args, **kwargs)
    template = template_of(function)
    if template is not None:
        return _run_template(frame.trace, template, args, kwargs)
    lowering = dispatch.lookup(function)
    if lowering is not None:
        plain = frame.trace.outside.plain
        return dispatch.run(frame.trace, lowering, plain(args), plain(kwargs))
    for kind, handler in _KINDS:
        if isinstance(function, kind):
            return handler(frame, function, args, kwargs)
    return _call_object(frame, function, args, kwargs)


def _builtin(function: Any) -> Callable[..., Any] | None:
    try:
        return BUILTINS.get(function)
    except TypeError:  # not hashable
        return None


# Functions of the user's.


def _call_function(frame: Frame, function: types.FunctionType, args: Args, kwargs: Kwargs) -> Any:
    if not is_user_function(function):
        return call_native(frame, function, args, kwargs)
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        raise frame.trace.error(
            UnsupportedError,
            f"{function.__name__} is an async function",
            "write an ordinary function",
        )
    source = source_of(function)
    if source is None or source.scope.native:
        guard_names(frame, function, args)
        return function(*args, **kwargs)
    return _interpret(frame.trace, function, source, args, kwargs)


def _interpret(
    trace: Trace, function: types.FunctionType, source: Source, args: Args, kwargs: Kwargs
) -> Any:
    trace.outside.guard("code", function, None, function.__code__)
    cells = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
    inner = Frame(
        trace,
        source.name,
        source.file,
        source.scope,
        function.__globals__,
        cells=cells,
        class_name=source.class_name,
    )
    bound = bind(
        source.node.args,
        function.__name__,
        functools.partial(_default, trace, function),
        args,
        kwargs,
    )
    return _run_body(inner, source.node.body, source.node.args, bound)


def _default(trace: Trace, function: types.FunctionType, name: str) -> Any:
    """The default of a parameter, guarded: it may be changed or replaced."""
    adopt = trace.outside.adopt
    keyword = function.__kwdefaults__ or {}
    if name in keyword:
        return adopt(keyword[name], Path("kwdefault", function, name), name)
    code = function.__code__
    values = function.__defaults__ or ()
    position = (
        code.co_varnames[: code.co_argcount].index(name)
        if (name in code.co_varnames[: code.co_argcount])
        else -1
    )
    k = position - (code.co_argcount - len(values))
    if position < 0 or k < 0:
        raise KeyError(name)
    return adopt(values[k], Path("default", function, k), name)


def _run_template(trace: Trace, template: Template, args: Args, kwargs: Kwargs) -> Any:
    parent = template.parent
    inner = Frame(
        trace,
        template.name,
        parent.file,
        template.scope,
        parent.globals,
        parent=parent,
        class_name=parent.class_name,
    )
    bound = bind(template.node.args, template.name, template.defaults.__getitem__, args, kwargs)
    if template.scope.native:
        raise trace.error(
            UnsupportedError,
            f"{template.name} is {template.scope.native}, defined inside a traced function",
            "define it outside, or return a list",
        )
    return _run_body(inner, template.node.body, template.node.args, bound)


def _run_body(inner: Frame, body: Any, arguments: Any, bound: dict[str, Any]) -> Any:
    inner.locals.update({inner.mangle(name): value for name, value in bound.items()})
    positional = [*arguments.posonlyargs, *arguments.args]
    if positional:
        inner.first = bound[positional[0].arg]
    elif arguments.vararg is not None and bound[arguments.vararg.arg]:
        inner.first = bound[arguments.vararg.arg][0]
    for name, value in bound.items():
        if is_traced(value) and value.trace is inner.trace:
            _name_argument(inner.trace, value, name)
    inner.trace.root.frames.append(inner)
    try:
        refuse_endless(inner.trace)
        if not isinstance(body, list):
            return evaluate(inner, body)
        signal = execute(inner, body)
    except RecursionError:
        raise too_deep(inner.trace) from None
    finally:
        inner.trace.root.frames.pop()
    if isinstance(signal, Exits) and signal.value is None:
        return None
    if isinstance(signal, Exits):
        raise inner.trace.error(
            DataDependentError,
            f"{inner.name} returns a value on some ways and none on others, depending on numbers "
            "that are known only when the compiled function runs",
            "end the function with a return statement",
        )
    value = signal.value if isinstance(signal, Return) else None
    if isinstance(value, Unavailable):
        error = value.error(inner.trace)
        inner.trace.root.located = error  # the branch, not the call
        raise error
    settle_result(inner.trace, value)
    settle_objects(inner.trace, value)
    return value


def _name_argument(trace: Trace, value: Any, name: str) -> None:
    """A parameter names an input that has no name of the user's yet; never a temporary."""
    if value.operand in trace.auto_named:
        value.give_name(name)


# Methods, partial functions, classes, objects.


def _call_bound(frame: Frame, method: BoundMethod, args: Args, kwargs: Kwargs) -> Any:
    plain = frame.trace.outside.plain
    return method(*plain(args), **plain(kwargs))


def _call_method(frame: Frame, method: types.MethodType, args: Args, kwargs: Kwargs) -> Any:
    if is_traced(method.__self__) or isinstance(method.__self__, SymInt):
        plain = frame.trace.outside.plain
        return method(*plain(args), **plain(kwargs))
    return _call(frame, method.__func__, (method.__self__, *args), kwargs)


def _call_partial(
    frame: Frame, function: functools.partial[Any], args: Args, kwargs: Kwargs
) -> Any:
    outside = frame.trace.outside
    if not outside.is_outside(function):
        return _call(frame, function.func, (*function.args, *args), {**function.keywords, **kwargs})
    inner = outside.adopt(function.func, Path("attr", function, "func"), fixed=True)
    given = outside.snapshot(outside.mark(function.args))
    named = outside.snapshot(outside.mark(function.keywords))
    return _call(frame, inner, (*given, *args), {**named, **kwargs})


def _call_class(frame: Frame, cls: type, args: Args, kwargs: Kwargs) -> Any:
    if issubclass(cls, np.generic):
        return _convert_scalar(frame, cls, args, kwargs)
    if (
        issubclass(cls, BaseException)
        or not is_user_class(cls)
        or (type(cls).__call__ is not type.__call__)
    ):
        safe = is_user_class(cls) or issubclass(cls, BaseException)
        return cls(*args, **kwargs) if safe else call_native(frame, cls, args, kwargs)
    init: Any = vars(cls).get("__init__") or inspect.getattr_static(cls, "__init__")
    if not is_user_function(init) or source_of(init) is None:
        return _construct(frame, cls, args, kwargs)
    if is_user_function(cls.__new__):
        made = _call(frame, cls.__new__, (cls, *args), kwargs)
    elif cls.__new__ is object.__new__:
        made = object.__new__(cls)
    else:
        made = cls.__new__(cls, *args, **kwargs)
    if isinstance(made, cls):
        if cls not in frame.trace.root.own_classes:
            frame.trace.outside.guard("attr", cls, "__init__", init)
            frame.trace.outside.guard("code", init, None, init.__code__)
        _call(frame, init, (made, *args), kwargs)
    return made


def _construct(frame: Frame, cls: Any, args: Args, kwargs: Kwargs) -> Any:
    """Construct natively; the `__post_init__` of a dataclass is the user's, and interpreted."""
    post = inspect.getattr_static(cls, "__post_init__", None)
    if not is_user_function(post) or cls.__new__ is not object.__new__ or not cls.__dictoffset__:
        return cls(*args, **kwargs)
    made = object.__new__(cls)
    stand_in = functools.partial(frame.call, post, made)
    vars(made)["__post_init__"] = stand_in
    cls.__init__(made, *args, **kwargs)
    vars(made).pop("__post_init__", None)
    return made


def _convert_scalar(frame: Frame, cls: Any, args: Args, kwargs: Kwargs) -> Any:
    """`np.float32(x)` and the like."""
    args = frame.trace.outside.plain(args)
    if len(args) != 1 or kwargs or not holds_symbolic(args):
        return cls(*args, **kwargs)
    lowering = dispatch.METHODS.get("astype")
    trace = frame.trace
    value = trace.lift(args[0])
    assert lowering is not None
    made = dispatch.run(trace, lowering, (trace.wrap(value), np.dtype(cls)), {})
    return trace.wrap(trace.lift(made))


def _call_native(frame: Frame, function: Any, args: Args, kwargs: Kwargs) -> Any:
    return call_native(frame, function, args, kwargs)


def _call_object(frame: Frame, function: Any, args: Args, kwargs: Kwargs) -> Any:
    if isinstance(function, functools._lru_cache_wrapper):
        return _call(frame, function.__wrapped__, args, kwargs)
    if isinstance(function, np.vectorize):
        raise frame.trace.error(
            UnsupportedError,
            "np.vectorize runs its function number by number",
            "write it with NumPy functions on whole arrays",
        )
    if hasattr(function, "py_func") and type(function).__module__.startswith("numba"):
        return _call(frame, function.py_func, args, kwargs)
    own = inspect.getattr_static(type(function), "__call__", None)
    if is_user_function(own):
        frame.trace.outside.guard("attr", type(function), "__call__", own)
        frame.trace.outside.guard("code", own, None, own.__code__)
        return _call(frame, own, (function, *args), kwargs)
    return call_native(frame, function, args, kwargs)


_KINDS: tuple[tuple[type, Callable[..., Any]], ...] = (
    (types.FunctionType, _call_function),
    (BoundMethod, _call_bound),
    (types.MethodType, _call_method),
    (functools.partial, _call_partial),
    (type, _call_class),
    (types.BuiltinFunctionType, _call_native),
)
