"""Scalar values inside the loops: each computed once, at the outermost loop that it depends on."""

from __future__ import annotations

import re
from collections.abc import Mapping

from adjit.codegen.naming import Names
from adjit.codegen.numba_form.buffers import Storage
from adjit.codegen.numba_form.fuse import Loop
from adjit.codegen.numba_form.lower import Lowering
from adjit.codegen.numba_form.scalars import ATOM, MODULES, ROWS, literal_text
from adjit.codegen.numba_form.scopes import Scope
from adjit.codegen.numba_form.space import Index
from adjit.codegen.numba_form.statements import Memory, Recipe
from adjit.codegen.numba_form.writer import Body
from adjit.ir.dims import Size, Symbol, symbol_size
from adjit.ir.substitution import opened, to_source
from adjit.ir.values import Literal, Operand, Shape, Type, Value

FAR = "far"
_TRIGONOMETRIC = ("sin", "cos")
_FUNCTIONS = frozenset(name for names in MODULES.values() for name in names)
LETTERS = ("i", "j", "k", "l", "p", "q", "r", "s")


class Context:
    """What emission knows at one place of the program.

    `path` holds the open scopes and loops with their bodies; `header` the lines before everything
    else. `floor` marks the scope outside of which no element may be read: it need not exist there.
    """

    def __init__(self, low: Lowering, storages: Mapping[int, Storage], wide: bool) -> None:
        self.low = low
        self.storages = storages
        self.wide = wide
        self.names = Names(_FUNCTIONS | {"math", "far", "kernel"})
        self.header = Body()
        self.root = Body()
        self.path: list[tuple[Loop | Scope, Body]] = []
        self.floor: Symbol | None = None
        self.loops: dict[Symbol, str] = {}
        self.symbols: dict[Symbol, str] = {}
        self.scalars: dict[Value, str] = {}
        self.arrays: dict[int, str] = {}
        self.constants: dict[str, str] = {}
        self.variables = _loop_variables(low, self.names)
        self.letters = [self.names.fresh(letter) for letter in LETTERS]
        self.allocated: list[str] = []
        self.results: list[str] = []
        self.far = False
        self.comment = ""
        self._partners = _partners(low)

    # Places.

    @property
    def body(self) -> Body:
        return self.path[-1][1] if self.path else self.root

    def body_of(self, x: Operand, index: Index) -> Body:
        """The body of the innermost open loop or scope that an element depends on."""
        used = self.low.space.loops(index)
        home = self.low.space.homes.get(x) if isinstance(x, Value) else None
        floor = self.floor if index else home
        for place, body in reversed(self.path):
            if place.symbol in used or place.symbol is home or place.symbol is floor:
                return body
        return self.root

    # Integers.

    def size(self, size: Size) -> str:
        """An index expression or size as source."""
        return to_source(size, self._symbol)

    def subscript(self, index: Index) -> str:
        return ", ".join(opened(self.size(size)) for size in index)

    def element(self, index: Index) -> str:
        """The position of an element, as a subscript."""
        texts = [opened(self.size(size)) for size in index]
        plain = self.loops.values()
        return ", ".join(t if t.isdigit() or t in plain else f"at({t})" for t in texts)

    def extent(self, size: int) -> str:
        """A constant whose value the optimiser does not know."""
        text = f"extent({size})"
        if text not in self.constants:
            name = self.constants[text] = self.names.fresh(f"n{size}")
            self.header.line(f"{name} = {text}")
        return self.constants[text]

    def _symbol(self, symbol: Symbol) -> str:
        if symbol in self.loops:
            return self.loops[symbol]
        if symbol in self.low.space.dynamics:
            return self._dynamic(symbol)
        if symbol in self.low.bound:
            return self.value(self.low.bound[symbol], ())
        if symbol not in self.symbols:
            source = self.low.graph.symbols[symbol]
            given = self.low.graph.inputs[source.index]
            if source.axis is None and source.divisor == 1:
                self.symbols[symbol] = self.scalars[given]
            else:
                name = self.symbols[symbol] = self.names.fresh(symbol.name)
                whole = (
                    self.scalars[given]
                    if source.axis is None
                    else self.arrays[id(self.low.memories[given])]
                )
                self.header.line(f"{name} = {source.text(whole)}")
        return self.symbols[symbol]

    def _dynamic(self, symbol: Symbol) -> str:
        read = self.low.space.dynamics[symbol]
        body = self.body_of(read.operand, read.at)
        key = (Literal(0, read.operand.dtype), (symbol_size(symbol),))
        if key not in body.known:
            raw = self.value(read.operand, read.at)
            if read.operand.dtype.name != "int64":
                raw = body.let(self.names.numbered("k"), "np.int64({0})", (raw,))
            if not read.checked and read.operand.dtype.kind == "i":
                raw = body.let(
                    self.names.numbered("k"),
                    f"select({{0}} < 0, {{0}} + {self.size(read.extent)}, {{0}})",
                    (raw,),
                    (ATOM,),
                )
            body.known[key] = raw
        return body.known[key]

    # Scalars.

    def value(self, x: Operand, index: Index) -> str:
        """The name (or literal) that holds x[index] here."""
        if isinstance(x, Literal):
            return self.literal(x)
        if x in self.scalars:
            return self.scalars[x]
        body = self.body_of(x, index)
        known = body.known.get((x, index))
        if known is None:
            known = self._load(x, index, body) if self.low.is_stored(x) else self.compute(x, index)
            body.known[x, index] = known
        return known

    def pin(self, text: str, wish: str) -> str:
        """A variable that keeps this value, whatever is written later."""
        for body in (self.root, *(body for _, body in self.path)):
            if body.pin(text):
                return text
        name = self.names.fresh(wish) if wish else self.names.numbered("t")
        return self.body.let(name, "{0}", (text,))

    def literal(self, x: Literal) -> str:
        text = literal_text(x)
        if x.dtype.name in ("float64", "int64", "bool"):
            return text
        if text not in self.constants:
            name = self.constants[text] = self.names.numbered("c")
            self.header.line(f"{name} = {text}")
        return self.constants[text]

    def _load(self, x: Value, index: Index, body: Body) -> str:
        text = self.place(x, index)
        if "[" not in text:
            return text
        wish = re.sub(r"\W+", "", text.replace("at(", "").replace("[", "_").replace(", ", "_"))[:24]
        memory = self.low.memories[x]
        settled = memory.kind in ("input", "view") or self.storage(x).single
        return body.let(self.names.fresh(wish), text, free=settled)

    def compute(self, x: Value, index: Index) -> str:
        """Compute x[index] by its recipe."""
        floor = self.floor
        if not index:  # in the scope in which it is defined
            self.floor = self.low.space.homes.get(x)
        try:
            return self._compute(x, index)
        finally:
            self.floor = floor

    def _compute(self, x: Value, index: Index) -> str:
        recipe = self.low.recipes[x]
        if recipe.number is not None:
            return self._count(x, recipe.number(index), index)
        terms = recipe.terms(index)
        if recipe.name == "copy":
            return self.value(*terms[0])
        if recipe.name in _TRIGONOMETRIC:
            return self._trigonometric(x, recipe, index)
        operands = tuple(self.value(*term) for term in terms)
        form = ROWS[recipe.name].form(x.dtype, recipe.operands)
        body = self.body_of(x, index)
        return body.let(
            self._name(x),
            form.template,
            self._atoms(operands, form.template, body),
            form.needs,
            form.binds,
            free=not x.name,
        )

    def _count(self, x: Value, number: Size, index: Index) -> str:
        text = self.size(number)
        if text.isidentifier() or text.isdigit():
            return text
        return self.body_of(x, index).let(self._name(x), text, free=True, binds=ATOM)

    def _atoms(self, operands: tuple[str, ...], template: str, body: Body) -> tuple[str, ...]:
        """Negative literals in parentheses, so that every operand is an atom."""
        return tuple(f"({t})" if t.startswith("-") else t for t in operands)

    def _trigonometric(self, x: Value, recipe: Recipe, index: Index) -> str:
        (term,) = recipe.terms(index)
        argument = self.value(*term)
        body = self.body_of(x, index)
        if self.wide:
            return body.let(self._name(x), f"{recipe.name}_wide({{0}})", (argument,))
        self.far = True
        body.line(f"{FAR} = rbeyond({FAR}, {argument}, 2.5e7)")
        pair = self._partners.get((recipe.operands[0], x.shape), {})
        if len(pair) == 2:
            s, c = (self._name(pair[k]) for k in _TRIGONOMETRIC)
            body.line(f"{s}, {c} = sincos({argument})")
            for k, name in zip(_TRIGONOMETRIC, (s, c), strict=True):
                body.known.setdefault((pair[k], index), name)
            # in a checkpoint x can be computed once more, beside the one that is paired
            return body.known.get((x, index)) or (s if recipe.name == "sin" else c)
        return body.let(self._name(x), f"{recipe.name}({{0}})", (argument,))

    def _name(self, x: Value) -> str:
        return self.names.fresh(x.name) if x.name else self.names.numbered("t")

    # Arrays.

    def storage(self, x: Value) -> Storage:
        return self.storages[id(self.low.memories[x].owner)]

    def place(self, x: Value, index: Index) -> str:
        """`name[i, j]`, or the name of a scalar variable."""
        memory = self.low.memories[x]
        if memory.kind == "view":
            return f"{self.array(x)}[{self.element(index)}]"
        if memory.kind == "input":
            return f"{self.arrays[id(memory)]}[{self.element(index)}]"
        storage = self.storage(x)
        if not storage.axes:
            return storage.name
        kept = tuple(index[k] for k in storage.axes)
        return f"{storage.name}[{self.element(kept)}]"

    def array(self, x: Value) -> str:
        """The name of the array variable in which x lies."""
        memory = self.low.memories[x]
        if id(memory) not in self.arrays:
            if memory.kind != "view":
                return self.storage(x).name
            name = self.names.fresh(memory.wish or "view")
            sizes = ", ".join(self.size(n) for n in memory.type.shape)
            base, _ = self.low.views[x]
            array = self.array(base)
            self.body_of(x, ()).line(f"{name} = reshaped({array}, {sizes})")
            self.arrays[id(memory)] = name
        return self.arrays[id(memory)]


