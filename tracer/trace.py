"""A trace: the graph being captured, and how the user's objects enter it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np

from adjit.ir.builder import GraphBuilder
from adjit.ir.dims import Dim, Size, Symbol, as_symbol
from adjit.ir.errors import AdjitError, DTypeError, TraceError
from adjit.ir.graph import Equation, Graph, SymbolSource
from adjit.ir.primitives import Primitive
from adjit.ir.primitives import structural as st
from adjit.ir.rewrite import substitute_params
from adjit.ir.substitution import substitute
from adjit.ir.values import Literal, Operand, Type, Value, literal
from adjit.tracer import dispatch, operators, promotion
from adjit.tracer.arrays import TracedArray
from adjit.tracer.context import current_for
from adjit.tracer.control.journal import Journals
from adjit.tracer.control.recursion import deepest
from adjit.tracer.control.rows import has_rows, stacked
from adjit.tracer.guards import Leaf
from adjit.tracer.layout import is_contiguous
from adjit.tracer.outside import Outside
from adjit.tracer.sizes import Sizes
from adjit.tracer.symint import SymInt
from adjit.tracer.symrange import SymRange
from adjit.tracer.views import Cell

E = TypeVar("E", bound=AdjitError)
Rebuild = Callable[[list[Any]], tuple[tuple[Any, ...], dict[str, Any]]]
#: (trace, function, args, kwargs, calling frame) -> result: how a function is called.
Runner = Callable[..., Any]

#: More equations than this mean that a loop was unrolled that should not be.
MAX_EQUATIONS = 20_000


class Trace:
    """One capture in progress.

    A trace with a `parent` captures an inner function (the operand of a `grad` inside traced
    code): values of the surrounding traces that it uses become its captured inputs. Sizes and
    what is read from outside are shared with the parent.
    """

    def __init__(self, parent: Trace | None = None, name: str = "f") -> None:
        self.parent = parent
        self.name = name
        self.builder = GraphBuilder()
        self.base = self.builder.equations
        self.alive = True
        self.inputs: list[Value] = []
        self.sources: dict[Symbol, SymbolSource] = {}
        self.auto_named: set[Value] = set()
        self.captured: dict[Value, Value] = {}
        self.root: Trace = parent.root if parent is not None else self
        self.run_function: Runner | None = parent.run_function if parent is not None else None
        if parent is None:
            self.sizes = Sizes()
            self.outside = Outside(self)
        else:
            self.sizes = parent.sizes
            self.outside = parent.outside
            self.builder.location = parent.builder.location
        self.sizes.listeners.append(self.rewrite_sizes)
        self.own_classes: set[Any] = set()
        self.located: BaseException | None = None
        self.raised: BaseException | None = None  # by the user's code, the latest (of the root)
        #: For each `try` and `with` around what runs: does it handle exceptions of a class?
        self.handlers: list[Callable[[type[BaseException]], bool]] = []
        self.changes = Journals()
        self.unrolled: Exception | None = None  # why a loop runs turn by turn
        self.held: list[Any] = []  # what loops that run go over, outermost first (of the root)
        self.frames: list[Any] = []  # the functions that run, outermost first (of the root)
        self.blocks: list[list[Equation]] = []  # of regions that are being traced
        self.depths: list[int] = [0]  # the births of the regions that are open
        self.stand_ins: list[Value] = []  # carried values inside of regions
        self.returned: dict[Cell, dict[Cell, None]] = {}  # what they may be, see control.results
        self.returned_objects: dict[int, tuple[Any, list[Any]]] = {}  # likewise
        self.nonzeros: dict[Operand, tuple[Value, ...]] = {}
        self.interned: dict[Any, Operand] = {}

    # Inputs.

    def add_input(self, leaf: Leaf, *, auto_named: bool = True) -> Value:
        """One more input of the graph."""
        shape = self.sizes.resolve_shape(leaf.shape)
        value = Value(Type(leaf.dtype, shape), leaf.name)
        index = len(self.inputs)
        self.inputs.append(value)
        if auto_named:
            self.auto_named.add(value)
        for axis, size in enumerate(leaf.shape):
            symbol = as_symbol(size)
            if symbol is not None:
                self.sizes.declare(symbol)
                self.sources.setdefault(symbol, SymbolSource(index, axis))
        if leaf.symbol is not None:
            self.sizes.declare(leaf.symbol)
            self.sources.setdefault(leaf.symbol, SymbolSource(index, None))
        return value

    def bound_symbols(self) -> dict[Symbol, SymbolSource]:
        """How each symbol that is left is read from the inputs."""
        sources = dict(self.sources)
        for part, (whole, divisor) in self.sizes.parts.items():
            source = sources[whole]
            sources[part] = replace(source, divisor=source.divisor * divisor)
        return {s: source for s, source in sources.items() if s not in self.sizes.table}

    def argument(self, leaf: Leaf) -> Any:
        """The traced object for one argument leaf."""
        value = self.add_input(leaf)
        if leaf.kind == "int":
            assert leaf.symbol is not None
            return SymInt(self, self.sizes.declare(leaf.symbol))
        return self.holder(value, leaf)

    def holder(self, value: Value, leaf: Leaf) -> TracedArray:
        """A traced object that starts as an input."""
        return TracedArray(Cell(self, value, leaf.layout or "C"), leaf.kind)

    # From the user's objects to operands, and back.

    def lift(self, obj: Any) -> Operand:
        """The operand that an object of the user's is in this trace.

        Traced arrays give their present value; numbers become literals; sizes are computed;
        arrays from outside become hidden inputs; nested lists are stacked.
        """
        if isinstance(obj, TracedArray):
            return self._lift_traced(obj)
        if isinstance(obj, SymInt):
            current_for(obj.trace)
            if self.sizes.fits(obj.size):
                return self.builder.dim(obj.size)
            return self._lift_number(int(obj))
        if isinstance(obj, (bool, int, float, np.generic)):
            return self._lift_number(obj)
        if isinstance(obj, np.ndarray):
            return self.lift(self.outside.constant(obj))
        if isinstance(obj, (list, tuple)):
            return self._stack(obj)
        if isinstance(obj, (Value, Literal)):
            return obj
        if isinstance(obj, range):
            return self._stack(list(obj))
        if isinstance(obj, SymRange):
            return self.lift(self.lowered(np.arange, obj.start, obj.stop, obj.step))
        if isinstance(obj, complex):
            raise self.error(
                DTypeError,
                f"the complex number {obj} is not supported",
                "compute with real and imaginary part separately",
            )
        raise self.error(
            DTypeError,
            f"an object of type {type(obj).__name__} cannot become an array of numbers",
            "use arrays, numbers, and lists or tuples of them",
        )

    def _lift_traced(self, x: TracedArray) -> Operand:
        if x.trace is self and self.alive:
            return x.operand
        current_for(x.trace)
        assert self.parent is not None
        outer = self.parent.lift(x)
        if isinstance(outer, Literal):
            return outer
        return self.capture(outer)

    def capture(self, outer: Value) -> Value:
        """The input of this trace that stands for a value of its parent."""
        if outer not in self.captured:
            inner = Value(outer.type, outer.name, outer.location)
            self.captured[outer] = inner
            self.inputs.append(inner)
        return self.captured[outer]

    def _lift_number(self, x: Any) -> Literal:
        dtype = x.dtype if isinstance(x, np.generic) else None
        if dtype is not None:
            promotion.check_supported(self, dtype)
        elif isinstance(x, int) and not isinstance(x, bool) and not -(2**63) <= x < 2**63:
            raise OverflowError(f"Python integer {x} out of bounds for int64")
        return literal(x, dtype)

    def _stack(self, items: Sequence[Any]) -> Operand:
        """An array from a nested list, as `np.array` makes it."""
        if has_rows(items):
            return stacked(self, items)
        if not promotion.any_traced(items):
            return self.lift(self.outside.fresh(promotion.as_array(self, items)))
        parts = [self.lift(x) for x in items]
        dtype = promotion.check_supported(self, np.result_type(*[x.type.dtype for x in parts]))
        first = parts[0]
        for part in parts[1:]:
            if len(part.shape) != len(first.shape):
                raise ValueError(
                    "setting an array element with a sequence. The requested array "
                    "has an inhomogeneous shape"
                )
            for n, m in zip(first.shape, part.shape, strict=True):
                self.sizes.equate(n, m, "sizes of the rows of a list")
        rows = [
            self.builder.reshape(self._array(self.builder.convert(x, dtype)), (1, *x.shape))
            for x in parts
        ]
        return rows[0] if len(rows) == 1 else self.builder.emit(st.concatenate, *rows, axis=0)

    def _array(self, x: Operand) -> Operand:
        return self.builder.broadcast(x, (1,)) if isinstance(x, Literal) else x

    def wrap(self, operand: Operand, *, weak: bool = False, array: bool = False) -> TracedArray:
        """A new traced object: an array (C-contiguous memory of its own); with shape () a NumPy
        scalar, unless `array`; with `weak` a Python number."""
        kind = "python" if weak else "array" if array or operand.shape else "numpy"
        return TracedArray(Cell(self, operand), kind)

    def promote(self, *objs: Any, kinds: str = "biuf") -> list[Operand]:
        """The operands, converted to NumPy's common dtype (Python numbers are weak). Where its kind
        is not among `kinds` and floats are, to the float dtype that NumPy's ufuncs use."""
        if any(map(promotion.is_float, objs)):
            objs = tuple(promotion.among_floats(self, x) for x in objs)
        operands = [self.lift(x) for x in objs]
        dtype = promotion.common_dtype(self, objs, operands, kinds)
        return [
            promotion.convert(self, x, operand, dtype)
            for x, operand in zip(objs, operands, strict=True)
        ]

    def elementwise(self, primitive: Primitive, *objs: Any, weak: bool = False) -> TracedArray:
        """Promote, broadcast, emit, wrap."""
        operands = self.promote(*objs)
        self.sizes.broadcast([x.shape for x in operands])
        return self.wrap(self.emit(primitive, *operands), weak=weak)

    def emit(self, primitive: Primitive, *operands: Operand, **params: Any) -> Value:
        """Append an equation with one output."""
        return self.builder.emit(primitive, *operands, **params)

    def lowered(self, function: Any, *args: Any, **kwargs: Any) -> Any:
        """Call the lowering of a NumPy function."""
        return dispatch.lower(self, function, args, kwargs)

    def number(self, x: Any) -> TracedArray:
        """A size or Python number as a traced one."""
        return self.wrap(self.lift(x), weak=True)

    def operate(self, symbol: str, a: Any, b: Any) -> Any:
        """`a symbol b`, where one of them is a size."""
        return operators.binary(symbol, a, b)

    # Bookkeeping.

    def error(self, cls: type[E], reason: str, remedy: str = "") -> E:
        """An error at the user's present line."""
        return cls(reason, remedy=remedy, location=self.builder.location)

    def name_value(self, value: Value, name: str) -> None:
        """Record a user's name for a value that has none yet."""
        if not value.name or value in self.auto_named:
            value.name = name
            self.auto_named.discard(value)

    def fresh_symbol(self, base: str, **bounds: int | None) -> Symbol:
        """A symbol bound by an equation."""
        name, k = base, 1
        while self.sizes.is_declared(Symbol(name)):
            k += 1
            name = f"{base}_{k}"
        symbol = Symbol(name, None, bounds.get("lower"), bounds.get("upper"))
        self.sizes.declare(symbol)
        return symbol

    def found_symbol(self, base: str, lower: int | None = None) -> Symbol:
        """A symbol for a number that is known when the code runs."""
        symbol = self.fresh_symbol(base, lower=lower)
        self.sizes.ranges.limits[symbol] = (lower, None)
        self.sizes.ranges.found.add(symbol)
        return symbol

    def check_length(self) -> None:
        """Stop a runaway unrolling."""
        count = len(self.builder.equations)
        if count > MAX_EQUATIONS:
            name, depth = deepest(self.root.frames)
            if depth > 1:
                raise self.error(
                    TraceError,
                    f"the function has grown to {count} operations: {name} calls itself, at this "
                    f"point {depth} calls deep, and each call is traced on its own",
                    "write it as a loop, or keep what was computed before in a table",
                )
            reason = getattr(self.root.unrolled, "reason", str(self.root.unrolled or ""))
            raise self.error(
                TraceError,
                f"the function has grown to {count} operations: a Python loop is "
                "unrolled, one copy of its body for each turn" + (f" ({reason})" if reason else ""),
                "replace the loop by operations on whole arrays",
            )

    def note_layout(self, result: Any, args: Sequence[Any], first: int) -> None:
        """Say that the memory layout of a result is not known, where its operands are not in C
        order: NumPy keeps the order of the operands for most functions."""
        if not isinstance(result, TracedArray) or result.ndim < 2 or result.steps:
            return
        arrays = [x for x in _flat(args) if isinstance(x, TracedArray) and x.ndim >= 2]
        if any(x.cell is result.cell for x in arrays) or all(x.c_contiguous for x in arrays):
            return
        made = self.builder.equations[first:]
        elementwise = all(e.primitive.kind == "elementwise" for e in made)
        fortran = elementwise and all(
            x.ndim == result.ndim and is_contiguous(x.dims, x.strides, "F") for x in arrays
        )
        result.cell.layout = "F" if fortran else "?"

    def rewrite_sizes(self, table: Mapping[Symbol, Size]) -> None:
        """Rewrite everything captured so far after a unification."""
        if not self.alive:
            return
        for value in (*self.inputs, *self.captured, *self.stand_ins):
            _retype(value, table)
        for equations in (self.base, *self.blocks):
            equations[:] = [_resized(eqn, table) for eqn in equations]

    def release(self, equations: list[Equation]) -> None:
        """The equations of a region are not needed any more, or part of another equation."""
        self.blocks[:] = [block for block in self.blocks if block is not equations]


def _flat(args: Sequence[Any]) -> Iterator[Any]:
    for x in args:
        if isinstance(x, (list, tuple)):
            yield from _flat(x)
        else:
            yield x


def _resized(eqn: Equation, table: Mapping[Symbol, Size]) -> Equation:
    """The equation after a unification; values change in place."""
    for value in eqn.outputs:
        _retype(value, table)
    params = substitute_params(eqn.params, table)
    regions = tuple(_resized_region(region, table) for region in eqn.regions)
    if params == eqn.params and not regions:
        return eqn
    return replace(eqn, params=params, regions=regions)


def _resized_region(region: Graph, table: Mapping[Symbol, Size]) -> Graph:
    for value in region.inputs:
        _retype(value, table)
    return replace(region, equations=tuple(_resized(eqn, table) for eqn in region.equations))


def _retype(value: Value, table: Mapping[Symbol, Size]) -> None:
    if any(isinstance(n, Dim) for n in value.type.shape):
        value.type = value.type.with_shape(tuple(substitute(n, table) for n in value.type.shape))
