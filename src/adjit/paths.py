"""The specialisations of one function, and the call paths that are tried in turn."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from adjit.selfcheck import FirstCheck
from adjit.specialize import Specialization

Path = Callable[..., Any]


class Paths:
    """All code made for one function.

    `calls` are the call paths, newest first, one list for good; `last` holds the one that ran last.
    """

    def __init__(self) -> None:
        self.calls: list[Path] = []
        self.last: list[Path | None] = [None]
        self._made: dict[Specialization, Path] = {}
        self._lock = threading.Lock()

    @property
    def specializations(self) -> tuple[Specialization, ...]:
        """Oldest first."""
        return tuple(self._made)

    def add(self, spec: Specialization, *, checked: bool) -> None:
        """One more; its first call is `checked`."""
        path = FirstCheck(spec, self._passed) if checked else spec.call
        self._made[spec] = path
        self.calls.insert(0, path)
        self.last[0] = path

    def find(self, values: tuple[Any, ...]) -> Specialization | None:
        """The one that fits these values, from now on the last one."""
        for spec, path in self._made.items():
            if spec.matches(*values):
                self.last[0] = path
                return spec
        return None

    def path(self, spec: Specialization) -> Path:
        """What to call."""
        return self._made[spec]

    def latest(self) -> Specialization | None:
        """The one that ran last."""
        path = self.last[0]
        if isinstance(path, FirstCheck):
            return path.spec
        return next((spec for spec in self._made if spec.call is path), None)

    def _passed(self, check: FirstCheck) -> None:
        """The gradient is right: later calls go straight to it."""
        with self._lock:
            if self._made[check.spec] is check:
                self._made[check.spec] = check.spec.call
                self.calls[self.calls.index(check)] = check.spec.call
