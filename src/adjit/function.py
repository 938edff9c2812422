"""The object that `grad`, `value_and_grad` and `jit` return."""

from __future__ import annotations

import functools
import threading
import types
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from adjit import arguments, display, pipeline, pytrees, selfcheck
from adjit.entry import MISS
from adjit.errors import AdjitError, ArgumentError, InternalError
from adjit.explain import Explanation, explain
from adjit.inner import innermost, trace_inside
from adjit.paths import Paths
from adjit.signature import MISSING, binder_source, live_default, parameters_of
from adjit.specialize import Specialization
from adjit.task import Task

#: So many specialisations of one function are reported.
MANY = 50


class CompiledFunction:
    """A function that is traced, differentiated and compiled at its first call.

    Later calls with the same structure, dtypes and ranks run the compiled code; a size above 1
    may change freely. Call it as the function that it was made of. Safe to call from threads.

    `source()`, `graph()`, `explain()` and `save()` show the code for given arguments, or, without
    arguments, for the last call's; `specializations` lists all code made so far.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        *,
        transform: str,
        argnums: Any = None,
        has_aux: bool = False,
        static_argnums: Any = (),
        static_argnames: Any = (),
        check: bool | None = None,
        is_method: bool = False,
    ) -> None:
        self._check = check
        self._options = {
            "transform": transform,
            "argnums": argnums,
            "has_aux": has_aux,
            "static_argnums": static_argnums,
            "static_argnames": static_argnames,
            "is_method": is_method,
        }
        self.function = function
        self._paths = Paths()
        self._lock = threading.RLock()
        self._task = _make_task(function, **self._options)
        self._make_entries()
        functools.update_wrapper(self, function, updated=())

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        return self._entry(*args, **kwargs)

    def _make_entries(self) -> None:
        """Generate two functions with the user's signature: `_entry` tries the specialisations in
        turn, `_bind` returns one value per parameter."""
        count = len(self._task.parameters.names)
        values = ", ".join(f"_adjit_{k}" for k in range(count))
        as_tuple = f"({values},)" if count else "()"
        self._entry = self._with_signature(
            f"    for _adjit_call in _adjit_calls:\n"
            f"        _adjit_result = _adjit_call({values})\n"
            f"        if _adjit_result is not _adjit_miss:\n"
            f"            _adjit_last[0] = _adjit_call\n"
            f"            return _adjit_result\n"
            f"    return _adjit_slow({as_tuple})\n"
        )
        self._bind = self._with_signature(f"    return {as_tuple}\n")

    def _with_signature(self, body: str) -> Callable[..., Any]:
        name = self._task.name
        namespace: dict[str, Any] = {
            "_adjit_calls": self._paths.calls,
            "_adjit_last": self._paths.last,
            "_adjit_miss": MISS,
            "_adjit_slow": self._slow,
            "_adjit_missing": MISSING,
            "_adjit_default": functools.partial(live_default, self.function),
        }
        text = binder_source(self._task.parameters, body, name)
        exec(compile(text, f"<adjit entry of {name}>", "exec"), namespace)
        made: Callable[..., Any] = namespace[name]
        return made

    def _slow(self, values: tuple[Any, ...]) -> Any:
        """No specialisation took the arguments as they are: normalise, look again, specialise."""
        trace = innermost([x for value in values for x in pytrees.flatten(value)[0]])
        if trace is not None:
            return trace_inside(self._task, trace, values)
        taken = arguments.take_apart(self._task, values)
        for call in tuple(self._paths.calls):
            result = call(*taken.values)
            if result is not MISS:
                self._paths.last[0] = call
                return result
        try:
            with self._lock:
                made = self._specialize(taken)
        except AdjitError as error:
            if pipeline.debug() or isinstance(error, InternalError):
                raise
            # the frames of the tracer would bury the user's line, which the message names
            raise error.with_traceback(None) from None
        except Exception as error:
            if pipeline.debug() or not _names_a_line(error):
                raise
            raise error.with_traceback(None) from error.__cause__
        result = self._paths.path(made)(*taken.values)
        if result is MISS:
            # a guard does not hold right after it was recorded: the function changed it itself
            raise ArgumentError(
                f"{self._task.name} changes, while it runs, a global or attribute that it reads, "
                "so that no compiled code stays valid",
                remedy="pass it as an argument instead",
            )
        return result

    def _specialize(self, taken: arguments.Arguments) -> Specialization:
        known = self._paths.find(taken.values)
        if known is not None:
            return known
        made = Specialization(self._task, taken)
        self._paths.add(made, checked=selfcheck.wanted(self._task, self._check))
        count = len(self._paths.specializations)
        if count % MANY == 0:
            warnings.warn(
                f"{self._task.name} was traced {count} times: an argument, "
                "global or size that the code is specialised on keeps changing",
                RuntimeWarning,
                stacklevel=4,
            )
        return made

    # What the code looks like

    @property
    def specializations(self) -> tuple[Specialization, ...]:
        """All code made so far, oldest first."""
        return self._paths.specializations

    def _for(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Specialization:
        if not args and not kwargs:
            known = self._paths.latest()
            if known is not None:
                return known
            if not self._task.parameters.names:
                return self._specialize(arguments.take_apart(self._task, ()))
            raise ArgumentError(
                f"{self._task.name} has not been called yet, so there is no code to show",
                remedy="pass arguments, or call it first",
            )
        with self._lock:
            return self._specialize(arguments.take_apart(self._task, self._bind(*args, **kwargs)))

    def source(self, *args: Any, form: str = "numpy", **kwargs: Any) -> str:
        """The generated Python.

        Parameters
        ----------
        *args, **kwargs:
            Arguments to specialise for; without any, the last call's.
        form:
            "numpy" for the reader's form: NumPy statements, forward then backward, with the
            user's names; "numba" for the kernel that runs.

        Examples
        --------
        >>> import numpy as np
        >>> from adjit import grad
        >>> print(grad(lambda x: np.sum(x**2)).source(np.ones(3)))  # doctest: +ELLIPSIS
        import numpy as np
        ...
        """
        return display.source(self._for(args, kwargs), form)

    def graph(self, *args: Any, **kwargs: Any) -> Any:
        """The graph (`adjit.ir.Graph`), forward and backward; `print` it."""
        return self._for(args, kwargs).graph

    def explain(self, *args: Any, **kwargs: Any) -> Explanation:
        """Forward statement, derivative formula and adjoint statement side by side.

        Prints as a table in a terminal and shows as HTML in a notebook.
        """
        return explain(self._for(args, kwargs))

    def save(self, path: str | Path, *args: Any, form: str = "numpy", **kwargs: Any) -> Path:
        """Write a module that computes the same, for arguments of these types and ranks.

        With `form="numpy"` it imports numpy (scipy for special functions). With `form="numba"` it
        holds the compiled kernel's source, and imports numpy and numba. Neither imports adjit.
        Returns the path. The module's function has the name that `source()` shows.
        """
        return display.save(self._for(args, kwargs), Path(path), form)

    def _adjit_trace_(self, trace: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Called instead of `__call__` inside code that is being traced."""
        return trace_inside(self._task, trace, self._bind(*args, **kwargs))

    # Being a good citizen: methods, pickling, copying, printing

    def __set_name__(self, owner: type, name: str) -> None:
        if isinstance(self.function, types.FunctionType) and not self._options["is_method"]:
            self._options["is_method"] = True
            self._task = _make_task(self.function, **self._options)
            self._make_entries()

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return self if instance is None else types.MethodType(self, instance)

    def __reduce__(self) -> Any:
        module = getattr(self, "__module__", None)
        name = getattr(self, "__qualname__", "")
        if module and _find(module, name) is self:
            return name
        return _rebuild, (self.function, {**self._options, "check": self._check})

    def __copy__(self) -> CompiledFunction:
        return self

    def __deepcopy__(self, memo: Any) -> CompiledFunction:
        return self

    def __repr__(self) -> str:
        return f"<adjit.{self._task.transform} of {self._task.name}>"


