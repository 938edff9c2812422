"""The NumPy surface: rows that say how each function becomes equations.

Importing this package fills the tables that calls are looked up in. One file for each family;
`table` says how a row is written.
"""

from adjit.tracer.dispatch import LOWERINGS, METHODS, QUALIFIED, REFUSED
from adjit.tracer.surface import (
    creation,
    cumulative,
    diagonals,
    einsum,
    functions,
    index_arrays,
    index_tricks,
    indexing_functions,
    joining,
    linear_algebra,
    math_module,
    nan_reductions,
    padding,
    products,
    ranges,
    reductions,
    refused,
    repeating,
    scipy_special,
    shapes,
    signal,
    sorting,
    statistics,
    ufunc_methods,
    ufuncs,
)
from adjit.tracer.surface.table import Row
from adjit.tracer.surface.ufuncs import Ufunc

FAMILIES = (
    creation,
    cumulative,
    diagonals,
    einsum,
    functions,
    index_arrays,
    index_tricks,
    indexing_functions,
    joining,
    linear_algebra,
    math_module,
    nan_reductions,
    padding,
    products,
    ranges,
    reductions,
    refused,
    repeating,
    scipy_special,
    shapes,
    signal,
    sorting,
    statistics,
    ufunc_methods,
    ufuncs,
)

__all__ = ["FAMILIES", "LOWERINGS", "METHODS", "QUALIFIED", "REFUSED", "Row", "Ufunc"]
