"""Every row against NumPy: value, dtype, shape, kind; at the sizes traced and at others."""

from __future__ import annotations

import pytest
from surface_run import Sample, check
from surface_samples import SAMPLES


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_sample(sample: Sample) -> None:
    check(sample)
