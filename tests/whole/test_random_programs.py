"""Random whole programs: NumPy's own value, central differences, and the two forms agree."""

import importlib.util
import itertools

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from whole.programs import programs

from adjit import value_and_grad

_number = itertools.count()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("programs")


def load(folder, program):
    """The program's function, from a file of its own."""
    path = folder / f"program_{next(_number)}.py"
    path.write_text(program.source)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.f


def fresh(arguments):
    return tuple(a.copy(order="K") if isinstance(a, np.ndarray) else a for a in arguments)


def moved(arguments, direction, step):
    """In the memory layout of the arguments: whether `ravel` is a view depends on it."""
    return tuple(
        float(a + step * d)
        if np.ndim(a) == 0
        else np.array(a + step * d, order="F" if np.isfortran(a) else "C")
        for a, d in zip(arguments, direction, strict=True)
    )


def compare_with_numpy(f, program, value, gradients):
    expected = f(*fresh(program.arguments))
    assert value == pytest.approx(expected, rel=1e-10, abs=1e-10)
    rng = np.random.default_rng(3)
    direction = [rng.standard_normal(np.shape(a)) for a in program.arguments]
    exact = sum(float(np.sum(g * d)) for g, d in zip(gradients, direction, strict=True))
    errors = []
    for step in (1e-4, 1e-5, 1e-6, 1e-7):
        up, down = (f(*moved(program.arguments, direction, sign * step)) for sign in (1, -1))
        errors.append(abs((up - down) / (2 * step) - exact))
    assert min(errors) <= 2e-6 * max(1.0, abs(exact)), (exact, errors)


@settings(max_examples=150)
@given(program=programs())
def test_interpreted(folder, program):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ADJIT_BACKEND", "numpy")
        patch.setenv("ADJIT_DEBUG", "1")
        f = load(folder, program)
        value, gradients = value_and_grad(f, argnums=(0, 1, 2))(*program.arguments)
    compare_with_numpy(f, program, value, gradients)


@settings(max_examples=15, phases=(Phase.explicit, Phase.generate))
@given(program=programs(most=14))
def test_compiled(folder, program):
    f = load(folder, program)
    g = value_and_grad(f, argnums=(0, 1, 2))
    before = fresh(program.arguments)
    value, gradients = g(*program.arguments)
    for a, b in zip(before, program.arguments, strict=True):
        np.testing.assert_array_equal(a, b)
    compare_with_numpy(f, program, value, gradients)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ADJIT_BACKEND", "numpy")
        value2, gradients2 = value_and_grad(f, argnums=(0, 1, 2))(*program.arguments)
    assert value == pytest.approx(value2, rel=1e-12)
    for one, other in zip(gradients, gradients2, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-12)
