"""Opening regions: one scope for the whole function, as Python has it.

In the graph a region sees nothing but its inputs. In the text a captured value is the outer
variable, and a carried value, its next value and the loop's result are one variable. So regions
are copied with their captured inputs replaced by the outer values, and with the inputs that stand
for carried values replaced by the loop's results: a value that is *bound several times*, before
the loop and at the end of its body (the outputs of a branch: at the end of either arm).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any

import numpy as np

from adjit.codegen.numpy_form.indices import index_symbol, reindexing, stop_of
from adjit.ir.dims import Dim, Size, Symbol, symbol_size, symbols_of
from adjit.ir.graph import Equation, Graph, param_sizes, symbols_used
from adjit.ir.primitives import elementwise as ew
from adjit.ir.primitives import structural as st
from adjit.ir.substitution import substitute
from adjit.ir.values import Operand, Type, Value

INT = np.dtype(np.int64)
Resize = Callable[[Size], Size]


@dataclass(frozen=True, slots=True)
class Opened:
    """A graph with open regions.

    A `loop` has its first values as inputs, the region's one input is the index; its params are
    `start`, `stop` and `step` of a `range`. A `while` carries its number of trips, too. Branches
    have the predicate as input; a checkpoint's body stands in its place.
    `bound` are the values that hold the numbers of symbols, Python ints when the text runs;
    `wishes` names for values without one; `notes` comments on the equations from which on a
    checkpoint's body stands.
    """

    graph: Graph
    bound: Mapping[Symbol, Value] = field(default_factory=dict)
    wishes: Mapping[Value, str] = field(default_factory=dict)
    notes: Mapping[Equation, str] = field(default_factory=dict)


def open_regions(graph: Graph) -> Opened:
    """The graph with its regions opened; its own values stay what they are."""
    opener = _Opener(_mentioned_in_regions(graph.equations))
    known: dict[Value, Operand] = {}
    equations = opener.block(graph.equations, known, None, "")
    outputs = tuple(_look_up(known, x) for x in graph.outputs)
    opened = replace(graph, equations=tuple(equations), outputs=outputs)
    return Opened(opened, opener.bound, opener.wishes, opener.notes)


def walk(equations: Sequence[Equation]) -> Iterator[Equation]:
    """All equations, those of regions after the one that has the region."""
    for eqn in equations:
        yield eqn
        for region in eqn.regions:
            yield from walk(region.equations)


@dataclass(slots=True)
class _Opener:
    mentioned: set[Symbol]
    bound: dict[Symbol, Value] = field(default_factory=dict)
    wishes: dict[Value, str] = field(default_factory=dict)
    notes: dict[Equation, str] = field(default_factory=dict)
    made: int = 0

    def block(
        self,
        equations: Sequence[Equation],
        known: dict[Value, Operand],
        resize: Resize | None,
        role: str,
    ) -> list[Equation]:
        """The equations with known values replaced; `resize` is None at the outermost level, where
        values stay what they are. A `role` takes the place of the equations' own."""
        out: list[Equation] = []
        for eqn in equations:
            inputs = tuple(_look_up(known, x) for x in eqn.inputs)
            params, outputs, source = eqn.params, eqn.outputs, eqn.source
            if resize is not None:
                resize, params = self._renamed(resize, eqn)
                outputs = tuple(_resized(v, resize) for v in outputs)
                params = {key: _mapped(item, resize) for key, item in params.items()}
                known.update(zip(eqn.outputs, outputs, strict=True))
                found = None if source is None else known.get(source, source)
                source = found if isinstance(found, Value) else None
            copy = replace(
                eqn,
                inputs=inputs,
                outputs=outputs,
                params=params,
                source=source,
                role=role or eqn.role,
            )
            if eqn.primitive.name == "checkpoint":
                body = self._checkpoint(copy, known, resize or _same)
                known.update(zip(eqn.outputs, body.outputs, strict=True))
                out += body.equations
            elif eqn.primitive.name == "require":
                known[eqn.output] = copy.inputs[0]
                out.append(copy)
            elif self._is_number_already(copy):
                known[eqn.output] = copy.inputs[0]
            else:
                out += self._opened(copy, known, resize or _same, role)
        return out

    def _is_number_already(self, eqn: Equation) -> bool:
        """True for a `bind` of a value that is a Python int: the trips of a `while`."""
        if eqn.primitive.name != "bind" or eqn.inputs[0] not in self.bound.values():
            return False
        value = eqn.inputs[0]
        assert isinstance(value, Value)
        self.bound[eqn.params["symbol"]] = value
        return True

    def _renamed(self, resize: Resize, eqn: Equation) -> tuple[Resize, dict[str, Any]]:
        """A new symbol where the equation binds one: regions may be copies of each other."""
        params = dict(eqn.params)
        if eqn.primitive.name in ("bind", "nonzero"):
            old = params["symbol"]
            params["symbol"] = new = replace(old, name=self._fresh(old.name))
            self.mentioned.add(new)
            resize = _then({old: symbol_size(new)}, resize)
        return resize, params

    def _fresh(self, name: str) -> str:
        self.made += 1
        return f"{name}.{self.made}"

    def _opened(
        self, eqn: Equation, known: dict[Value, Operand], resize: Resize, role: str
    ) -> list[Equation]:
        name = eqn.primitive.name
        if name == "loop":
            return [self._loop(eqn, known, resize, role)]
        if name == "while":
            return self._while(eqn, known, resize, role)
        if name == "branch":
            regions = tuple(
                self._region(eqn.regions[k], eqn.inputs[1:], known, resize, role) for k in (0, 1)
            )
            return [replace(eqn, inputs=eqn.inputs[:1], regions=regions)]
        if name == "bind":
            self.bound[eqn.params["symbol"]] = eqn.output
        if name == "nonzero" and eqn.params["symbol"] in self.mentioned:
            return [eqn, *self._counted(eqn)]
        return [eqn]

    def _region(
        self,
        region: Graph,
        operands: Sequence[Operand],
        known: dict[Value, Operand],
        resize: Resize,
        role: str,
        inputs: tuple[Value, ...] = (),
    ) -> Graph:
        known.update(zip(region.inputs, operands, strict=True))
        equations = self.block(region.equations, known, resize, role)
        outputs = tuple(_look_up(known, x) for x in region.outputs)
        return Graph(inputs, tuple(equations), outputs, {}, region.name)

    def _checkpoint(self, eqn: Equation, known: dict[Value, Operand], resize: Resize) -> Graph:
        """The body, copied; what an adjoint runs once more belongs to the adjoint."""
        again = eqn.role if eqn.role == "backward" else ""
        body = self._region(eqn.regions[0], eqn.inputs, known, resize, again)
        line = "" if eqn.location is None else eqn.location.text
        self.notes.update((inner, f"checkpoint: {line}".rstrip(": ")) for inner in body.equations)
        return body

    def _loop(
        self, eqn: Equation, known: dict[Value, Operand], resize: Resize, role: str
    ) -> Equation:
        p, n = eqn.params, eqn.params["carried"]
        start, step, count = p["start"], p["step"], p["count"]
        symbol = index_symbol(self._fresh(p["index_name"]), start, step, count)
        index = Value(Type(INT), p["index_name"] or "i", eqn.location)
        self.bound[symbol] = index
        inner = reindexing(p["symbol"], symbol, start, step)
        self._name_results(eqn, n)
        body = self._region(
            eqn.regions[0],
            (*eqn.outputs, *eqn.inputs[n:]),
            known,
            lambda size: inner(resize(size)),
            role,
            (index,),
        )
        params = {"start": start, "stop": stop_of(start, step, count), "step": step}
        return replace(eqn, inputs=eqn.inputs[:n], params=params, regions=(body,))

    def _while(
        self, eqn: Equation, known: dict[Value, Operand], resize: Resize, role: str
    ) -> list[Equation]:
        p, n = eqn.params, eqn.params["carried"]
        symbol = Symbol(self._fresh(p["index_name"]), None, 0)
        trips = eqn.outputs[n]
        self.bound[symbol] = trips
        self.wishes[trips] = p["index_name"] or "trips"
        self._name_results(eqn, n)
        inner = _then({p["symbol"]: symbol_size(symbol)}, resize)
        operands = (*eqn.outputs[:n], *eqn.inputs[n:])
        condition, body = (
            self._region(region, operands, known, inner, role) for region in eqn.regions
        )
        zero, following = (_dim(size, eqn) for size in (0, symbol_size(symbol) + 1))
        body = replace(
            body,
            equations=(*body.equations, following),
            outputs=(*body.outputs, following.output),
        )
        carried = (*eqn.inputs[:n], zero.output)
        return [zero, replace(eqn, inputs=carried, params={}, regions=(condition, body))]

    def _name_results(self, eqn: Equation, count: int) -> None:
        for value, inner in zip(eqn.outputs[:count], eqn.regions[-1].inputs, strict=False):
            if not value.name and inner.name:
                self.wishes[value] = inner.name

    def _counted(self, eqn: Equation) -> list[Equation]:
        """The number of True entries as a variable, for the regions that mention it."""
        mask, symbol = eqn.inputs[0], eqn.params["symbol"]
        whole = Value(mask.type.with_dtype(INT))
        total, count = Value(Type(INT)), Value(Type(INT), "count")
        self.bound[symbol] = count
        axes = tuple(range(len(mask.shape)))

        def make(primitive: Any, x: Operand, out: Value, **params: Any) -> Equation:
            return Equation(primitive, (x,), (out,), params, (), eqn.location, eqn.role)

        return [
            make(ew.convert, mask, whole, dtype=INT),
            make(st.reduce, whole, total, op="sum", axes=axes, keepdims=False),
            make(st.bind, total, count, symbol=symbol),
        ]


