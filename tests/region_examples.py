"""Graphs with control flow built by hand, as the tracer would capture them.

`EXAMPLES` holds them by name; see `Example` in `region_scene` for what each one is.
"""

from __future__ import annotations

from region_arrays import ARRAYS
from region_scalars import SCALARS
from region_scene import Example

EXAMPLES: dict[str, Example] = {
    example.name: example for example in (make() for make in (*SCALARS, *ARRAYS))
}
