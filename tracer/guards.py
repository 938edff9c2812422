"""Facts about the objects that a function reads from outside, as plain data.

A capture depends on names in globals, closure cells, attributes, items and defaults. Arrays found
there are `Hidden` inputs, fetched afresh at each call. Everything else is a `Guard`:

kind        owner                 key       `expected`
----------  --------------------  --------  ---------------------------------------------------
"global"    globals dict          name      the object (scalars: same type and exact value)
"absent"    globals dict          name      None: the name is not there (a builtin is meant)
"cell"      closure cell          None      the object
"attr"      object                name      the object
"item"      container             key       the object
"default"   function              position  the object in `__defaults__`
"kwdefault" function              name      the object in `__kwdefaults__`
"method"    object                name      the function behind the bound method
"code"      function              None      its `__code__`
"len"       container             None      its length
"keys"      dict or set           None      tuple of its keys, in order (set: frozenset)
"missing"   container or object   key       None: no such item ("missing") or
"noattr"    object                name      attribute ("noattr")
"same"      `Path`                None      another `Path` that leads to the same array

`check` is the reference meaning of each kind; the face compiles the same tests.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from adjit.ir.dims import Symbol
from adjit.ir.values import Shape

SCALARS = (bool, int, float, complex, str, bytes, type(None))


@dataclass(frozen=True, slots=True, eq=False)
class Path:
    """How an object is reached: `kind`, `owner`, `key` as in the table above; kind "object" means
    the owner itself (a constant)."""

    kind: str
    owner: Any
    key: Any = None


@dataclass(frozen=True, slots=True, eq=False)
class Guard:
    """A fact that must hold at a call, else the function is traced again."""

    kind: str
    owner: Any
    key: Any
    expected: Any

    def __str__(self) -> str:
        return f"{self.kind} {self.key!r} is {self.expected!r}"


@dataclass(frozen=True, slots=True)
class Leaf:
    """What is known about one input: an argument leaf or a hidden array.

    `kind` is "array", "numpy" (a NumPy scalar), "python" (a weak Python float or bool) or "int"
    (a Python int that is a size: `symbol`). `layout` is "C", "F", "A" for arrays, "" else.
    """

    name: str
    dtype: np.dtype[Any]
    shape: Shape
    layout: str
    kind: str
    symbol: Symbol | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Hidden:
    """An array that the function reads from outside."""

    path: Path
    leaf: Leaf


def fetch(hidden: Hidden) -> Any:
    """The object that a hidden input is at this moment."""
    return FETCH[hidden.path.kind](hidden.path.owner, hidden.path.key)


def check(guard: Guard) -> bool:
    """True when the fact still holds."""
    if guard.kind in CHECK:
        return CHECK[guard.kind](guard)
    try:
        found = FETCH[guard.kind](guard.owner, guard.key)
    except (KeyError, IndexError, AttributeError, ValueError, TypeError):
        return False
    return same(found, guard.expected)


def same(a: Any, b: Any) -> bool:
    """Identity; for numbers and strings, equal type and exact value (0.0 is not -0.0)."""
    if a is b:
        return True
    if type(a) is not type(b):
        return False
    if isinstance(a, np.generic):
        return bool(a.tobytes() == b.tobytes() and a.dtype == b.dtype)
    if isinstance(a, float) and type(a) is float:
        return (a == b and math.copysign(1, a) == math.copysign(1, b)) or (a != a and b != b)
    return type(a) in SCALARS and repr(a) == repr(b)


def _default(function: Any, position: Any) -> Any:
    return function.__defaults__[position]


def _keyword_default(function: Any, name: Any) -> Any:
    return function.__kwdefaults__[name]


FETCH: Mapping[str, Callable[[Any, Any], Any]] = {
    "object": lambda owner, key: owner,
    "global": lambda owner, key: owner[key],
    "cell": lambda owner, key: owner.cell_contents,
    "attr": getattr,
    "item": lambda owner, key: owner[key],
    "default": _default,
    "kwdefault": _keyword_default,
}


def _check_method(guard: Guard) -> bool:
    return getattr(getattr(guard.owner, guard.key, None), "__func__", None) is guard.expected


def _check_keys(guard: Guard) -> bool:
    if isinstance(guard.owner, (set, frozenset)):
        return bool(frozenset(guard.owner) == guard.expected)
    keys = tuple(guard.owner)
    return len(keys) == len(guard.expected) and all(map(same, keys, guard.expected))


def _check_same(guard: Guard) -> bool:
    try:
        found = [FETCH[p.kind](p.owner, p.key) for p in (guard.owner, guard.expected)]
    except (KeyError, IndexError, AttributeError, ValueError, TypeError):
        return False
    return found[0] is found[1]


def _check_missing(guard: Guard) -> bool:
    try:
        return guard.key not in guard.owner
    except TypeError:
        return True


CHECK: Mapping[str, Callable[[Guard], bool]] = {
    "absent": lambda g: g.key not in g.owner,
    "missing": _check_missing,
    "noattr": lambda g: not hasattr(g.owner, g.key),
    "method": _check_method,
    "code": lambda g: g.owner.__code__ is g.expected,
    "len": lambda g: len(g.owner) == g.expected,
    "keys": _check_keys,
    "same": _check_same,
}
