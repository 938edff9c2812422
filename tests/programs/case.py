"""A whole program, with the arguments that it is called with and how its gradient is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

#: How a reference run of the program is made; see `programs.reference`.
Kind = Literal["complex", "wide", "differences"]


@dataclass(frozen=True)
class Program:
    """`function(*make(rng))` is a float, smooth where `make` draws.

    `argnums` are differentiated, in float64. `kinds` are the references that fit, the best one
    first: `complex` needs operations that are analytic (or that the twin of NumPy in
    `programs.twins` makes so), `wide` such that exist in longdouble, `differences` nothing.
    `rtol` is the tolerance of a directional derivative relative to the size of the gradient.
    `second_order` programs have the gradient of `<gradient, w>` checked too. Tags: `unrolled`,
    where loops run over Python's own lists, whose length is then compiled in; `refused`, where
    adjit says that it cannot (yet) do this.
    """

    function: Callable[..., Any]
    make: Callable[[np.random.Generator], tuple[Any, ...]]
    argnums: tuple[int, ...] = (0,)
    kinds: tuple[Kind, ...] = ("complex", "wide")
    rtol: float = 1e-8
    second_order: bool = False
    tags: frozenset[str] = field(default_factory=frozenset)

    @property
    def name(self) -> str:
        return self.function.__name__

    def arguments(self) -> tuple[Any, ...]:
        """The same ones at every call, never shared."""
        seed = sum(map(ord, self.name))
        return self.make(np.random.default_rng(seed))
