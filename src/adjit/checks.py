"""The checks of a call path: do these arguments, and the state of the world, fit?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import optree

from adjit import pytrees
from adjit.guards import guard_condition, hidden_expression
from adjit.ir.dims import Size, Symbol
from adjit.ir.graph import Graph
from adjit.ir.substitution import to_source
from adjit.leaves import Kind, same_static
from adjit.options import Options, chosen
from adjit.results import Result
from adjit.tracer import Guard, Hidden, SizeGuard

#: Returned by a call that does not fit the arguments.
MISS: Any = type("Miss", (), {"__repr__": lambda self: "MISS"})()


@dataclass(frozen=True, slots=True)
class EntryPlan:
    """What the call path of a specialisation needs to know.

    Attributes
    ----------
    structures:
        One per parameter; their leaves, in order, are `kinds`.
    inputs:
        For each input of `graph` that is an argument leaf, the number of that leaf; None entries
        never occur: static leaves have no input. Hidden inputs follow.
    differentiated:
        Leaf numbers whose Python ints are taken as floats.
    results:
        What to return, see `adjit.results`.
    options, options_matter:
        The options chosen around the call that was traced; whether another choice would make
        other code.
    """

    structures: Sequence[optree.PyTreeSpec]
    kinds: Sequence[Kind]
    inputs: Sequence[int]
    differentiated: frozenset[int]
    graph: Graph
    scalar_sizes: Mapping[int, Size]
    hidden: Sequence[Hidden]
    guards: Sequence[Guard]
    size_guards: Sequence[SizeGuard]
    written: frozenset[int]
    results: Result
    options: Options | None
    options_matter: bool


class Writer:
    """Lines of the function and the objects that they mention."""

    def __init__(self, objects: Mapping[str, Any] | None = None) -> None:
        self.lines: list[str] = []
        self.objects: dict[str, Any] = {
            "MISS": MISS,
            "ndarray": np.ndarray,
            "same_static": same_static,
            "flatten": pytrees.flatten,
            **(objects or {}),
        }
        self._numbers: dict[str, int] = {}

    def line(self, text: str, indent: int = 1) -> None:
        self.lines.append("    " * indent + text)

    def miss_if(self, condition: str, indent: int = 1) -> None:
        self.line(f"if {condition}:", indent)
        self.line("return MISS", indent + 1)

    def bind(self, prefix: str, value: Any) -> str:
        """A name for an object (constants are bound, never printed)."""
        for name, known in self.objects.items():
            if known is value and name.startswith(prefix):
                return name
        number = self._numbers[prefix] = self._numbers.get(prefix, -1) + 1
        self.objects[f"{prefix}{number}"] = value
        return f"{prefix}{number}"

    def fresh(self, prefix: str) -> str:
        number = self._numbers[prefix] = self._numbers.get(prefix, -1) + 1
        return f"{prefix}{number}"

    def compile(self, name: str, parameters: int) -> Callable[..., Any]:
        """The function of the written lines, its parameters `p0`, `p1`, ..."""
        header = f"def {name}({', '.join(f'p{k}' for k in range(parameters))}):"
        text = "\n".join([header, *self.lines, ""])
        exec(compile(text, f"<adjit call path of {name}>", "exec"), self.objects)
        made: Callable[..., Any] = self.objects[name]
        return made


@dataclass(frozen=True, slots=True)
class Checked:
    """Names of the local variables after the checks: leaves, graph inputs with their kinds,
    symbols."""

    leaves: list[str]
    inputs: list[str]
    kinds: list[Kind]
    sizes: dict[Symbol, str]


def write_checks(w: Writer, plan: EntryPlan) -> Checked:
    if plan.options_matter:
        w.miss_if(f"{w.bind('chosen', chosen)}() is not {w.bind('C', plan.options)}")
    leaves = _unpack(w, plan.structures, [f"p{k}" for k in range(len(plan.structures))])
    for k, kind in enumerate(plan.kinds):
        _check_leaf(w, leaves[k], kind, k in plan.differentiated)
    inputs = [leaves[k] for k in plan.inputs]
    kinds = [plan.kinds[k] for k in plan.inputs]
    _check_world(w, plan, inputs, kinds)
    return Checked(leaves, inputs, kinds, _bind_sizes(w, plan, inputs, kinds))


def _unpack(
    w: Writer, structures: Sequence[optree.PyTreeSpec], parameters: Sequence[str]
) -> list[str]:
    leaves: list[str] = []
    for structure, parameter in zip(structures, parameters, strict=True):
        _unpack_node(w, structure, parameter, leaves)
    return leaves


def _unpack_node(w: Writer, spec: optree.PyTreeSpec, variable: str, leaves: list[str]) -> None:
    if spec.is_leaf():
        leaves.append(variable)
        return
    children = [w.fresh("v") for _ in spec.children()]
    node = w.bind("T", spec.type)
    if spec.type in (tuple, list) or optree.is_namedtuple_class(spec.type):
        w.miss_if(f"type({variable}) is not {node} or len({variable}) != {len(children)}")
        if children:
            w.line(f"{', '.join(children)}, = {variable}")
    elif spec.type is dict:
        w.miss_if(f"type({variable}) is not {node} or len({variable}) != {len(children)}")
        for child, key in zip(children, spec.entries(), strict=True):
            w.line(f"{child} = {variable}.get({w.bind('K', key)}, MISS)")
            w.miss_if(f"{child} is MISS")
    else:
        flat = w.fresh("f")
        w.line(f"{flat}, s = flatten({variable})")
        w.miss_if(f"s != {w.bind('S', spec)}")
        names = [w.fresh("v") for _ in range(spec.num_leaves)]
        if names:
            w.line(f"{', '.join(names)}, = {flat}")
        leaves.extend(names)
        return
    for inner, child in zip(spec.children(), children, strict=True):
        _unpack_node(w, inner, child, leaves)


def _check_leaf(w: Writer, v: str, kind: Kind, differentiated: bool) -> None:
    if kind.form == "array":
        _check_array(w, v, kind.dtype, len(kind.sizes), kind.layout)
    elif kind.form == "numpy":
        assert kind.dtype is not None
        w.miss_if(f"type({v}) is not {w.bind('D', kind.dtype.type)}")
    elif kind.form == "python":
        if differentiated:
            w.line(f"if type({v}) is int:")
            w.line(f"{v} = float({v})", 2)
        w.miss_if(f"type({v}) is not float")
    elif kind.form == "int":
        w.miss_if(f"type({v}) is not int or {v}.bit_length() > 31")
    elif kind.value is None:
        w.miss_if(f"{v} is not None")
    else:
        constant = w.bind("C", kind.value)
        w.miss_if(f"{v} is not {constant} and not same_static({v}, {constant})")


def _check_array(w: Writer, v: str, dtype: Any, ndim: int, layout: str) -> None:
    w.miss_if(f"type({v}) is not ndarray")
    d = w.bind("d", dtype)
    w.miss_if(f"{v}.dtype is not {d} and {v}.dtype != {d}")
    w.line(f"{v}_shape = {v}.shape")
    w.miss_if(f"len({v}_shape) != {ndim}")
    if ndim == 0:
        return
    if layout == "C":
        w.miss_if(f"not {v}.flags.c_contiguous")
    elif layout == "F":
        w.miss_if(f"not {v}.flags.f_contiguous or {v}.flags.c_contiguous")
    else:
        w.miss_if(f"{v}.flags.forc")


def _check_world(w: Writer, plan: EntryPlan, inputs: list[str], kinds: list[Kind]) -> None:
    """Guards on outside objects; hidden inputs are fetched and checked like arguments."""
    conditions = [guard_condition(guard, w.bind) for guard in plan.guards]
    if not conditions and not plan.hidden:
        return
    fetched = [w.fresh("h") for _ in plan.hidden]
    w.line("try:")
    for condition in conditions:
        w.miss_if(f"not ({condition})", 2)
    for variable, hidden in zip(fetched, plan.hidden, strict=True):
        w.line(f"{variable} = {hidden_expression(hidden, w.bind)}", 2)
    w.line("except (LookupError, AttributeError, ValueError, TypeError):")
    w.line("return MISS", 2)
    for variable, hidden in zip(fetched, plan.hidden, strict=True):
        kind = Kind(
            "array", hidden.leaf.dtype, (None,) * len(hidden.leaf.shape), hidden.leaf.layout
        )
        _check_leaf(w, variable, kind, False)
        inputs.append(variable)
        kinds.append(kind)


def _bind_sizes(
    w: Writer, plan: EntryPlan, inputs: Sequence[str], kinds: Sequence[Kind]
) -> dict[Symbol, str]:
    """Name every symbol after the axis that it is read from; check all sizes against the graph."""
    names: dict[Symbol, str] = {}
    for symbol, source in plan.graph.symbols.items():
        variable = inputs[source.index]
        number = variable if source.axis is None else f"{variable}_n{source.axis}"
        names[symbol] = number if source.divisor == 1 else f"({number} // {source.divisor})"
    checks: list[str] = []
    for k, (variable, kind, value) in enumerate(zip(inputs, kinds, plan.graph.inputs, strict=True)):
        if kind.form == "array" and value.shape:
            axes = [f"{variable}_n{axis}" for axis in range(len(value.shape))]
            w.line(f"{', '.join(axes)}, = {variable}_shape")
            sizes = list(zip(axes, value.shape, strict=True))
        elif k in plan.scalar_sizes:
            sizes = [(variable, plan.scalar_sizes[k])]
        else:
            continue
        for name, size in sizes:
            expected = to_source(size, names.__getitem__)
            if expected != name:
                checks.append(f"{name} != {expected}")
    for symbol, name in names.items():
        if symbol.lower is not None:
            checks.append(f"{name} < {symbol.lower}")
        if symbol.upper is not None:
            checks.append(f"{name} > {symbol.upper}")
    for guard in plan.size_guards:
        condition = f"{to_source(guard.size, names.__getitem__)} {guard.op} {guard.value}"
        checks.append(f"not {condition}" if guard.truth else condition)
    if checks:
        w.miss_if(" or ".join(dict.fromkeys(checks)))
    return names
