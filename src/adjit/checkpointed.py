"""`checkpoint`: a function whose inner values are computed once more rather than saved."""

from __future__ import annotations

import functools
import types
from collections.abc import Callable
from typing import Any, Generic, ParamSpec, TypeVar

from adjit import pytrees
from adjit.inner import innermost
from adjit.tracer import run_checkpoint
from adjit.tracer.context import running

P = ParamSpec("P")
R = TypeVar("R")


class Checkpointed(Generic[P, R]):
    """What `checkpoint` returns."""

    def __init__(self, function: Callable[P, R]) -> None:
        self.function = function
        functools.update_wrapper(self, function)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        if running():  # called by code that is not interpreted
            trace = innermost(pytrees.flatten((args, kwargs))[0])
            if trace is not None:
                result: R = run_checkpoint(trace, self.function, args, kwargs)
                return result
        return self.function(*args, **kwargs)

    def _adjit_trace_(self, trace: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Called instead of `__call__` inside code that is being traced."""
        return run_checkpoint(trace, self.function, args, kwargs)

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return self if instance is None else types.MethodType(self, instance)

    def __reduce__(self) -> Any:
        return getattr(self, "__qualname__", "") or (Checkpointed, (self.function,))

    def __repr__(self) -> str:
        return f"<adjit.checkpoint of {getattr(self, '__name__', 'a function')}>"


def checkpoint(fun: Callable[P, R], /) -> Checkpointed[P, R]:
    """The same function; where it is differentiated, only its operands are saved.

    Inside of a function that `grad` differentiates, the gradient needs values that were computed on
    the way. Those of a function wrapped by `checkpoint` are not kept: the backward pass computes
    them once more from the operands. That bounds the memory of a long loop over a costly step, at
    the price of computing each step twice. Called by itself it is the plain function. Works as a
    decorator, also of methods.

    Raises
    ------
    adjit.errors.DataDependentError
        While traced, where it returns or leaves behind an array whose shape depends on numbers
        computed inside.

    See Also
    --------
    adjit.options : checkpoints of loops, without a change of the code.

    Notes
    -----
    Griewank and Walther, "Evaluating Derivatives", 2nd ed., SIAM 2008, chapter 12.

    Examples
    --------
    >>> import numpy as np
    >>> from adjit import checkpoint, grad
    >>> @checkpoint
    ... def step(x):
    ...     return np.sin(np.exp(np.cos(x)))
    >>> @grad
    ... def f(x):
    ...     for _ in range(3):
    ...         x = step(x)
    ...     return x
    >>> round(f(1.0), 6)
    0.011539
    """
    return Checkpointed(fun)
