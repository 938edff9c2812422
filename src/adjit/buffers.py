"""Result arrays. Large ones are handed out again once the caller has dropped them.

A fresh large array costs page faults, which for memory-bound gradients is more than the
arithmetic. A buffer is used again only when nothing else refers to it (views keep a reference to
their base), so nobody can tell but by the time it takes.
"""

from __future__ import annotations

import sys
import threading
from typing import Any

import numpy as np

LARGE = 1 << 16  # bytes, from which recycling pays
_KEPT = 8  # buffers kept per shape and dtype
_LIMIT = 1 << 28  # bytes kept in all

_pool: dict[tuple[tuple[int, ...], Any], list[np.ndarray[Any, Any]]] = {}
_lock = threading.Lock()


def recycled(shape: tuple[int, ...], dtype: Any) -> np.ndarray[Any, Any]:
    """An uninitialised C-contiguous array of this shape, used again where that is safe."""
    size = dtype.itemsize
    for n in shape:
        size *= n
    if size < LARGE:
        return np.empty(shape, dtype)
    with _lock:
        kept = _pool.get((shape, dtype), [])
        for k in range(len(kept)):
            # two references: the list's and getrefcount's own argument
            if sys.getrefcount(kept[k]) == 2 and _untouched(kept[k], shape, dtype):
                return kept[k]
        made = np.empty(shape, dtype)
        if len(kept) < _KEPT and _make_room(size):
            _pool.setdefault((shape, dtype), kept).append(made)
        return made


def _untouched(array: np.ndarray[Any, Any], shape: tuple[int, ...], dtype: Any) -> bool:
    """False when its last owner changed the array object itself (`a.shape = ...`)."""
    return array.flags.writeable and array.shape == shape and array.dtype == dtype


def _make_room(size: int) -> bool:
    """Drop the kept buffers of the oldest shapes until `size` more bytes fit the limit."""
    if size > _LIMIT:
        return False
    total = sum(a.nbytes for kept in _pool.values() for a in kept)
    while _pool and total + size > _LIMIT:
        oldest = next(iter(_pool))
        total -= sum(a.nbytes for a in _pool.pop(oldest))
    return True
