"""Sums of matrix products, which BLAS adds up itself, lose none of their terms."""

import numpy as np
import pytest

from adjit import grad, jit


def right_nested(x, W, V, U):
    return np.sum((x[0] @ W + (x[0] @ V + x[1] @ U)) ** 2)


def pairs(x, W, V, U):
    return np.sum((x[0] @ W + x[1] @ V + (x[0] @ U + x[1] @ W)) ** 2)


def added_to_a_row(x, W, V, U):
    y = np.zeros(x.shape)
    y[0] += x[0] @ W + x[1] @ V
    y[1] += x[0] @ U
    y[1] += x[1] @ W + x[0] @ V + x[1] @ U
    return np.sum(y**2)


def read_twice(x, W, V, U):
    """The cotangent of the row is a sum of products that is added to dx."""
    return np.sum((x[0] @ W) ** 2) + np.sum((x[0] @ V) ** 2) + np.sum((x[1] @ U) ** 2)


@pytest.mark.parametrize("f", [right_nested, pairs, added_to_a_row, read_twice])
def test_every_term_counts(f, monkeypatch):
    rng = np.random.default_rng(0)
    args = (rng.normal(size=(2, 12, 10)), *(rng.normal(size=(10, 10)) for _ in range(3)))
    assert jit(f)(*args) == pytest.approx(f(*args), rel=1e-12)
    found = grad(f, argnums=(0, 1, 2, 3))(*args)
    monkeypatch.setenv("ADJIT_BACKEND", "numpy")
    expected = grad(f, argnums=(0, 1, 2, 3))(*args)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-10)
