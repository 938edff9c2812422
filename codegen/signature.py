"""The text of a signature: parameter list, statements that unpack, the expression that packs."""

from __future__ import annotations

from collections.abc import Callable

from adjit.codegen.arrays import array_text
from adjit.codegen.interface import (
    Entries,
    Interface,
    Items,
    Leaf,
    Parameter,
    Record,
    Static,
    Tree,
    constant_text,
    is_plain,
    key_text,
    leaves_of,
)
from adjit.codegen.naming import Names
from adjit.ir.errors import UnsupportedError

_LONG = 72
NameOf = Callable[[int], str | None]


def parameter_names(interface: Interface) -> tuple[str, ...]:
    """The names of all parameters, then those of the hidden inputs: identifiers, all different."""
    names = Names()
    wishes = [p.name for p in interface.parameters] + [name for name, _ in interface.hidden]
    return tuple(map(names.fresh, wishes))


def parameter_list(interface: Interface) -> str:
    """What stands between the parentheses of `def`, `*` and `/` included."""
    parts: list[str] = []
    names = parameter_names(interface)
    hidden = [
        f"{name}={name}" if index in interface.arrays else name
        for name, (_, index) in zip(
            names[len(interface.parameters) :], interface.hidden, strict=True
        )
    ]
    starred = False
    previous = ""
    for k, parameter in enumerate(interface.parameters):
        if previous == "positional_only" and parameter.kind != previous:
            parts.append("/")
        if parameter.kind == "keyword_only" and not starred:
            parts.append("*")
        starred |= parameter.kind in ("var_positional", "keyword_only")
        if parameter.kind == "var_keyword" and hidden:
            parts += hidden if starred else ["*", *hidden]
            hidden = []
        stars = {"var_positional": "*", "var_keyword": "**"}.get(parameter.kind, "")
        parts.append(f"{stars}{names[k]}{_default(interface.parameters[k:])}")
        previous = parameter.kind
    if previous == "positional_only":
        parts.append("/")
    if hidden:
        parts += hidden if starred else ["*", *hidden]
    return ", ".join(parts)


def constants(interface: Interface) -> list[str]:
    """Statements at the head of the module: the hidden arrays that are written into it, which are
    the defaults of the parameters of the same names."""
    names = parameter_names(interface)[len(interface.parameters) :]
    return [
        f"{name} = {array_text(interface.arrays[index])}"
        for name, (_, index) in zip(names, interface.hidden, strict=True)
        if index in interface.arrays
    ]


def _default(after: tuple[Parameter, ...]) -> str:
    """`=value` for the first, where it can be printed and so can those that must follow."""
    first = after[0]
    chain = after if first.kind in ("positional_only", "positional") else (first,)
    required = [first, *(p for p in chain[1:] if p.kind in ("positional_only", "positional"))]
    if any(p.default is None or not is_plain(p.default.value) for p in required):
        return ""
    return f"={constant_text(first.default.value)}" if first.default is not None else ""


def statics(interface: Interface) -> list[tuple[str, Static]]:
    """Every constant in the arguments, with the expression that reads it."""
    pairs = zip(parameter_names(interface), interface.parameters, strict=False)
    return [found for name, parameter in pairs for found in _statics(name, parameter.tree)]


def _statics(source: str, tree: Tree) -> list[tuple[str, Static]]:
    if isinstance(tree, Leaf):
        return []
    if isinstance(tree, Static):
        return [(source, tree)]
    pairs = zip(_parts(source, tree), tree.children, strict=True)
    return [found for text, child in pairs for found in _statics(text, child)]


def _parts(source: str, tree: Items | Entries | Record) -> list[str]:
    if isinstance(tree, Items):
        return [f"{source}[{k}]" for k in range(len(tree.children))]
    if isinstance(tree, Entries):
        return [f"{source}[{key_text(key)}]" for key in tree.keys]
    return [f"{source}.{name}" for name in tree.fields]


