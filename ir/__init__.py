"""The graph that the pipeline works on: types, sizes, values, equations, primitives, passes."""

from adjit.ir.builder import GraphBuilder
from adjit.ir.dims import Dim, Size, Symbol
from adjit.ir.errors import AdjitError, Location
from adjit.ir.graph import Equation, Graph, SymbolSource
from adjit.ir.primitives import PRIMITIVES, Primitive
from adjit.ir.values import Literal, Operand, Shape, Type, Value, literal
from adjit.ir.verify import verify

__all__ = [
    "PRIMITIVES",
    "AdjitError",
    "Dim",
    "Equation",
    "Graph",
    "GraphBuilder",
    "Literal",
    "Location",
    "Operand",
    "Primitive",
    "Shape",
    "Size",
    "Symbol",
    "SymbolSource",
    "Type",
    "Value",
    "literal",
    "verify",
]
