"""Guards and hidden inputs as Python expressions of the call path.

`adjit.tracer.guards` defines the kinds and their reference meaning; a test compares the two. Most
guards are one dictionary look-up and an identity test, some 30 ns each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from adjit.tracer.guards import SCALARS, Guard, Hidden, check, same

Bind = Callable[[str, Any], str]

_FETCH: Mapping[str, Callable[[str, str], str]] = {
    "object": lambda owner, key: owner,
    "global": lambda owner, key: f"{owner}[{key}]",
    "cell": lambda owner, key: f"{owner}.cell_contents",
    "attr": lambda owner, key: f"getattr({owner}, {key})",
    "item": lambda owner, key: f"{owner}[{key}]",
    "default": lambda owner, key: f"{owner}.__defaults__[{key}]",
    "kwdefault": lambda owner, key: f"{owner}.__kwdefaults__[{key}]",
}


def hidden_expression(hidden: Hidden, bind: Bind) -> str:
    """Source that fetches the array; raises LookupError, AttributeError, ... where it is gone."""
    path = hidden.path
    return _FETCH[path.kind](bind("O", path.owner), _key(path.key, bind))


def guard_condition(guard: Guard, bind: Bind) -> str:
    """Source that is true while the guard holds (or raises, as the fetch of a lost object)."""
    if guard.kind == "code":
        return f"{bind('O', guard.owner)}.__code__ is {bind('C', guard.expected)}"
    if guard.kind == "len":
        return f"len({bind('O', guard.owner)}) == {int(guard.expected)}"
    if guard.kind in _FETCH:
        found = _FETCH[guard.kind](bind("O", guard.owner), _key(guard.key, bind))
        expected = bind("C", guard.expected)
        if _is_number(guard.expected):
            return f"({found} is {expected} or {bind('same', same)}({found}, {expected}))"
        return f"{found} is {expected}"
    return f"{bind('check', check)}({bind('G', guard)})"


def _is_number(x: Any) -> bool:
    import numpy as np

    return isinstance(x, np.generic) or (
        type(x) in SCALARS and x is not None and not isinstance(x, bool)
    )


def _key(key: Any, bind: Bind) -> str:
    return repr(key) if type(key) in (int, str) else bind("K", key)
