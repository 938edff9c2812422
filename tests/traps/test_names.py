"""Names and text of the user's never break, change or enter the generated code."""

import numpy as np
import pytest
from trap_tools import differences, program

from adjit import grad, value_and_grad
from adjit.errors import ArgumentError

X = np.array([1.0, 2.0, 3.0])

PROGRAMS = [
    "t1 = np.sin(x); t2 = np.exp(t1); dx = t1 * t2; x_shape_0_ = dx.sum(); kernel = x_shape_0_ * 2"
    "; acc = kernel + 1; far = acc; status = far; i = status; n = i; s = n; return s",
    "max = np.sin(x); min = max * 2; range = min.sum(); len = range; return len * 2",
    "math = np.sin(x); numba = math * 2; njit = numba.sum(); scipy = njit; return scipy * 2",
    "β = x * 2; Δx = β**2; ﬁ = Δx.sum(); return ﬁ",
    "µ = x * 2; μ = µ * 3; return μ.sum()",
    "dx = x**2; ddx = dx * 3; return np.sum(ddx * dx)",
    "log = np.exp(x); sin = np.sin(log); sqrt = sin**2; select = sqrt * x; return select.sum()",
    "empty = x**2; release = empty * x; extent = release.sum(); clear = extent; return clear",
    "rmax = x * 2; gemm = rmax @ x; divide = gemm / 3; digamma = divide; return digamma",
    "value = x**2; gradient = value * x; result = gradient.sum(); return result",
    "_ = x * 2; __ = _ * x; ___ = __; __debug = ___; return __debug.sum()",
    "s = '''a \"\"\" b\\n'''; y = x**2; z = y * len(s); return np.sum(z)  # ünïcö ☃ \\ \"\"\" '''",
    's = """multi\nline"""; z = x**2 * len(s); return np.sum(z)',
    "z = np.sum(  # comment\n        (x **\n   2)  # why\n    ); return z",
    "d = {'a b': x, 3: x * 2, (1, 2): x * 3, 'class': x * 4}\n    return sum(np.sum(v**2) for v in "
    "d.values())",
    "c = np.nan; d = -0.0; e = np.inf; return np.sum(np.where(x > c, x, x * 2)) + np.sum(x * d)",
    f"{'v' * 300} = x * 2; return {'v' * 300}.sum()",
    "y = np.sum(x**2); del x; x = y * 2; return x",
]


def check(text):
    f = program(f"def f(x):\n    {text}")
    g = value_and_grad(f)
    value, dx = g(X)
    np.testing.assert_allclose(value, f(X))
    np.testing.assert_allclose(dx, differences(f, X), rtol=1e-6)
    for form in ("numpy", "numba"):
        compile(g.source(form=form), form, "exec")


@pytest.mark.parametrize("text", PROGRAMS)
def test_names(text):
    check(text)


@pytest.mark.compiled
@pytest.mark.parametrize("text", PROGRAMS[:9])
def test_names_compiled(text):
    check(text)


@pytest.mark.parametrize(
    "name",
    [
        "dx",
        "self",
        "args",
        "value",
        "np_",
        "print",
        "exp",
        "n",
        "i",
        "erf",
        "int64",
        "math",
        "out",
        "r0",
        "p0",
        "v0",
        "MISS",
        "empty",
        "ndarray",
        "flatten",
        "run0",
        "x_shape",
    ],
)
def test_names_of_parameters(name):
    f = program(f"def f({name}):\n    return np.sum({name}**2)")
    np.testing.assert_allclose(grad(f)(X), 2 * X)
    np.testing.assert_allclose(grad(f)(**{name: X}), 2 * X)


def test_reserved_names_are_refused():
    with pytest.raises(ArgumentError, match="_adjit_0"):
        grad(program("def f(_adjit_0):\n    return np.sum(_adjit_0**2)"))(X)


@pytest.mark.parametrize(
    "keys",
    [
        ("a b", "a_b", 'q"\n'),
        (1, 2),
        (1, "a"),
        ((1, 2), (3,)),
        ("class", "é", "x-1", ""),
        (None, True),
    ],
)
def test_keys_that_are_no_identifiers(keys):
    g = grad(lambda p: sum(k * np.sum(v * v) for k, v in enumerate(p.values(), 1)))
    got = g({key: X for key in keys})
    for k, key in enumerate(keys, 1):
        np.testing.assert_allclose(got[key], 2 * k * X)
    compile(g.source(), "source", "exec")


def test_constants_are_bound():
    c = np.array([np.nan, np.inf, -0.0])
    np.testing.assert_array_equal(
        grad(lambda x: np.sum(np.where(np.isfinite(c), x, 0) * np.isfinite(c)))(X), [0, 0, 1]
    )
    large = np.arange(1e5)
    np.testing.assert_allclose(grad(lambda x: np.sum(large) * x[0])(X), [large.sum(), 0, 0])
    got = grad(lambda x: np.sum(np.array(list(range(2000))) * x[0]))(X)
    np.testing.assert_allclose(got, [1999000, 0, 0])
