"""What a function reads from outside: hidden inputs for arrays, guards for everything else.

An object is *outside* when it was reached through a global, a closure cell, an attribute, an item
or a default: it existed before the trace and others may change it between calls. Objects made while
tracing are not.
"""

from __future__ import annotations

import functools
import re
import types
from collections import defaultdict, deque
from typing import TYPE_CHECKING, Any

import numpy as np

from adjit.ir.dims import Size, Symbol, symbol_size
from adjit.ir.errors import DTypeError, LeakedTraceError, UnsupportedError
from adjit.tracer import promotion
from adjit.tracer.arrays import TracedArray
from adjit.tracer.guards import SCALARS, Guard, Hidden, Leaf, Path
from adjit.tracer.operators import is_traced
from adjit.tracer.symint import SymInt

if TYPE_CHECKING:
    from adjit.tracer.trace import Trace

CONTAINERS = (list, tuple, dict, set, frozenset, deque)


class Outside:
    """The guards and hidden inputs of one capture."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.hidden: list[Hidden] = []
        self._guards: dict[tuple[str, int, Any, str], Guard] = {}
        self._arrays: dict[int, tuple[Any, TracedArray, Path]] = {}
        self._constants: dict[Any, tuple[Any, Leaf]] = {}
        self._known: dict[int, Any] = {}
        self._names: dict[int, str] = {}
        self._taken: set[str] = set()

    @property
    def guards(self) -> tuple[Guard, ...]:
        return tuple(self._guards.values())

    def reserve(self, name: str) -> None:
        """Keep a name (of an argument) from being given to a hidden input."""
        self._taken.add(name)

    # Objects.

    def mark(self, obj: Any, name: str = "") -> Any:
        """Remember that an object comes from outside."""
        if not isinstance(obj, SCALARS) and not is_traced(obj) and not isinstance(obj, SymInt):
            self._known.setdefault(id(obj), obj)
            if name:
                self._names.setdefault(id(obj), name)
        return obj

    def is_outside(self, obj: Any) -> bool:
        return id(obj) in self._known

    def is_outside_container(self, obj: Any) -> bool:
        return isinstance(obj, CONTAINERS) and id(obj) in self._known and _reads_plainly(type(obj))

    def guard(self, kind: str, owner: Any, key: Any, expected: Any) -> None:
        """State a fact, once."""
        slot = (kind, id(owner), key if isinstance(key, SCALARS) else id(key), type(key).__name__)
        if slot not in self._guards:
            self._guards[slot] = Guard(kind, owner, key, expected)

    def adopt(self, obj: Any, path: Path, name: str = "", *, fixed: bool = False) -> Any:
        """What the traced function sees of an object found outside.

        Arrays become hidden inputs; anything else is guarded (unless it is `fixed`: nobody can
        rebind it) and remembered as outside.
        """
        if is_traced(obj) or isinstance(obj, SymInt):
            return obj
        if isinstance(obj, np.ndarray):
            return self._adopt_array(obj, path, name)
        if not fixed:
            self.guard(path.kind, path.owner, path.key, obj)
        if isinstance(obj, types.FunctionType):
            self.guard("code", obj, None, obj.__code__)
        return self.mark(obj, name)

    def _adopt_array(self, array: Any, path: Path, name: str) -> TracedArray:
        self.check_array(array, name)
        known = self._arrays.get(id(array))
        if known is not None:
            _, traced, first = known
            if (first.kind, id(first.owner), first.key) != (path.kind, id(path.owner), path.key):
                self.guard("same", path, None, first)
            return traced
        traced = self._input(array, path, name or "array", symbolic=True)
        traced.cell.refuse_writes(
            f"the array {name or 'from outside'} is not an argument, and is written to: the "
            "compiled function does not change arrays that it finds outside",
            "pass it as an argument, or copy it first",
        )
        self._arrays[id(array)] = (array, traced, path)
        return traced

    def wrapped(self, obj: Any) -> Any:
        """The object, or its stand-in if it is a raw array."""
        return self.constant(obj) if isinstance(obj, np.ndarray) else obj

    def constant(self, array: Any) -> TracedArray:
        """A raw array met in passing (the result of an untraced call): bound as it is."""
        known = self._arrays.get(id(array))
        if known is not None:
            return known[1]
        self.check_array(array, "")
        traced = self._input(array, Path("object", array), "constant", symbolic=False)
        self._arrays[id(array)] = (array, traced, Path("object", array))
        return traced

    def fresh(self, array: Any) -> TracedArray:
        """An array made while tracing, from numbers that are known. Equal ones are one input."""
        self.check_array(array, "")
        key = (array.dtype, array.shape, array.tobytes())
        if key not in self._constants:
            made = self._input(array, Path("object", array), "constant", symbolic=False)
            self._constants[key] = (made.operand, self.hidden[-1].leaf)
        return self.trace.holder(*self._constants[key])

    def check_array(self, array: Any, name: str) -> None:
        """Raise unless it is a plain array of a supported dtype."""
        if type(array) not in (np.ndarray, np.memmap):
            raise self.trace.error(
                DTypeError,
                f"{name or 'an array'} is a {type(array).__name__}, a subclass of "
                "numpy.ndarray with a meaning of its own",
                "use np.asarray of it",
            )
        promotion.check_supported(self.trace, array.dtype)

    def _input(self, array: Any, path: Path, name: str, *, symbolic: bool) -> TracedArray:
        name = self._free_name(name)
        shape: list[Size] = []
        for axis, n in enumerate(array.shape):
            symbol = Symbol(f"{name}.shape[{axis}]", hint=n, lower=2)
            shape.append(symbol_size(symbol) if symbolic and n > 1 else n)
        layout = "C" if array.flags.c_contiguous else "F" if array.flags.f_contiguous else "A"
        leaf = Leaf(name, array.dtype, tuple(shape), layout, "array")
        root = self.trace
        value = root.add_input(leaf, auto_named=not symbolic)
        self.hidden.append(Hidden(path, leaf))
        return root.holder(value, leaf)

    def _free_name(self, name: str) -> str:
        base = re.sub(r"\W", "_", name)
        free, k = base, 1
        while free in self._taken:
            k += 1
            free = f"{base}_{k}"
        self._taken.add(free)
        return free

    # Containers.

    def item(self, container: Any, key: Any) -> Any:
        """`container[key]` of an outside list, tuple or dict; its errors are Python's own."""
        if isinstance(container, defaultdict) and key not in container:
            raise self.trace.error(
                UnsupportedError,
                f"reading the key {key!r}, which is missing, adds it to a "
                "defaultdict from outside the function",
                "use .get(key)",
            )
        found = container[key]
        if isinstance(key, slice):
            return type(container)(
                self.item(container, k) for k in range(*key.indices(len(container)))
            )
        fixed = isinstance(container, tuple)
        base = self._names.get(id(container), "")
        name = f"{base}_{key}" if isinstance(key, (int, str)) else base
        return self.adopt(found, Path("item", container, key), name, fixed=fixed)

    def snapshot(self, container: Any) -> Any:
        """A copy, made while tracing, of an outside container: what iterating over it meets."""
        if isinstance(container, (set, frozenset)):
            self.guard("keys", container, None, frozenset(container))
            return set(container) if isinstance(container, set) else container
        if isinstance(container, dict):
            self.guard("keys", container, None, tuple(container))
            return {key: self.item(container, key) for key in container}
        if not isinstance(container, tuple):
            self.guard("len", container, None, len(container))
        items = [self.item(container, k) for k in range(len(container))]
        if hasattr(container, "_fields"):
            return type(container)(*items)
        return tuple(items) if isinstance(container, tuple) else items

    def plain(self, obj: Any) -> Any:
        """The object with every outside container in it, however deep, replaced by a snapshot."""
        if self.is_outside_container(obj):
            obj = self.snapshot(obj)
        if isinstance(obj, dict):
            return _mapped(obj, {key: self.plain(x) for key, x in obj.items()})
        if type(obj) in (list, tuple):
            return _mapped(obj, type(obj)(map(self.plain, obj)))
        if isinstance(obj, tuple) and hasattr(obj, "_fields"):
            return _mapped(obj, type(obj)(*map(self.plain, obj)))
        return obj

    def refuse_store(self, obj: Any, value: Any, what: str) -> None:
        """Raise where `what` would change an object that outlives the trace."""
        if not self.is_outside(obj):
            return
        if holds_traced(value):
            raise self.trace.error(
                LeakedTraceError,
                f"{what} would keep a traced value beyond its trace",
                "return the value from the function instead",
            )
        raise self.trace.error(
            UnsupportedError,
            f"{what} changes an object from outside the function; the compiled "
            "function would do so only while it is traced",
            "return the new value instead",
        )


@functools.cache
def _reads_plainly(cls: type) -> bool:
    """True unless the user's class changes how its container is read."""
    return not any(
        isinstance(vars(base).get(name), types.FunctionType) and base.__module__ != "collections"
        for base in cls.__mro__
        for name in ("__getitem__", "__iter__", "__len__", "__contains__")
    )


def _mapped(old: Any, new: Any) -> Any:
    before = old.values() if isinstance(old, dict) else old
    after = new.values() if isinstance(new, dict) else new
    return old if all(a is b for a, b in zip(before, after, strict=True)) else new


def holds_traced(obj: Any) -> bool:
    """True when an object is traced, or is a container that holds traced values."""
    if is_traced(obj) or type(obj).__name__ == "Rows":
        return True
    if isinstance(obj, dict):
        return any(map(holds_traced, obj.values()))
    return isinstance(obj, (list, tuple, set)) and any(map(holds_traced, obj))