def unpack(interface: Interface, name: NameOf) -> list[str]:
    """Statements that take the parameters apart; `name` gives the variable of an input, None
    where the function does not use it."""
    lines: list[str] = []
    for own, parameter in zip(parameter_names(interface), interface.parameters, strict=False):
        if not isinstance(parameter.tree, (Leaf, Static)):
            lines += _take_apart(own, parameter.tree, name)
    return lines


def _take_apart(source: str, tree: Tree, name: NameOf) -> list[str]:
    if isinstance(tree, Static) or not any(name(index) for index in leaves_of(tree)):
        return []
    if isinstance(tree, Leaf):
        return [f"{name(tree.index)} = {source}"]
    if isinstance(tree, Items) and _is_pattern(tree):
        pattern = _pattern(tree, name, outer=True)
        return [f"{pattern} = {source}" if len(pattern) < _LONG else f"({pattern}) = {source}"]
    pairs = zip(_parts(source, tree), tree.children, strict=True)
    return [line for text, child in pairs for line in _take_apart(text, child, name)]


def _is_pattern(tree: Tree) -> bool:
    return isinstance(tree, (Leaf, Static)) or (
        isinstance(tree, Items) and bool(tree.children) and all(map(_is_pattern, tree.children))
    )


def _pattern(tree: Tree, name: NameOf, *, outer: bool = False) -> str:
    if isinstance(tree, Leaf):
        return name(tree.index) or "_"
    if not isinstance(tree, Items):
        return "_"
    inner = ", ".join(_pattern(child, name) for child in tree.children)
    inner += "," if len(tree.children) == 1 else ""
    return inner if outer else f"({inner})"


def pack(tree: Tree, text: Callable[[int], str], *, strict: bool = False) -> str:
    """What stands after `return`; `text` gives the expression of an output.

    An object that has no literal is printed as `...`; with `strict` it raises `UnsupportedError`.
    """
    packed = _pack(tree, text, strict)
    plain_tuple = isinstance(tree, Items) and tree.kind == "tuple" and tree.children
    return packed[1:-1] if plain_tuple else packed


def _pack(tree: Tree, text: Callable[[int], str], strict: bool) -> str:
    if isinstance(tree, Leaf):
        return text(tree.index)
    if isinstance(tree, Static):
        return _static(tree, strict)
    if isinstance(tree, Record) and tree.like:
        fields = ", ".join(
            f"{name}={_pack(child, text, strict)}"
            for name, child in zip(tree.fields, tree.children, strict=True)
            if not isinstance(child, Static)
        )
        return (
            f"{tree.like}._replace({fields})"
            if tree.kind == "namedtuple"
            else f"dataclasses.replace({tree.like}, {fields})"
        )
    children = [_pack(child, text, strict) for child in tree.children]
    if isinstance(tree, Items):
        inner = ", ".join(children)
        if tree.kind == "list":
            return f"[{inner}]"
        return f"({inner},)" if len(children) == 1 else f"({inner})"
    keys = tree.keys if isinstance(tree, Entries) else tree.fields
    pairs = zip(map(key_text, keys), children, strict=True)
    return "{" + ", ".join(f"{key}: {child}" for key, child in pairs) + "}"


def _static(tree: Static, strict: bool) -> str:
    if is_plain(tree.value):
        return constant_text(tree.value)
    if strict:
        raise UnsupportedError(
            f"the result holds an object of type {type(tree.value).__name__}, which cannot be "
            "written as source",
            remedy="return numbers, arrays and structures of them",
        )
    return "..."


def uses_dataclasses(tree: Tree) -> bool:
    """True where `pack` writes `dataclasses.replace`."""
    if isinstance(tree, (Leaf, Static)):
        return False
    here = isinstance(tree, Record) and tree.kind == "dataclass" and bool(tree.like)
    return here or any(map(uses_dataclasses, tree.children))
