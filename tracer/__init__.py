"""Tracing: from the user's function to a graph.

`capture` runs the function once: `interpreter` evaluates its Python, `arrays` and `symint` stand
for its arrays and sizes, `surface` has one row for each NumPy function. `outside` and `guards` keep
what was read from the world around the function, `sizes` what was found out about shapes.
"""

from adjit.tracer import surface
from adjit.tracer.arrays import TracedArray
from adjit.tracer.capture import Capture, capture
from adjit.tracer.control.checkpoints import run_checkpoint
from adjit.tracer.guards import Guard, Hidden, Leaf, Path, check, fetch
from adjit.tracer.inner import subtrace
from adjit.tracer.outputs import OutputLeaf, map_traced
from adjit.tracer.sizes import SizeGuard
from adjit.tracer.symint import SymInt
from adjit.tracer.trace import Trace

__all__ = [
    "Capture",
    "Guard",
    "Hidden",
    "Leaf",
    "OutputLeaf",
    "Path",
    "SizeGuard",
    "SymInt",
    "Trace",
    "TracedArray",
    "capture",
    "check",
    "fetch",
    "map_traced",
    "run_checkpoint",
    "subtrace",
    "surface",
]
