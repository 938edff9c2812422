"""A call as a region of its own: its values are computed once more in the backward pass."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from adjit.ir.dims import Size, Symbol, symbol_size, symbols_of
from adjit.ir.effects import any_acts
from adjit.ir.errors import DataDependentError
from adjit.ir.graph import bound_by
from adjit.ir.primitives import structural as st
from adjit.ir.regions import Block, emit_checkpoint
from adjit.ir.substitution import substitute
from adjit.ir.values import Operand, Value
from adjit.tracer.control.journal import CellSlot, NotRollable
from adjit.tracer.control.regions import Recorded, World, record, reopened, survey
from adjit.tracer.views import Index, Step

if TYPE_CHECKING:
    from adjit.tracer.arrays import TracedArray
    from adjit.tracer.trace import Trace


def run_checkpoint(trace: Trace, function: Any, args: Any, kwargs: Any) -> Any:
    """Call a function as a `checkpoint` region: what it returns and changes comes out of it."""
    run = trace.run_function
    assert run is not None
    world = survey(trace)
    try:
        recorded = record(trace, world, lambda journal: run(trace, function, args, kwargs))
    except NotRollable as error:
        error.location = error.location or trace.builder.location
        raise
    _Exit(trace, recorded).leave()
    return recorded.result


@dataclass(slots=True, eq=False)
class _Exit:
    """What leaves the region: values made inside that something outside looks at from now on."""

    trace: Trace
    recorded: Recorded
    outputs: dict[Value, Value] = field(default_factory=dict)
    sizes: dict[Symbol, Size] = field(default_factory=dict)

    def leave(self) -> None:
        trace, changes = self.trace, self.recorded.changes.values()
        cells = {c.slot.cell: c.after for c in changes if isinstance(c.slot, CellSlot)}
        others = [c for c in changes if not isinstance(c.slot, CellSlot)]
        reached = survey(trace, [self.recorded.result, *(c.after for c in others)])
        for x in reached.arrays:
            cells.setdefault(x.cell, x.cell.value)
        indices = [v for x in reached.arrays for v in _operands(x)]
        self._emit([*cells.values(), *indices], reached)
        for change in self.recorded.changes.values():
            trace.root.changes.note(change.slot)
        for cell, content in cells.items():
            cell.value = self._outer(content)
        for change in others:
            change.slot.put(change.after)
        for x in reached.arrays:
            if any(v in self.outputs for v in _operands(x)):
                x.steps = tuple(map(self._step, x.steps))
        for n in reached.numbers:
            if symbols_of(n.size) & self.sizes.keys():
                n.become(substitute(n.size, self.sizes))

    def _emit(self, contents: list[Operand], reached: World) -> None:
        """Append the region; `outputs` and `sizes` say what stands for what is inside."""
        trace, equations = self.trace, self.recorded.equations
        made = {v for eqn in equations for v in eqn.outputs}
        inside = list(dict.fromkeys(x for x in contents if isinstance(x, Value) and x in made))
        bound = {symbol for eqn in equations if (symbol := bound_by(eqn)) is not None}
        for value in inside:
            self._refuse_inner_sizes(value, bound)
        mentioned = {symbol: None for n in reached.numbers for symbol in symbols_of(n.size)}
        symbols = [symbol for symbol in mentioned if symbol in bound]
        with reopened(trace, self.recorded):
            numbers = [trace.builder.dim(symbol_size(symbol)) for symbol in symbols]
        if inside or numbers or any_acts(equations):
            block = Block(list(equations), [*inside, *numbers])
            left = emit_checkpoint(trace.builder, block)
            self.outputs = dict(zip(inside, left, strict=False))
            for symbol, number in zip(symbols, left[len(inside) :], strict=True):
                fresh = trace.fresh_symbol(symbol.name, lower=symbol.lower, upper=symbol.upper)
                trace.builder.bind(st.bind, number, symbol=fresh)
                self.sizes[symbol] = symbol_size(fresh)
        trace.release(equations)

    def _refuse_inner_sizes(self, value: Value, bound: set[Symbol]) -> None:
        if any(symbols_of(n) & bound for n in value.shape):
            raise self.trace.error(
                DataDependentError,
                f"the shape of {value.name or 'an array'} is computed inside of a function that is "
                "run as a checkpoint, and the array leaves it",
                "return an array of a size that is known before, or call the function without "
                "checkpoint",
            )

    def _outer(self, x: Operand) -> Operand:
        return self.outputs.get(x, x) if isinstance(x, Value) else x

    def _step(self, step: Step) -> Step:
        if not isinstance(step, Index):
            return step
        return replace(step, operands=tuple(map(self._outer, step.operands)))


def _operands(x: TracedArray) -> list[Operand]:
    """Indices that a view was made with."""
    return [v for step in x.steps if isinstance(step, Index) for v in step.operands]
