"""`for` and `while`: as regions of the graph, or turn by turn while tracing.

A loop over Python's own objects, or with a handful of turns, runs while it is traced. A loop over a
range, an array, or with a traced condition becomes a region. Where its first turn differs from the
others in form (`best = None`), that turn runs by itself first. Where the body needs the number of
the turn as Python's own (to index a list of layers), the loop runs turn by turn after all.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from adjit.ir.dims import Size
from adjit.ir.errors import AdjitError, DataDependentError
from adjit.tracer.control.branches import resume, run_branch
from adjit.tracer.control.exits import BREAK, CONTINUE, Exits, Signal, exits_of, simplified
from adjit.tracer.control.journal import NotRollable
from adjit.tracer.control.plan import Unstable
from adjit.tracer.control.rolling import Turns, roll
from adjit.tracer.control.sequences import Sequence as Items
from adjit.tracer.control.sequences import going_over, sequence_of
from adjit.tracer.interpreter import control, protocols
from adjit.tracer.interpreter.assign import assign
from adjit.tracer.interpreter.evaluate import evaluate
from adjit.tracer.interpreter.frame import Frame
from adjit.tracer.operators import is_traced

#: Loops of so few turns, and of so little code, run while they are traced.
FEW, LITTLE = 4, 240
#: A loop that is unrolled although it has more turns than this is worth a warning.
MANY = 64
#: So many first turns may differ in form from the others.
PEELED = 2
#: What tells that a turn differs in form from the next.
DIFFERENT = (Unstable, UnboundLocalError)

Loop = ast.For | ast.comprehension
Execute = Callable[[Sequence[ast.stmt]], Signal]


def run_for(frame: Frame, node: ast.For, execute: Execute) -> Signal:
    """A `for` statement."""
    value = evaluate(frame, node.iter)
    items = sequence_of(frame.trace, frame.trace.outside.plain(value))

    def turn(item: Any) -> Signal:
        frame.enter(node)
        assign(frame, node.target, item)
        return _turn(frame, node, execute)

    with going_over(frame.trace, value if items is None else items):
        if items is None:
            signal = _one_by_one(frame, protocols.iterate(frame, value), turn)
        else:
            signal = over(frame, node, items, turn)
    return _after(frame, node, execute, signal)


def over(frame: Frame, node: Loop, items: Items, turn: Callable[[Any], Signal]) -> Signal:
    """The turns of a loop over items that have numbers."""
    sizes, count = frame.trace.sizes, frame.trace.sizes.resolve(items.count)
    if isinstance(count, int):
        if count <= 1 or (count <= FEW and count * _length(node) <= LITTLE):
            return _one_by_one(frame, iter(items), turn)
        some = True
    elif sizes.ranges.mentions(count) or not sizes.is_known(count):
        some = sizes.at_least(count, 1)
    elif sizes.decide(count, "<=", 1):
        return _one_by_one(frame, iter(items), turn)
    else:
        some = True
    return _rolled(frame, node, items, turn, 0, some)


def _rolled(
    frame: Frame, node: Loop, items: Items, turn: Callable[[Any], Signal], done: int, some: bool
) -> Signal:
    """The turns from number `done` on."""
    trace = frame.trace
    count = trace.sizes.resolve(items.count) - done
    name = _first_name(node.target) or "i"
    symbol = trace.fresh_symbol(name, lower=0)
    trace.sizes.ranges.limits[symbol] = (0, count - 1)

    def body() -> Signal:
        return turn(items.item(done + _number(symbol)))

    turns = Turns(
        body,
        symbol,
        count,
        some=some,
        start=items.start + done * items.step,
        step=items.step,
        name=name,
    )
    try:
        return roll(trace, turns)
    except NotRollable as error:
        return _unrolled(frame, items, turn, done, error)
    except DIFFERENT as error:
        if done >= PEELED or not some or not trace.sizes.at_least(count, 1):
            return _unrolled(frame, items, turn, done, error)
    signal = turn(items.item(done))
    if signal is None:
        if isinstance(count, int):
            if count == 1:
                return None
            some = True
        else:
            some = trace.sizes.at_least(count, 2)
        return _rolled(frame, node, items, turn, done + 1, some)
    if isinstance(signal, Exits):
        return resume(trace, signal, lambda: _rolled(frame, node, items, turn, done + 1, False))
    return signal


def _unrolled(
    frame: Frame, items: Items, turn: Callable[[Any], Signal], done: int, reason: Exception
) -> Signal:
    """Turn by turn, for the reason given."""
    trace = frame.trace
    try:
        count = trace.sizes.concrete(items.count)
    except DataDependentError as error:
        raise _refused(frame, reason) from error
    trace.root.unrolled = reason
    if count - done > MANY:
        place = trace.builder.location
        warnings.warn(
            f"adjit: the loop at {place} is unrolled, one copy of its body for each of {count} "
            f"turns, and the compiled function holds for this number only: {_why(reason)}",
            RuntimeWarning,
            stacklevel=2,
        )
    return _one_by_one(frame, map(items.item, range(done, count)), turn)


def _why(reason: Exception) -> str:
    return reason.reason if isinstance(reason, AdjitError) else str(reason)


def _refused(frame: Frame, reason: Exception) -> Exception:
    if isinstance(reason, AdjitError):
        return frame.trace.error(
            DataDependentError, f"this loop cannot be compiled: {reason.reason}", reason.remedy
        )
    return reason


def run_while(frame: Frame, node: ast.While, execute: Execute) -> Signal:
    """A `while` statement."""
    named = any(isinstance(part, ast.NamedExpr) for part in ast.walk(node.test))
    if named and not node.orelse:
        # what the condition assigns is part of the turn
        body = _if_goes_on(node, node.body)
        whole = ast.While(ast.copy_location(ast.Constant(True), node.test), body, [])
        signal = _while(frame, ast.copy_location(whole, node), execute, 0)
        return _after(frame, node, execute, signal)
    return _after(frame, node, execute, _while(frame, node, execute, 0))


def _if_goes_on(node: ast.While, body: list[ast.stmt]) -> list[ast.stmt]:
    """`if test: pass else: <out of the loop>`, then the body."""
    leave = ast.copy_location(ast.Break(), node)
    stay = ast.copy_location(ast.Pass(), node)
    return [ast.copy_location(ast.If(node.test, [stay], [leave]), node), *body]


def _while(frame: Frame, node: ast.While, execute: Execute, done: int) -> Signal:
    trace = frame.trace
    rolling = True
    while True:
        frame.enter(node)
        flag = control.condition(frame, node.test)
        if flag is False:
            return None
        if rolling or is_traced(flag):
            symbol = trace.fresh_symbol("turn", lower=0)
            trace.sizes.ranges.limits[symbol] = (0, None)
            turns = Turns(
                lambda: _turn(frame, node, execute),
                symbol,
                condition=lambda: control.condition(frame, node.test),
                some=flag is True,
                static=flag is True,
                name="turn",
            )
            try:
                return roll(trace, turns)
            except NotRollable as error:
                if is_traced(flag):
                    raise _refused(frame, error) from error
                rolling = False
            except DIFFERENT as error:
                if is_traced(flag):
                    if done >= PEELED:
                        raise _refused(frame, error) from error
                    return run_branch(
                        trace, flag, lambda: _then_on(frame, node, execute, done), lambda: None
                    )
        signal = _turn(frame, node, execute)
        if isinstance(signal, Exits):
            return resume(trace, signal, lambda: _while(frame, node, execute, done + 1))
        if signal is not None:
            return signal


def _then_on(frame: Frame, node: ast.While, execute: Execute, done: int) -> Signal:
    signal = _turn(frame, node, execute)
    if isinstance(signal, Exits):
        return resume(frame.trace, signal, lambda: _while(frame, node, execute, done + 1))
    return signal if signal is not None else _while(frame, node, execute, done + 1)


def _one_by_one(frame: Frame, items: Iterator[Any], turn: Callable[[Any], Signal]) -> Signal:
    """The turns, each traced by itself."""
    frame.trace.root.changes.take(items)
    for item in items:
        signal = turn(item)
        if isinstance(signal, Exits):
            return resume(frame.trace, signal, lambda: _one_by_one(frame, items, turn))
        if signal is not None:
            return signal
    return None


def _turn(frame: Frame, node: ast.While | ast.For, execute: Execute) -> Signal:
    """The body of a loop, once; None where the loop goes on."""
    frame.trace.check_length()
    signal = execute(node.body)
    if signal is not None and signal != CONTINUE:
        exits = exits_of(signal)
        return simplified(Exits(exits.broke, False, exits.returned, exits.value))
    frame.enter(node)
    return None


def _after(frame: Frame, node: ast.While | ast.For, execute: Execute, signal: Signal) -> Signal:
    """The `else` of a loop; how control leaves the statement."""
    if signal is None:
        return execute(node.orelse)
    if not isinstance(signal, Exits):
        return None if signal == BREAK else signal
    left = simplified(Exits(returned=signal.returned, value=signal.value))
    if not node.orelse:
        return left
    ended = Exits(signal.broke, False, signal.returned)
    flag = control_left(frame, ended)
    return run_branch(frame.trace, flag, lambda: left, lambda: execute(node.orelse))


def control_left(frame: Frame, exits: Exits) -> Any:
    """Whether one of the flags holds, as a traced bool."""
    from adjit.tracer.control.logic import either

    return either(frame.trace, exits.broke, exits.returned)


def _number(symbol: Any) -> Size:
    from adjit.ir.dims import symbol_size

    return symbol_size(symbol)


def _length(node: Loop) -> int:
    return sum(1 for _ in ast.walk(node))


def _first_name(target: ast.expr) -> str:
    if isinstance(target, ast.Tuple) and target.elts:
        return _first_name(target.elts[0])
    return target.id if isinstance(target, ast.Name) else ""
