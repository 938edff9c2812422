"""Gradients that check themselves: at the first call of each specialisation the gradient is
compared with differences of the plain function."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import numpy as np

from adjit import arguments, differences
from adjit.checks import MISS
from adjit.errors import CheckError
from adjit.ir.graph import Graph

if TYPE_CHECKING:
    from adjit.specialize import Specialization
    from adjit.task import Task

#: Seeds of the random directions.
SEEDS = (0, 1)

_checking: ContextVar[bool] = ContextVar("adjit_checking", default=False)


def wanted(task: Task, check: bool | None) -> bool:
    """True when the gradients of a task are to be checked: as it says, or as ADJIT_CHECK does.
    Gradients that the plain function uses, while it is run for a check, are not."""
    if task.selected is None or _checking.get():
        return False
    return os.environ.get("ADJIT_CHECK", "") not in ("", "0") if check is None else check


class FirstCheck:
    """The call path of a specialisation until its first call, whose gradient it checks. `passed`
    is told; after a failure the next call is checked again."""

    def __init__(self, spec: Specialization, passed: Callable[[FirstCheck], None]) -> None:
        self.spec = spec
        self.passed = passed

    def __call__(self, *values: Any) -> Any:
        result = self.spec.call(*values)
        if result is not MISS and not _checking.get():
            check(self.spec, arguments.take_apart(self.spec.task, values), result)
            self.passed(self)
        return result


def check(spec: Specialization, taken: arguments.Arguments, result: Any) -> None:
    """Raise `CheckError` when a result is not the gradient at these arguments.

    There is no verdict where the plain function raises or returns nan, where it has a kink in the
    direction that is looked at, or where the gradient is not finite.
    """
    task, leaves = spec.task, taken.leaves
    gradients = _gradients(task, taken, result, len(leaves))
    single = _in_single_precision(spec.forward)
    tolerance = differences.tolerance(single=single)
    everywhere = list(range(len(leaves)))

    def plain(point: Sequence[Any]) -> float:
        args, kwargs = task.parameters.rebuild(taken.with_leaves(everywhere, point))
        try:
            with np.errstate(all="ignore"):
                returned = task.function(*args, **kwargs)
            return float(returned[0] if task.has_aux else returned)
        except Exception:  # noqa: BLE001  whatever the user's function raises there
            return math.nan

    with _plainly():
        for seed in SEEDS:
            moving = [g is not None for g in gradients]
            direction = differences.random_direction(leaves, moving, seed)
            found = differences.compare(plain, leaves, gradients, direction, tolerance)
            if found.decided and not found.agrees:
                raise CheckError(
                    f"the gradient of {task.name} disagrees with central differences of the plain "
                    f"function: along the random direction of seed {seed} it is {found.exact!r} "
                    f"by adjit, {found.difference!r} by differences",
                    remedy="if the function is not smooth there, or draws random numbers, "
                    "turn the check off with check=False; if it is smooth, please report a bug",
                    location=task.location,
                )


@contextmanager
def _plainly() -> Iterator[None]:
    token = _checking.set(True)
    try:
        yield
    finally:
        _checking.reset(token)


def _gradients(task: Task, taken: arguments.Arguments, result: Any, count: int) -> list[Any]:
    """The gradient of each leaf, None where there is none."""
    tree = result[1] if task.returns_value else result[0] if task.has_aux else result
    found: list[Any] = [None] * count
    for part, span, structure in zip(
        (tree,) if task.single else tree, taken.wrt, taken.wrt_structures, strict=True
    ):
        for k, gradient in zip(span, structure.flatten_up_to(part), strict=True):
            if k in taken.differentiated:
                found[k] = gradient
    return found


def _in_single_precision(graph: Graph) -> bool:
    """True where float32 numbers take part, inside of loops too."""
    if any(v.dtype == np.float32 for v in graph.inputs):
        return True
    return any(
        any(v.dtype == np.float32 for v in eqn.outputs)
        or any(map(_in_single_precision, eqn.regions))
        for eqn in graph.equations
    )
