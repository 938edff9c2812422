"""Modules written by `save` give the numbers of the function that they were written from."""

import runpy

import numpy as np
import pytest

from adjit import value_and_grad

#: 1e15 is beyond the fast range of the kernels' sin and cos.
X = np.array([0.5, 1e9, 1e15])


def waves(x):
    return np.sum(np.sin(x) * np.cos(2.0 * x))


@pytest.mark.parametrize("form", ["numpy", pytest.param("numba", marks=pytest.mark.compiled)])
def test_a_saved_module_gives_the_same_numbers(tmp_path, form):
    f = value_and_grad(waves)
    path = f.save(tmp_path / "waves.py", X, form=form)
    value, dx = runpy.run_path(str(path))["waves_value_and_grad"](X)
    np.testing.assert_allclose(value, waves(X), rtol=1e-12)
    expected = np.cos(X) * np.cos(2 * X) - 2 * np.sin(X) * np.sin(2 * X)
    np.testing.assert_allclose(dx, expected, rtol=1e-12)
