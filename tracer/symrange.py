"""`range` over sizes: as an index or an array it stays symbolic."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, eq=False)
class SymRange:
    """What `range(start, stop, step)` is where a bound is a `SymInt`.

    In `x[range(len(y)), y]` it stands for `np.arange`. Whatever goes through its items one by one
    specialises the capture to the numbers met while tracing, as `range` itself would.
    """

    start: Any
    stop: Any
    step: Any

    def numbers(self) -> range:
        """The range of the numbers met while tracing; the capture holds for these only."""
        return range(int(self.start), int(self.stop), int(self.step))

    def __iter__(self) -> Iterator[int]:
        return iter(self.numbers())

    def __reversed__(self) -> Iterator[int]:
        return reversed(self.numbers())

    def __len__(self) -> int:
        return len(self.numbers())

    def __getitem__(self, key: Any) -> Any:
        return self.numbers()[key]

    def __contains__(self, item: object) -> bool:
        return item in self.numbers()

    def index(self, item: Any) -> int:
        return self.numbers().index(item)

    def count(self, item: Any) -> int:
        return self.numbers().count(item)


def range_of(start: Any, stop: Any = None, step: Any = 1) -> SymRange:
    """`range(...)` of integers and `SymInt`s."""
    return SymRange(0, start, step) if stop is None else SymRange(start, stop, step)
