"""What the tests of traps share: programs from text, differences, both backends."""

from __future__ import annotations

import itertools
import linecache
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from adjit import grad

Function = Callable[..., Any]
_counter = itertools.count()


def program(text: str, **names: Any) -> Function:
    """The function `f` that a text defines, as if it stood in a file."""
    file = f"<program {next(_counter)}>"
    linecache.cache[file] = (len(text), None, text.splitlines(True), file)
    namespace: dict[str, Any] = {"np": np, "math": math, **names}
    exec(compile(text, file, "exec", dont_inherit=True), namespace)
    found: Function = namespace["f"]
    return found


def differences(f: Function, x: np.ndarray, step: float = 1e-6) -> np.ndarray:
    """The gradient by central differences; `f` may write into its argument."""
    out = np.zeros_like(x)
    for place in np.ndindex(x.shape):
        change = np.zeros_like(x)
        change[place] = step
        out[place] = (f(x + change) - f(x - change)) / (2 * step)
    return out


def hessian_times(f: Function, x: np.ndarray, v: np.ndarray) -> Any:
    """The Hessian of f times v, by a gradient of a gradient."""
    return grad(lambda z: np.vdot(grad(f)(z), v))(x)
