"""The function as the user calls it: parameters and results as trees over a graph's edges.

A tree describes nested tuples, lists, dicts, named tuples and dataclasses abstractly, so that
generated code can take the argument apart and build the result without the user's classes.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from adjit.codegen.naming import Names
from adjit.ir.errors import UnsupportedError
from adjit.ir.graph import Graph


@dataclass(frozen=True, slots=True)
class Leaf:
    """Input number `index` of the graph (in parameters), or output number `index` (in results)."""

    index: int


@dataclass(frozen=True, slots=True)
class Static:
    """A constant that the graph was built for: `value` is printed where that is possible."""

    value: Any


@dataclass(frozen=True, slots=True)
class Items:
    """A tuple or list ("tuple", "list")."""

    kind: str
    children: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Entries:
    """A dict."""

    keys: tuple[Any, ...]
    children: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Record:
    """A named tuple or dataclass ("namedtuple", "dataclass"). `like` is the expression of an
    argument of this class: in results, a copy of it with other fields is returned ("": a dict)."""

    kind: str
    fields: tuple[str, ...]
    children: tuple[Tree, ...]
    like: str = ""


Tree = Leaf | Static | Items | Entries | Record


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter. `kind`: "positional_only", "positional", "var_positional", "keyword_only" or
    "var_keyword". `default` is a `Static`, where the user's function has a default."""

    name: str
    tree: Tree
    kind: str = "positional"
    default: Static | None = None


@dataclass(frozen=True, slots=True)
class Interface:
    """The whole signature.

    `hidden` names the graph inputs that are no arguments (arrays of globals and closures);
    `arrays` gives those of them, by input number, that are written into the module.
    `gradients` maps an output number to the number of the input that it is the gradient of: such
    an output is called `d<input>` in generated code.
    """

    name: str
    parameters: tuple[Parameter, ...]
    results: Tree
    hidden: tuple[tuple[str, int], ...] = ()
    gradients: Mapping[int, int] = field(default_factory=dict)
    arrays: Mapping[int, np.ndarray[Any, Any]] = field(default_factory=dict)


def describe(value: Any, like: str = "") -> Tree:
    """The tree of a Python structure whose leaves are `Leaf` objects (others become `Static`).

    `like` is the expression of the argument that the structure is the gradient of.
    """
    if isinstance(value, (Leaf, Static, Items, Entries, Record)):
        return value
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        children = tuple(describe(getattr(value, f), _attribute(like, f)) for f in value._fields)
        return Record("namedtuple", tuple(value._fields), children, like)
    if isinstance(value, (tuple, list)):
        kind = "list" if isinstance(value, list) else "tuple"
        return Items(
            kind, tuple(describe(v, f"{like}[{k}]" if like else "") for k, v in enumerate(value))
        )
    if isinstance(value, dict):
        return Entries(
            tuple(value),
            tuple(describe(v, f"{like}[{key_text(k)}]" if like else "") for k, v in value.items()),
        )
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = tuple(f.name for f in dataclasses.fields(value))
        children = tuple(describe(getattr(value, n), _attribute(like, n)) for n in names)
        if all(isinstance(child, Static) for child in children):
            return Static(value)
        return Record("dataclass", names, children, like)
    return Static(value)


def _attribute(like: str, name: str) -> str:
    return f"{like}.{name}" if like else ""


def leaves_of(tree: Tree) -> Iterator[int]:
    """Indices of the leaves, from left to right."""
    if isinstance(tree, Leaf):
        yield tree.index
    elif not isinstance(tree, Static):
        for child in tree.children:
            yield from leaves_of(child)


def flat_interface(graph: Graph) -> Interface:
    """Every input a parameter, every output an element of the returned tuple."""
    names = Names()
    names.fresh(graph.name)
    parameters = tuple(
        Parameter(names.fresh(v.name or f"x{k}"), Leaf(k)) for k, v in enumerate(graph.inputs)
    )
    results = Items("tuple", tuple(Leaf(k) for k in range(len(graph.outputs))))
    return Interface(graph.name, parameters, results)


def flattened(interface: Interface, graph: Graph) -> Interface:
    """The same function with every leaf a positional parameter and a tuple of all outputs."""
    flat = flat_interface(graph)
    return dataclasses.replace(flat, name=interface.name, gradients=interface.gradients)


_PLAIN = (bool, int, str, bytes, type(None))


def is_plain(value: Any) -> bool:
    """True for constants whose `repr` is a Python literal with the same value."""
    if type(value) is float:
        return value - value == 0.0
    if type(value) is tuple:
        return all(map(is_plain, value))
    return type(value) in _PLAIN


def key_text(key: Any) -> str:
    """A dict key as source. Raises `UnsupportedError` for keys that are no literals."""
    if not is_plain(key):
        raise UnsupportedError(
            f"a dict with the key {key!r} cannot be written as source",
            remedy="use strings or numbers as keys",
        )
    return constant_text(key)


def constant_text(value: Any) -> str:
    """A plain constant as source, strings in double quotes."""
    if type(value) is str and value.isprintable() and not set(value) & {'"', "\\"}:
        return f'"{value}"'
    if type(value) is tuple:
        inner = ", ".join(map(constant_text, value))
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    return repr(value)
