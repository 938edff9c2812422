"""How control leaves a block: Python's `break`, `continue` and `return`, known or not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from adjit.tracer.control.journal import MISSING


@dataclass(frozen=True, slots=True)
class Return:
    """The function ends with this value."""

    value: Any


BREAK = "break"
CONTINUE = "continue"


@dataclass(frozen=True, slots=True)
class Exits:
    """Control may have left the block, depending on numbers: each of the three is a bool or a
    traced bool, at most one of them holds. `value` is what is returned (if it is)."""

    broke: Any = False
    continued: Any = False
    returned: Any = False
    value: Any = MISSING

    def flags(self) -> tuple[Any, Any, Any]:
        return self.broke, self.continued, self.returned


Signal = Return | Exits | str | None


def exits_of(signal: Signal) -> Exits:
    """Any signal as flags."""
    if isinstance(signal, Exits):
        return signal
    if isinstance(signal, Return):
        return Exits(returned=True, value=signal.value)
    return Exits(broke=signal == BREAK, continued=signal == CONTINUE)


def simplified(exits: Exits) -> Signal:
    """The plain signal, where all flags are known."""
    flags = exits.flags()
    if not all(isinstance(flag, bool) for flag in flags):
        return exits
    if exits.returned:
        return Return(exits.value)
    return BREAK if exits.broke else CONTINUE if exits.continued else None
