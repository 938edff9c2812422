"""All programs, by name."""

from __future__ import annotations

from programs import (
    control_flow,
    dynamics,
    finance,
    graphics,
    inner_optimisation,
    linear_algebra,
    networks,
    ode,
    recurrences,
    root_finding,
    sequences,
    sorting,
    statistics,
    stencils,
)
from programs.case import Program

MODULES = (
    stencils,
    linear_algebra,
    recurrences,
    ode,
    root_finding,
    dynamics,
    statistics,
    sequences,
    networks,
    finance,
    graphics,
    sorting,
    control_flow,
    inner_optimisation,
)

PROGRAMS: dict[str, Program] = {p.name: p for module in MODULES for p in module.PROGRAMS}
assert len(PROGRAMS) == sum(len(m.PROGRAMS) for m in MODULES), "two programs of one name"
