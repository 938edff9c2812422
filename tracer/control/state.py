"""What a slot can hold: trees whose leaves are numbers, arrays, or anything that stays as it is."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from adjit.ir.dims import Size
from adjit.ir.errors import DataDependentError
from adjit.ir.values import Shape
from adjit.tracer.control.journal import MISSING, NotRollable
from adjit.tracer.guards import SCALARS, same
from adjit.tracer.operators import is_traced
from adjit.tracer.origin import is_user_class
from adjit.tracer.symint import SymInt, size_of

if TYPE_CHECKING:
    from adjit.tracer.trace import Trace


@dataclass(frozen=True, slots=True)
class Unavailable:
    """Stands for a value that is not the same thing on all ways that lead here: an error where it
    is used, not before."""

    label: str
    reason: str
    remedy: str = "give it a value of the same kind before the loop or branch"

    def error(self, trace: Trace) -> DataDependentError:
        # turn by turn it may be known
        cls = NotRollable if trace.root.changes.open else DataDependentError
        return trace.error(cls, f"{self.label} is not known here: {self.reason}", self.remedy)


def is_nothing(content: Any) -> bool:
    """True for a slot that has no value that could be read."""
    return content is MISSING or isinstance(content, Unavailable)


@dataclass(frozen=True, slots=True)
class Kind:
    """The type of a leaf: `form` "python", "numpy" (scalars) or "array"."""

    form: str
    dtype: np.dtype[Any]
    shape: Shape = ()


def kind_of(leaf: Any) -> Kind | None:
    """The type of a number or array; None for anything else."""
    if is_traced(leaf):
        return Kind(leaf.kind, np.dtype(leaf.dtype), tuple(leaf.dims))
    if isinstance(leaf, SymInt):
        return Kind("python", np.dtype(np.int64))
    if isinstance(leaf, np.generic) and leaf.dtype.kind in "biuf":
        return Kind("numpy", leaf.dtype)
    if type(leaf) in (bool, int, float):
        return Kind("python", np.dtype(type(leaf)))
    return None


def joined(a: Kind, b: Kind) -> Kind | None:
    """The type that holds both: of scalars NumPy's promotion, of arrays the one that they share;
    None where there is none."""
    if a == b:
        return a
    if "array" in (a.form, b.form):
        return None
    if a.form == b.form:
        if (a.dtype.kind == "b") != (b.dtype.kind == "b"):
            return None
        return Kind(a.form, np.result_type(a.dtype, b.dtype))
    weak, strong = (a, b) if a.form == "python" else (b, a)
    if (weak.dtype.kind == "b") != (strong.dtype.kind == "b"):
        return None
    zero = {"b": False, "i": 0}.get(weak.dtype.kind, 0.0)
    return Kind("numpy", np.result_type(strong.dtype, zero))


def is_integer(leaf: Any) -> bool:
    """True for Python's integers, bools not counted."""
    return isinstance(leaf, SymInt) or type(leaf) is int


def unchanged(a: Any, b: Any) -> bool:
    """True where two leaves are the same thing."""
    if a is b:
        return True
    if is_traced(a) and is_traced(b):
        if a.kind != b.kind:
            return False
        if a.kind == "array":
            return a.cell is b.cell and a.steps == b.steps
        return a.operand is b.operand
    if is_integer(a) and is_integer(b):
        return size_of(a) == size_of(b)
    return not is_traced(a) and not is_traced(b) and same(a, b)


def is_plain(leaf: Any) -> bool:
    """True for constants that mean the same inside and outside of a region."""
    return isinstance(leaf, (*SCALARS, np.generic, type)) and leaf is not MISSING


# Trees.


@dataclass(frozen=True, slots=True)
class Tree:
    """A structure without its leaves; `make` puts others in their places."""

    key: Any
    count: int
    template: Any

    def make(self, leaves: Sequence[Any]) -> Any:
        return _build(self.template, iter(leaves), {})


#: What lists, dicts and attributes hold at another time than now: contents by the keys of slots.
Contents = Mapping[tuple[Any, ...], Any]


def flatten(obj: Any, contents: Contents | None = None) -> tuple[Tree, list[Any]]:
    """The structure and the leaves of what a slot holds."""
    leaves: list[Any] = []
    key = _visit(obj, leaves, contents or {})
    return Tree(key, len(leaves), obj), leaves


def children(obj: Any, contents: Contents | None = None) -> tuple[Any, list[Any]] | None:
    """(what must be equal, the parts) of a container or object; None for a leaf."""
    if is_traced(obj):
        return None
    if contents and type(obj) in (list, dict):
        obj = contents.get(("items", id(obj)), obj)
    if type(obj) in (list, tuple):
        return (type(obj), len(obj)), list(obj)
    if isinstance(obj, tuple) and hasattr(obj, "_fields"):
        return type(obj), list(obj)
    if type(obj) is dict:
        return (dict, tuple(obj)), list(obj.values())
    if _is_record(obj):
        held = _attributes(obj, contents or {})
        return (type(obj), tuple(held)), list(held.values())
    return None


def _attributes(obj: Any, contents: Contents) -> dict[str, Any]:
    held = dict(vars(obj))
    for kind, owner, *name in contents:
        if kind == "attribute" and owner == id(obj):
            held[name[0]] = contents[kind, owner, *name]
    return {name: x for name, x in held.items() if x is not MISSING}


def _is_record(obj: Any) -> bool:
    cls = type(obj)
    if cls is types.SimpleNamespace:
        return True
    return (
        hasattr(obj, "__dict__")
        and not callable(obj)
        and is_user_class(cls)
        and not dataclasses.is_dataclass(cls) | issubclass(cls, (BaseException, type))
    ) or (dataclasses.is_dataclass(cls) and hasattr(obj, "__dict__"))


def _visit(obj: Any, leaves: list[Any], contents: Contents) -> Any:
    parts = children(obj, contents)
    if parts is None:
        leaves.append(obj)
        return None
    head, items = parts
    return head, tuple(_visit(x, leaves, contents) for x in items)


def _build(template: Any, leaves: Any, memo: dict[int, Any]) -> Any:
    parts = children(template)
    if parts is None:
        return next(leaves)
    items = [_build(x, leaves, memo) for x in parts[1]]
    if id(template) not in memo:
        memo[id(template)] = assembled(template, items)
    return memo[id(template)]


def is_changeable(obj: Any) -> bool:
    """True for the containers and objects that can be changed in place."""
    return type(obj) in (list, dict) or (not is_traced(obj) and _is_record(obj))


def assembled(template: Any, items: Sequence[Any]) -> Any:
    """A container or object like the template, of these parts."""
    if type(template) in (list, tuple):
        made: Any = type(template)(items)
    elif isinstance(template, tuple):
        made = type(template)(*items)
    elif type(template) is dict:
        made = dict(zip(template, items, strict=True))
    else:
        maker = types.SimpleNamespace if type(template) is types.SimpleNamespace else object
        made = maker.__new__(type(template))
        vars(made).update(zip(vars(template), items, strict=True))
    return made


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Items of a list as one array: `count` of them along its first axis.

    It stands in the list for all of these items. `form` is that of an item, where it is a number.
    `running`: the loop that appends to the list is being traced.
    """

    array: Any
    count: Size
    form: str = "numpy"
    running: bool = False
