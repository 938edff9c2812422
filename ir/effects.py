"""What must be run although nobody reads its results: the user's own checks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from adjit.ir.graph import Equation
from adjit.ir.primitives import effects as fx
from adjit.ir.rewrite import with_equations


def acts(eqn: Equation) -> bool:
    """True for a check, and for an equation with a check in its regions."""
    return eqn.primitive is fx.require or any(any_acts(r.equations) for r in eqn.regions)


def any_acts(equations: Iterable[Equation]) -> bool:
    """True where one of the equations is, or has in it, a check."""
    return any(map(acts, equations))


def without_checks(equations: Iterable[Equation]) -> Iterator[Equation]:
    """The equations, of work that is done once more: what was checked holds."""
    for eqn in equations:
        if eqn.primitive is fx.require:
            continue
        if acts(eqn):
            regions = tuple(
                with_equations(r, list(without_checks(r.equations))) for r in eqn.regions
            )
            eqn = replace(eqn, regions=regions)
        yield eqn
