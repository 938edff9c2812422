"""Derivatives as transforms of graphs: reverse mode, forward mode, and the formulas behind them.

A transform appends equations made of the same primitives, so that it applies to its own result.
"""

from adjit.adjoint.checkpointing import residual_bytes
from adjit.adjoint.formulas import Formula, formula_of, formula_of_equation
from adjit.adjoint.forward import jvp
from adjit.adjoint.reverse import value_and_gradient, vjp

__all__ = [
    "Formula",
    "formula_of",
    "formula_of_equation",
    "jvp",
    "residual_bytes",
    "value_and_gradient",
    "vjp",
]
