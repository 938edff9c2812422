"""The table of elementary functions: definition, number of arguments, number of results."""

from dataclasses import dataclass
from functools import cache

from adjit.codegen.vecmath import error, exponential, logarithm, power, trigonometric
from adjit.codegen.vecmath.expr import Definition, Program, record

__all__ = ["FUNCTIONS", "Function", "program"]


@dataclass(frozen=True, slots=True)
class Function:
    """One row."""

    definition: Definition
    parameters: int = 1
    results: int = 1


FUNCTIONS = {
    "exp": Function(exponential.exp),
    "exp2": Function(exponential.exp2),
    "expm1": Function(exponential.expm1),
    "expit": Function(exponential.expit),
    "sinh": Function(exponential.sinh),
    "cosh": Function(exponential.cosh),
    "tanh": Function(exponential.tanh),
    "log": Function(logarithm.log),
    "log1p": Function(logarithm.log1p),
    "log2": Function(logarithm.log2),
    "log10": Function(logarithm.log10),
    "sin": Function(trigonometric.sin),
    "cos": Function(trigonometric.cos),
    "sincos": Function(trigonometric.sincos, results=2),
    "arctan": Function(trigonometric.arctan),
    "pow": Function(power.pow, parameters=2),
    "cbrt": Function(power.cbrt),
    "erf": Function(error.erf),
}


@cache
def program(name: str, dtype: str) -> Program:
    """The recorded definition of ``name`` for "float64" or "float32"."""
    row = FUNCTIONS[name]
    return record(row.definition, dtype, row.parameters)