def _loop_variables(low: Lowering, names: Names) -> dict[Symbol, str]:
    """The variables of loops: the user's names, none twice among loops within one another."""
    out: dict[Symbol, str] = {}
    made: dict[str, list[str]] = {}
    for scope in low.scopes:
        symbol = scope.symbol
        if symbol is None or symbol not in low.index_names:
            continue
        around = {out.get(outer.symbol) for outer in scope.path[:-1] if outer.symbol is not None}
        pool = made.setdefault(low.index_names[symbol], [])
        free = [name for name in pool if name not in around]
        if not free:
            free = [names.fresh(low.index_names[symbol])]
            pool += free
        out[symbol] = free[0]
    return out


def zero_of(type: Type) -> Literal:
    """A literal zero of a type."""
    kind = type.dtype.kind
    return Literal(0.0 if kind == "f" else False if kind == "b" else 0, type.dtype)


def wish_of(memory: Memory) -> str:
    return memory.wish or "t"


def _partners(low: Lowering) -> dict[tuple[Operand, Shape], dict[str, Value]]:
    """Sines and cosines of the same argument: computed together."""
    out: dict[tuple[Operand, Shape], dict[str, Value]] = {}
    for value, recipe in low.recipes.items():
        if recipe.name in _TRIGONOMETRIC:
            out.setdefault((recipe.operands[0], value.shape), {})[recipe.name] = value
    return out
