"""Which traces are running on this thread: the innermost one receives new equations."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from adjit.ir.errors import LeakedTraceError

if TYPE_CHECKING:
    from adjit.tracer.trace import Trace

_state = threading.local()


def running() -> list[Trace]:
    """The traces running on this thread, outermost first."""
    if not hasattr(_state, "traces"):
        _state.traces = []
    traces: list[Trace] = _state.traces
    return traces


@contextmanager
def activate(trace: Trace) -> Iterator[Trace]:
    """Run a block with `trace` as the innermost one; values of it are dead afterwards."""
    traces = running()
    traces.append(trace)
    try:
        yield trace
    finally:
        traces.pop()
        trace.alive = False


def current_for(owner: Trace) -> Trace:
    """The innermost running trace, which may use values of `owner`; else `LeakedTraceError`."""
    traces = running()
    if traces and owner.alive and owner in traces:
        return traces[-1]
    if not owner.alive:
        reason = (
            "a traced value is used after its trace has ended: it was kept in an object "
            "that outlives the call"
        )
    else:
        reason = "a traced value is used on another thread than the one that traces it"
    raise LeakedTraceError(reason, remedy="return the value from the function instead")
