"""Pausing Python's garbage collector while numba is imported or compiles.

Both make objects by the hundred thousand and drop almost none that only the collector could free;
its passes over them are a quarter of the time.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def paused() -> Iterator[None]:
    """No automatic collection inside; reference counting goes on as always."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
