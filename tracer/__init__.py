"""Tracing: from the user's function to a graph."""

from adjit.tracer import surface
from adjit.tracer.arrays import TracedArray
from adjit.tracer.capture import Capture, capture
from adjit.tracer.guards import Guard, Hidden, Leaf, Path, check, fetch
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
    "surface",
]