def _dim(size: Size, eqn: Equation) -> Equation:
    return Equation(st.dim, (), (Value(Type(INT)),), {"size": size}, (), eqn.location, eqn.role)


def _look_up(known: Mapping[Value, Operand], x: Operand) -> Operand:
    return known.get(x, x) if isinstance(x, Value) else x


def _mentioned_in_regions(equations: Sequence[Equation]) -> set[Symbol]:
    """Symbols of which a region, or the header of a loop, wants to know the number."""
    out: set[Symbol] = set()
    for eqn in equations:
        if eqn.regions:
            out.update(s for size in param_sizes(eqn.params) for s in symbols_of(size))
        out.update(s for region in eqn.regions for s in symbols_used(region))
    return out


def _same(size: Size) -> Size:
    return size


def _then(table: Mapping[Symbol, Size], resize: Resize) -> Resize:
    return lambda size: resize(substitute(size, table))


def _resized(value: Value, resize: Resize) -> Value:
    shape = tuple(map(resize, value.shape))
    return Value(Type(value.dtype, shape), value.name, value.location)


def _mapped(item: Any, resize: Resize) -> Any:
    """Parameters with every size in them mapped, however deep it stands."""
    if isinstance(item, Dim):
        return resize(item)
    if isinstance(item, tuple):
        return tuple(_mapped(x, resize) for x in item)
    if is_dataclass(item) and not isinstance(item, (type, Symbol)) and hasattr(item, "sizes"):
        changed = {f.name: _mapped(getattr(item, f.name), resize) for f in fields(item)}
        return replace(item, **changed)
    return item
