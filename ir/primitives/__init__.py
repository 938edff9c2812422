"""The primitives of the graph: a small orthogonal set that the NumPy surface lowers into.

Importing this module fills the registry `PRIMITIVES`.
"""

from adjit.ir.primitives import effects, elementwise, linear_algebra, regions, structural
from adjit.ir.primitives.core import PRIMITIVES, Primitive

__all__ = [
    "PRIMITIVES",
    "Primitive",
    "effects",
    "elementwise",
    "linear_algebra",
    "regions",
    "structural",
]
