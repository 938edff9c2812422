"""All problems, and a choice of them by name, series or family."""

from __future__ import annotations

import loops
import problems
from problem import Problem

PROBLEMS: tuple[Problem, ...] = (*problems.PROBLEMS, *loops.PROBLEMS)


def names_of(problem: Problem) -> set[str]:
    """What it can be chosen by."""
    return {problem.name, problem.family, problem.series} - {""}
