"""Turning operands and sizes into text, and keeping account of what the text reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from adjit.codegen.numpy_form import expr as ex
from adjit.codegen.numpy_form.expr import Expr
from adjit.codegen.numpy_form.relations import Plan
from adjit.ir.bounds import bounds as size_bounds
from adjit.ir.dims import Dim, Size, Symbol, symbols_of
from adjit.ir.errors import InternalError
from adjit.ir.graph import Equation
from adjit.ir.substitution import to_source
from adjit.ir.values import Literal, Operand, Shape, Type, Value

Row = Callable[["Printer", Equation], Expr]


@dataclass(slots=True)
class Printer:
    """Prints one statement.

    `name` gives the variable of a value; `lifted` the variables of sizes that have one. What was
    printed is recorded: `reads` (values whose variables occur), `mentions` (symbols, by number of
    times), `lengths` (of the expressions written in place), `helpers` (functions to define),
    `modules` (to import).
    `like` is a value of the same type as the one being made, for `np.zeros_like`.
    """

    plan: Plan
    rows: Mapping[str, Row]
    name: Callable[[Value], str]
    lifted: Mapping[Symbol, str] = field(default_factory=dict)
    counts: Mapping[Symbol, Equation] = field(default_factory=dict)
    like: Value | None = None
    reads: dict[Value, None] = field(default_factory=dict)
    mentions: Counter[Symbol] = field(default_factory=Counter)
    lengths: dict[Value, int] = field(default_factory=dict)
    helpers: set[str] = field(default_factory=set)
    modules: set[str] = field(default_factory=set)

    def operand(self, x: Operand) -> Expr:
        """A literal as a Python number, a variable, or the expression in its place."""
        if isinstance(x, Literal):
            return ex.literal(x)
        if x not in self.plan.inlined:
            self.reads[x] = None
            return Expr(self.name(x), weak=is_size(self.plan, x))
        return self.expression(self.plan.made_by[x])

    def expression(self, eqn: Equation) -> Expr:
        """The expression of an equation with one output."""
        like, self.like = self.like, None
        if eqn.primitive.name == "broadcast" and not eqn.inputs[0].shape:
            self.like = like
        made = self.rows[eqn.primitive.name](self, eqn)
        self.lengths[eqn.output] = len(made.text)
        return made

    def strong(self, x: Operand) -> Expr:
        """The operand with its dtype fixed, also where it is a Python number."""
        if isinstance(x, Literal):
            return ex.typed(x)
        made = self.operand(x)
        return ex.call(ex.dtype_text(x.dtype), made.text) if made.weak else made

    def text(self, x: Operand) -> str:
        """The operand as an argument of a call."""
        return self.operand(x).text

    def atom(self, x: Operand) -> str:
        """The operand where a method, an index or an attribute follows."""
        return self.strong(x).at(ex.ATOM)

    def size(self, size: Size) -> Expr:
        """An integer expression; a Python int when it runs."""
        return ex.size_expr(size, to_source(_positive_first(size), self.symbol))

    def symbol(self, symbol: Symbol) -> str:
        """The variable, or `x.shape[0]`, or the integer argument."""
        self.mentions[symbol] += 1
        if symbol in self.lifted:
            return self.lifted[symbol]
        bound = self.plan.bound.get(symbol)
        if bound is not None:
            self.reads[bound] = None
            return self.name(bound)
        source = self.plan.graph.symbols.get(symbol)
        if source is not None:
            value = self.plan.graph.inputs[source.index]
            self.reads[value] = None
            return source.text(self.name(value))
        counted = self.counts.get(symbol)
        if counted is None:
            raise InternalError(f"the size {symbol} is bound by nothing")
        return f"np.count_nonzero({self.text(counted.inputs[0])})"

    def shape(self, shape: Shape) -> str:
        """A shape as an argument: `n`, `(n, 3)` or `x.shape`."""
        if len(shape) == 1 and (isinstance(shape[0], int) or not self._unlifted(shape)):
            return self.size(shape[0]).text
        if self._unlifted(shape) and (value := self._of_shape(shape)) is not None:
            self.reads[value] = None
            for size in shape:
                self.mentions.update(symbols_of(size))
            return f"{self.name(value)}.shape"
        inner = ", ".join(self.size(n).text for n in shape)
        return inner if len(shape) == 1 else f"({inner})"

    def of_type(self, type: Type) -> Value | None:
        """An argument of this type; None where the shape is as short to write out."""
        if not self._unlifted(type.shape):
            return None
        return next((v for v in self.plan.graph.inputs if v.type == type), None)

    def _unlifted(self, shape: Shape) -> bool:
        return any(symbol not in self.lifted for n in shape for symbol in symbols_of(n))

    def _of_shape(self, shape: Shape) -> Value | None:
        return next((v for v in self.plan.graph.inputs if v.shape == tuple(shape)), None)


def _positive_first(size: Size) -> Size:
    """`n - 1 - i` for `-i + n - 1`."""
    if isinstance(size, int):
        return size
    return Dim(tuple(sorted(size.terms, key=lambda term: term[1] < 0)))


def is_size(plan: Plan, x: Operand) -> bool:
    """True for a value that is a Python int when the text runs: a size, an integer argument."""
    if not isinstance(x, Value):
        return False
    eqn = plan.producer(x)
    return x in plan.integers or (eqn is not None and eqn.primitive.name == "dim")


def is_number(plan: Plan, x: Operand) -> bool:
    """True for what is printed as a Python number: literals, sizes, and in float64, where Python's
    arithmetic is NumPy's, sums, products and quotients of them (`1 / n`)."""
    if isinstance(x, Literal):
        return True
    known = plan.numbers.get(x)
    if known is None:
        known = plan.numbers[x] = is_size(plan, x) or _is_float_number(plan, x)
    return known


def _is_float_number(plan: Plan, x: Value) -> bool:
    eqn = plan.made_by.get(x)
    if eqn is None or x not in plan.inlined or x.dtype != np.float64:
        return False
    name = eqn.primitive.name
    if name == "convert":
        return is_size(plan, eqn.inputs[0])
    if name == "div" and not _is_nonzero(plan, eqn.inputs[1]):
        return False
    return name in ("add", "sub", "mul", "div", "neg") and all(
        is_number(plan, y) for y in eqn.inputs
    )


def _is_nonzero(plan: Plan, x: Operand) -> bool:
    if isinstance(x, Literal):
        return x.value != 0
    eqn = plan.producer(x)
    size = None if eqn is None or eqn.primitive.name != "convert" else plan.producer(eqn.inputs[0])
    return size is not None and size.primitive.name == "dim" and at_least(size.params["size"], 1)


def exact_as_float(plan: Plan, size: Size, type: Type) -> bool:
    """True where a size may stand for itself among floats of this type: a Python int takes the
    dtype that it meets; an integer argument may be a NumPy int64, which float64 absorbs too."""
    sources = [plan.graph.symbols.get(symbol) for symbol in symbols_of(size)]
    if any(source is not None and source.axis is None for source in sources):
        return type.dtype.name == "float64"
    return type.is_float


def at_least(size: Size, bound: int) -> bool:
    """True where `size >= bound` in every call."""
    low, _ = size_bounds(size)
    return low is not None and low >= bound
