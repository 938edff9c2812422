"""From a NumPy function to the lowering that captures it.

The tables are filled by `adjit.tracer.surface`; here they are only looked into. Keeping them apart
from their contents lets arrays, operators and lowerings use one another without import cycles.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from adjit.ir.errors import UnsupportedError

if TYPE_CHECKING:
    from adjit.tracer.trace import Trace

Lowering = Callable[..., Any]

#: function -> lowering(trace, *args, **kwargs)
LOWERINGS: dict[Any, Lowering] = {}
#: qualified name ("scipy.special.expit") -> lowering
QUALIFIED: dict[str, Lowering] = {}
#: array method -> lowering(trace, array, *args, **kwargs)
METHODS: dict[str, Lowering] = {}
#: id of an object such as `np.c_` -> lowering(trace, what stands between the brackets)
SUBSCRIPTS: dict[int, Lowering] = {}
#: qualified name of a refused function -> what to write instead
REFUSED: dict[str, str] = {}

#: `ufunc.reduce` and `.accumulate` where the ufunc has a function of its own
_REDUCERS: Mapping[tuple[str, str], Any] = {
    ("add", "reduce"): np.sum,
    ("multiply", "reduce"): np.prod,
    ("maximum", "reduce"): np.max,
    ("minimum", "reduce"): np.min,
    ("logical_and", "reduce"): np.all,
    ("logical_or", "reduce"): np.any,
    ("add", "accumulate"): np.cumsum,
    ("multiply", "accumulate"): np.cumprod,
}


def lookup(function: Any) -> Lowering | None:
    """The lowering of a function, None where it has none."""
    try:
        found = LOWERINGS.get(function)
    except TypeError:  # not hashable
        return None
    if found is None:
        owner = getattr(function, "__self__", None)
        if isinstance(owner, np.ufunc):
            return _ufunc_method(owner, function.__name__)
        if QUALIFIED:
            return QUALIFIED.get(qualified_name(function))
    return found


def qualified_name(function: Any) -> str:
    """ "module.name" of a function, "" where it has no name."""
    if isinstance(function, np.ufunc):
        name = function.__name__
        if getattr(np, name, None) is function:
            return f"numpy.{name}"
        return f"scipy.special.{name}"
    module = getattr(function, "__module__", None) or ""
    name = (
        getattr(function, "__qualname__", None)
        or getattr(function, "__name__", "")
        or (type(function).__qualname__)
    )
    return f"{module}.{name}" if module else str(name)


def public_name(function: Any) -> str:
    """The name for a message, without private modules: `scipy.linalg.solve`."""
    name = qualified_name(function) or repr(function)
    name = ".".join(part for k, part in enumerate(name.split(".")) if not k or part[:1] != "_")
    return name.replace("numpy.", "np.", 1) if name.startswith("numpy.") else name


def _ufunc_method(ufunc: np.ufunc, method: str) -> Lowering | None:
    target = _REDUCERS.get((ufunc.__name__, method))
    row = LOWERINGS.get(target) if target is not None else None
    if row is None:
        return None

    def along_first_axis(
        t: Trace, array: Any, axis: Any = 0, dtype: Any = None, out: Any = None, **kwargs: Any
    ) -> Any:
        return (
            row(t, array, axis=axis, dtype=dtype, out=out, **kwargs)
            if dtype is not None
            else (row(t, array, axis=axis, out=out, **kwargs))
        )

    return along_first_axis


def lower(trace: Trace, function: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """Capture a call of a NumPy function."""
    lowering = lookup(function)
    if lowering is None:
        raise unsupported(trace, function)
    return run(trace, lowering, args, kwargs)


def run(trace: Trace, lowering: Lowering, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """Run a lowering, and note where the memory layout of its result is not known."""
    first = len(trace.builder.equations)
    result = lowering(trace, *args, **kwargs)
    trace.check_length()
    trace.note_layout(result, [*args, *kwargs.values()], first)
    return result


def method(name: str) -> Lowering | None:
    """The lowering of an array method."""
    return METHODS.get(name)


def unsupported(trace: Trace, function: Any) -> UnsupportedError:
    """The error for a function that has no lowering."""
    name = qualified_name(function) or repr(function)
    short = public_name(function)
    remedy = REFUSED.get(name) or REFUSED.get(short) or _nearest(name)
    error = trace.error(
        UnsupportedError,
        f"{short} received a traced value, and adjit does not know its derivative",
        remedy,
    )
    assert isinstance(error, UnsupportedError)
    return error


def _nearest(name: str) -> str:
    """What to try instead of a function: a supported one of nearly the same name."""
    known = sorted({qualified_name(f) for f in LOWERINGS} | set(QUALIFIED))
    module, _, short = name.rpartition(".")
    names = [k.rpartition(".")[2] for k in known if k.rpartition(".")[0] == module]
    near = difflib.get_close_matches(short, names, n=1, cutoff=0.75)
    hint = f"the nearest supported name is {near[0]}; else " if near else ""
    return (
        f"{hint}write it with supported NumPy functions, or compute it outside the "
        "differentiated function and pass the result in"
    )