def _names_a_line(error: Exception) -> bool:
    """True for an exception of the user's code, with a note that says where it was raised."""
    notes = getattr(error, "__notes__", ())
    return any(note.startswith("while adjit traced") for note in notes)


def _make_task(
    function: Callable[..., Any],
    *,
    transform: str,
    argnums: Any,
    has_aux: bool,
    static_argnums: Any,
    static_argnames: Any,
    is_method: bool,
) -> Task:
    parameters = parameters_of(function)
    skip = 1 if is_method else 0
    statics = []
    for entries, what in ((static_argnums, "static_argnums"), (static_argnames, "static_argnames")):
        listed = (entries,) if isinstance(entries, (int, str)) else tuple(entries)
        for selected in parameters.select(listed, what, skip=skip):
            if selected.key is not None:
                raise ArgumentError(
                    f"{what} names an item of *args or **kwargs",
                    remedy="name a parameter of its own",
                )
            statics.append(selected.parameter)
    chosen = None if argnums is None else parameters.select(argnums, "argnums", skip=skip)
    for selected in chosen or ():
        if selected.parameter in statics:
            raise ArgumentError(
                f"argument {parameters.names[selected.parameter]!r} is static and differentiated",
                remedy="name it in argnums or in static_argnums, not in both",
            )
    return Task(
        function,
        parameters,
        transform,
        chosen,
        not isinstance(argnums, (tuple, list)),
        transform == "value_and_grad",
        has_aux,
        frozenset(statics),
    )


def _find(module: str, qualified_name: str) -> Any:
    import sys

    found: Any = sys.modules.get(module)
    for part in qualified_name.split("."):
        found = getattr(found, part, None)
    return found


def _rebuild(function: Callable[..., Any], options: dict[str, Any]) -> CompiledFunction:
    return CompiledFunction(function, **options)
