"""Checks that run in the compiled code: `assert` and `raise` that depend on traced conditions.

An arm of an `if` that ends in an exception never joins the other one: its condition becomes a
check, and the other arm goes on as straight code.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from adjit.ir.effects import any_acts
from adjit.ir.errors import UnsupportedError
from adjit.ir.primitives import effects as fx
from adjit.ir.regions import Block, emit_branch
from adjit.ir.values import literal
from adjit.tracer.control.logic import facts_of, negation
from adjit.tracer.control.regions import Recorded, reopened

if TYPE_CHECKING:
    from adjit.tracer.trace import Trace

Catches = Callable[[type[BaseException]], bool]

_NAMES = {cls: name for name, cls in fx.ERRORS.items()}


@dataclass(frozen=True, slots=True)
class Raised:
    """How a block ends: with an exception of the user's."""

    error: Exception


@contextmanager
def handling(trace: Trace, catches: Catches) -> Iterator[None]:
    """Inside, the user's code handles exceptions for whose classes `catches` holds."""
    handlers = trace.root.handlers
    handlers.append(catches)
    try:
        yield
    finally:
        handlers.remove(catches)


def can_raise(cls: Any) -> bool:
    """True for an exception that compiled code can raise."""
    return isinstance(cls, type) and cls in _NAMES


def is_constant(x: Any) -> bool:
    """True for what an exception of compiled code can hold."""
    return x is None or type(x) in (bool, int, str) or (type(x) is float and math.isfinite(x))


def demand(trace: Trace, ok: Any, error: Exception) -> None:
    """From here on a traced bool holds, or else the compiled function raises the error."""
    refuse_others(trace, error)
    _refuse_handlers(trace, error)
    trace.emit(fx.require, trace.lift(ok), error=_NAMES[type(error)], arguments=tuple(error.args))
    trace.sizes.ranges.facts.extend(facts_of(trace, ok, True))


def demand_other(trace: Trace, flag: Any, truth: bool, arm: Recorded) -> None:
    """An arm, run where `flag` has this truth, has ended in an exception: it must not be run. What
    it checks on the way to its end comes first."""
    error = arm.result.error
    if any_acts(arm.equations):
        with reopened(trace, arm):
            demand(trace, trace.wrap(literal(False, np.bool_)), error)
        blocks = Block(list(arm.equations), []), Block([], [])
        emit_branch(trace.builder, trace.lift(flag), *(blocks if truth else blocks[::-1]))
        trace.sizes.ranges.facts.extend(facts_of(trace, flag, not truth))
    else:
        demand(trace, negation(trace, flag) if truth else flag, error)
    trace.release(arm.equations)


def refuse_others(trace: Trace, error: Exception) -> None:
    """Refuse an exception that compiled code cannot raise, at the line that runs now."""
    name = type(error).__name__
    if not can_raise(type(error)):
        refused = trace.error(
            UnsupportedError,
            f"{name} is raised depending on numbers which are known only when the compiled "
            "function runs, which knows no exceptions but Python's own",
            "raise ValueError or another of Python's own exceptions",
        )
    elif not all(map(is_constant, error.args)):
        refused = trace.error(
            UnsupportedError,
            f"{name} with more in it than text and numbers is raised depending on numbers which "
            "are known only when the compiled function runs",
            "raise it with a text",
        )
    else:
        return
    trace.root.located = refused
    raise refused


def _refuse_handlers(trace: Trace, error: Exception) -> None:
    for catches in reversed(trace.root.handlers):
        if catches(type(error)):
            raise trace.error(
                UnsupportedError,
                f"whether {type(error).__name__} is raised is known only when the compiled "
                "function runs, and a `try` or `with` around it handles it: compiled code cannot",
                "write an if with both ways in it instead of the handler",
            )
