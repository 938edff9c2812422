"""Programs as users write them: NumPy's own value, central differences, one compiled function for
every size, in single precision, from Fortran-ordered arrays, and from a saved module."""

import copy
import importlib.util
import sys

import numpy as np
import optree
import pytest
from whole.users.catalogue import CASES

from adjit import pytrees, value_and_grad

named = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


@pytest.fixture(autouse=True)
def interpreted(monkeypatch, request):
    if "compiled" not in request.keywords:
        monkeypatch.setenv("ADJIT_BACKEND", "numpy")


def is_float(x):
    return isinstance(x, float) or getattr(x, "dtype", np.dtype(int)).kind == "f"


def directional(case, args, gradients):
    """Each differentiated argument alone against central differences in a random direction."""
    rng = np.random.default_rng(0)
    for number, gradient in zip(case.argnums, gradients, strict=True):
        leaves, spec = pytrees.flatten(args[number])
        slopes, _ = pytrees.flatten(gradient)
        direction = [rng.standard_normal(np.shape(x)) if is_float(x) else None for x in leaves]
        exact = sum(
            float(np.sum(g * d)) for g, d in zip(slopes, direction, strict=True) if d is not None
        )
        errors = []
        for step in (1e-4, 1e-5, 1e-6):
            ends = []
            for sign in (step, -step):
                moved = list(copy.deepcopy(args))
                moved[number] = pytrees.unflatten(
                    spec,
                    [
                        x
                        if d is None
                        else float(x + sign * d)
                        if isinstance(x, float)
                        else np.asarray(x + sign * d)
                        for x, d in zip(leaves, direction, strict=True)
                    ],
                )
                ends.append(float(case.function(*moved)))
            errors.append(abs((ends[0] - ends[1]) / (2 * step) - exact))
        scale = max(1.0, abs(exact))
        assert min(errors) <= 1e-5 * scale, (number, exact, errors)


def check(case, f, n):
    args = case.arguments(n)
    expected = case.function(*copy.deepcopy(args))
    value, gradients = f(*args)
    again = case.arguments(n)
    for one, other in zip(pytrees.flatten(args)[0], pytrees.flatten(again)[0], strict=True):
        np.testing.assert_array_equal(one, other, err_msg="an argument was written to")
    assert value == pytest.approx(expected, rel=1e-9, abs=1e-11)
    directional(case, args, gradients)
    return args, value, gradients


def run(case):
    f = value_and_grad(case.function, argnums=case.argnums)
    for n in case.sizes:
        results = check(case, f, n)
        assert len(f.specializations) == 1, "a new size was traced again"
    return f, *results


def agree(got, expected, rtol):
    for one, other in zip(pytrees.flatten(got)[0], pytrees.flatten(expected)[0], strict=True):
        if is_float(other):
            scale = max(1.0, float(np.max(np.abs(other), initial=0.0)))
            np.testing.assert_allclose(one, other, rtol=rtol, atol=rtol * scale)


@named
def test_interpreted(case):
    run(case)


@pytest.mark.compiled
@pytest.mark.parametrize(
    "case",
    [c for c in CASES.values() if c.compiled],
    ids=[c.name for c in CASES.values() if c.compiled],
)
def test_compiled(case):
    run(case)


@named
def test_saved(case, tmp_path):
    f = value_and_grad(case.function, argnums=case.argnums)
    args = case.arguments(case.sizes[1])
    value, gradients = f(*args)
    path = f.save(tmp_path / "saved.py")
    spec = importlib.util.spec_from_file_location("saved", path)
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "adjit", None)  # not importable
        spec.loader.exec_module(module)
        value2, gradients2 = getattr(module, f"{case.name}_value_and_grad")(*args)
    agree((value2, gradients2), (value, gradients), 1e-12)


@named
def test_single_precision(case):
    if not case.single:
        pytest.skip("too ill-conditioned for float32")
    args = case.arguments(case.sizes[0])
    small = optree.tree_map(
        lambda x: x.astype(np.float32) if isinstance(x, np.ndarray) and is_float(x) else x,
        args,
        none_is_leaf=True,
        namespace="adjit",
    )
    f = value_and_grad(case.function, argnums=case.argnums)
    value, gradients = f(*small)
    expected = case.function(*copy.deepcopy(small))
    assert np.asarray(value).dtype == np.asarray(expected).dtype
    for number, gradient in zip(case.argnums, gradients, strict=True):
        for x, g in zip(
            pytrees.flatten(small[number])[0], pytrees.flatten(gradient)[0], strict=True
        ):
            if is_float(x):
                assert np.asarray(g).dtype == np.asarray(x).dtype
    agree((value, gradients), f(*args), 5e-3)


@named
def test_fortran_order(case):
    args = case.arguments(case.sizes[0])
    other = optree.tree_map(
        lambda x: np.asfortranarray(x) if isinstance(x, np.ndarray) else x,
        args,
        none_is_leaf=True,
        namespace="adjit",
    )
    f = value_and_grad(case.function, argnums=case.argnums)
    agree(f(*other), f(*args), 1e-9)
