"""What is measured: a plain NumPy function and its inputs; other libraries' versions of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Make = Callable[[np.random.Generator], tuple[Any, ...]]
#: Imports a library and returns its version of a problem's function.
Builder = Callable[[], Callable[..., Any]]


@dataclass(frozen=True)
class Problem:
    """A scalar function, the arguments to call it with, and which of them to differentiate.

    The libraries in `as_written` run its text with their own namespace in the place of `np`, those
    in `versions` another text; adjit runs it unchanged. `versions["limit"]` builds value and
    gradients by hand, in the subset of Python that numba compiles. A problem of a `series` is one
    of several sizes of the same thing; its work grows as `size ** order`.
    """

    name: str
    family: str
    function: Callable[..., Any]
    make: Make
    argnums: tuple[int, ...] = (0,)
    as_written: tuple[str, ...] = ("jax", "autograd", "torch")
    versions: Mapping[str, Builder] = field(default_factory=dict, compare=False)
    series: str = ""
    size: int = 0
    order: int = 1


@dataclass(frozen=True)
class Series:
    """One function at several sizes: `make(rng, size)`. `tiny` is a size for tests.

    `largest` bounds the size for libraries that would take minutes or gigabytes.
    """

    name: str
    function: Callable[..., Any]
    make: Callable[[np.random.Generator, int], tuple[Any, ...]]
    sizes: tuple[int, ...]
    tiny: int
    limit: Callable[..., Any]
    argnums: tuple[int, ...] = (0,)
    order: int = 1
    jax: Builder | None = None
    jax_naive: Builder | None = None
    autograd: Builder | None = None
    autograd_as_written: bool = False
    largest: Mapping[str, int] = field(default_factory=dict, compare=False)

    def problems(self, family: str) -> Iterator[Problem]:
        for size in self.sizes:
            yield self.at(size, family)

    def at(self, size: int, family: str = "") -> Problem:
        builders = {"jax": self.jax, "jax-naive": self.jax_naive, "autograd": self.autograd}
        offered = {peer: b for peer, b in builders.items() if b and self._reaches(peer, size)}
        as_written = self.autograd_as_written and self._reaches("autograd", size)
        return Problem(
            f"{self.name}_{size}",
            family,
            self.function,
            lambda rng: self.make(rng, size),
            self.argnums,
            ("autograd",) if as_written else (),
            {"limit": lambda: self.limit, **offered},
            self.name,
            size,
            self.order,
        )

    def _reaches(self, peer: str, size: int) -> bool:
        return size <= self.largest.get(peer, size)
