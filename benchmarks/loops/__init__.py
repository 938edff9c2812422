"""Problems with loops: simulation, recurrences, factorisations, dynamic programming, searches.

Each module holds the text that a user writes, what a careful programmer makes of its gradient by
hand (the limit), and what a user of JAX writes instead: as its manual says, and naively.
"""

from loops import (
    alignment,
    dynamics,
    factorizations,
    filters,
    finance,
    networks,
    recurrences,
    searches,
    stencils,
    systems,
)

MODULES = (
    stencils,
    factorizations,
    systems,
    recurrences,
    dynamics,
    alignment,
    networks,
    filters,
    searches,
    finance,
)
SERIES = tuple(series for module in MODULES for series in module.SERIES)
PROBLEMS = tuple(problem for series in SERIES for problem in series.problems("loops"))
