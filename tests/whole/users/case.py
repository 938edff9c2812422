"""A program as a user would write it, with the arguments that it is called with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

#: Every program, in the order of the files.
CASES: dict[str, Case] = {}


@dataclass(frozen=True)
class Case:
    """`function(*make(rng, n))` is a float; `sizes` are two values of n, the second of which must
    run the code that was made for the first. `argnums` are differentiated. `compiled` programs run
    compiled too; `single` ones in single precision."""

    name: str
    function: Callable[..., Any]
    make: Callable[[np.random.Generator, int], tuple[Any, ...]]
    argnums: tuple[int, ...] = (0,)
    sizes: tuple[int, int] = (6, 9)
    compiled: bool = False
    single: bool = True

    def arguments(self, n: int) -> tuple[Any, ...]:
        return self.make(np.random.default_rng(n), n)


def user(
    make: Callable[[np.random.Generator, int], tuple[Any, ...]], **options: Any
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register the function below as a program called with `make(rng, n)`."""

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        name = function.__name__
        assert name not in CASES, name
        CASES[name] = Case(name, function, make, **options)
        return function

    return register
