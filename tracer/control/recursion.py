"""Functions that call themselves: each call is traced on its own, so that there must be an end to
them while tracing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from adjit.ir.errors import TraceError

if TYPE_CHECKING:
    from adjit.tracer.trace import Trace

#: So many calls of a function inside of one another, each in a branch that depends on numbers, are
#: taken for a recursion that ends only when the compiled function runs.
NESTED = 40


def deepest(frames: Sequence[Any]) -> tuple[str, int]:
    """The function that most of the running calls are of, and how many."""
    found = Counter((frame.file, frame.name) for frame in frames).most_common(1)
    return (found[0][0][1], found[0][1]) if found else ("", 0)


def refuse_endless(trace: Trace) -> None:
    """Raise where a function goes on calling itself in branches that may or may not be taken."""
    if len(trace.root.frames) <= NESTED or len(trace.root.changes.open) <= NESTED:
        return
    name, depth = deepest(trace.root.frames)
    if depth > NESTED:
        raise trace.error(
            TraceError,
            f"{name} calls itself, and whether it goes on depends on numbers that are known only "
            f"when the compiled function runs: the calls were {depth} deep while it was traced, "
            "and there is no end to them",
            "write it as a loop, which may end at any time",
        )


def too_deep(trace: Trace) -> TraceError:
    """The error for what Python itself has stopped."""
    name, depth = deepest(trace.root.frames)
    return trace.error(
        TraceError,
        f"{name} calls itself, {depth} calls deep while it is traced, and each call is traced on "
        "its own: that is deeper than Python allows",
        "write it as a loop; if it does not end, mend its condition",
    )
