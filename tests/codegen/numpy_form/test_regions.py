"""Loops and branches: the text gives the numbers of the reference evaluator."""

from __future__ import annotations

import numpy as np
import pytest
from emitted import checked_run
from region_examples import EXAMPLES

RUNS = [(name, sizes) for name, example in EXAMPLES.items() for sizes in example.sizes]


@pytest.mark.parametrize(("name", "sizes"), RUNS)
def test_examples(name: str, sizes: tuple[int, ...]) -> None:
    example = EXAMPLES[name]
    checked_run(example.graph, *example.arguments(np.random.default_rng(0), *sizes))
