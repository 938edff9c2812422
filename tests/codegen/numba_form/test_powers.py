"""Powers with a literal exponent are products and square roots, with NumPy's special values."""

from __future__ import annotations

import numpy as np

from adjit import jit

SPECIAL = (0.0, -0.0, np.inf, -np.inf, np.nan, -1.0, 1.0, 5e-324, 1e-150, 1e150, 1e308)


def powers(x):
    return x**1.5, x**2.5, x**-0.5, x**-1.5, x**-2.0, x**3.0, x**0.5, x**-1.0


def test_powers():
    x = np.concatenate([np.random.default_rng(0).uniform(0, 9, 100), SPECIAL])
    with np.errstate(all="ignore"):
        expected = powers(x)
    for found, wanted in zip(jit(powers)(x), expected, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-15, atol=1e-323)
