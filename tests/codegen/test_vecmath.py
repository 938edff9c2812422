"""Accuracy against mpmath, special values against NumPy, and the three readings against each other.

The definitions are read by LLVM (the product), as Python source, and here in NumPy without fused
multiply-add, which is what a machine that has none executes.
"""

import math
import re
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import pytest
from mpmath import mpf
from numba import njit

import adjit.codegen.vecmath as vecmath
from adjit.codegen.vecmath import FUNCTIONS, SIN_MAX, fit, llvm, vecmath_source
from adjit.codegen.vecmath.coefficients import COEFFICIENTS
from adjit.codegen.vecmath.expr import Instruction
from adjit.codegen.vecmath.functions import program

NAMES = [name for name in FUNCTIONS if name != "sincos"]
DTYPES = ["float64", "float32"]
HARD = frozenset({"reassoc", "contract", "arcp", "nsz"})
ULP = 2.5
SPECIAL = [0.0, -0.0, 1.0, -1.0, 2.0, -2.0, 3.0, -3.0, 0.5, -0.5, 2.0**53 - 1, -(2.0**53) + 1]
SPECIAL += [np.inf, -np.inf, np.nan, 5e-324, -5e-324, 1e-310, 1e-40, -1e-40, 1e300, -1e300]
SPECIAL += [710.0, 709.7, -745.0, -745.2, -746.0, 88.7, 89.0, -103.9, -104.0, 1024.0, -1075.0]

EXACT: dict[str, Callable[..., Any]] = {
    "expit": lambda x: 1 / (1 + mpmath.exp(-x)),
    "exp2": lambda x: mpf(2) ** x,
    "log2": lambda x: mpmath.log(x, 2),
    "arctan": mpmath.atan,
    "cbrt": lambda x: mpmath.sign(x) * mpmath.cbrt(abs(x)),
    "pow": lambda x, y: x**y,
}
NUMPY: dict[str, Callable[..., Any]] = {
    "expit": lambda x: 1 / (1 + np.exp(-x)),
    "erf": lambda x: np.array([math.erf(v) for v in x], x.dtype),
    "pow": np.power,
}


def _lshr(a: Any, bits: int) -> Any:
    unsigned = np.uint64 if a.dtype == np.int64 else np.uint32
    return (a.view(unsigned) >> unsigned(bits)).view(a.dtype)


def _fma(a: Any, b: Any, c: Any) -> Any:
    """Exact product by Dekker's splitting, then a compensated sum."""
    p = a * b
    high_a, high_b = (v * 134217729.0 - (v * 134217729.0 - v) for v in (a, b))
    low_a, low_b = a - high_a, b - high_b
    e = ((high_a * high_b - p) + high_a * low_b + low_a * high_b) + low_a * low_b
    s = p + c
    t = s - p
    return s + (((p - (s - t)) + (c - t)) + np.where(np.isfinite(e), e, 0.0))


NUMPY_OPERATIONS: dict[str, Callable[..., Any]] = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.divide,
    "iadd": np.add,
    "isub": np.subtract,
    "neg": np.negative,
    "abs": np.abs,
    "floor": np.floor,
    "copysign": np.copysign,
    "mad": lambda a, b, c: a * b + c,
    "fma": _fma,
    "and": np.bitwise_and,
    "or": np.bitwise_or,
    "xor": np.bitwise_xor,
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "eq": np.equal,
    "ne": np.not_equal,
    "ine": np.not_equal,
    "select": np.where,
    "shl": np.left_shift,
    "lshr": _lshr,
}


def _step(line: Instruction, values: list[Any], arguments: tuple[Any, ...]) -> Any:
    if line.op == "arg":
        return arguments[int(line.args[0])]
    kind = np.dtype(line.type).type
    if line.op == "const":
        text = str(line.args[0])
        value = float.fromhex(text) if line.type.startswith("float") else int(text)
        return np.array([value], kind)
    operands = [values[a] if isinstance(a, int) else kind(a) for a in line.args]
    if line.op in ("bits", "unbits"):
        return operands[0].view(kind)
    return operands[0].astype(kind) if line.op == "cast" else NUMPY_OPERATIONS[line.op](*operands)


def without_fma(name: str, dtype: str, *arguments: Any) -> Any:
    """The first result of the definition, in NumPy."""
    code = program(name, dtype)
    values: list[Any] = []
    with np.errstate(all="ignore"):
        for line in code.instructions:
            values.append(_step(line, values, arguments))
    return values[code.results[0]]


@cache
def compiled(name: str, dtype: str, fastmath: Any = HARD, source: bool = False) -> Any:
    """A loop over arrays around the intrinsic, or around the printed source."""
    function = getattr(llvm, name, None)
    if source:
        namespace: dict[str, Any] = {}
        exec(vecmath_source([name], dtype), namespace)
        function = namespace[name]
    flags = fastmath if isinstance(fastmath, bool) else set(fastmath)

    @njit(error_model="numpy", fastmath=flags)
    def loop(x: Any, out: Any) -> None:
        for i in range(x.size):
            out[i] = function(x[i])

    @njit(error_model="numpy", fastmath=flags)
    def loop2(x: Any, y: Any, out: Any) -> None:
        for i in range(x.size):
            out[i] = function(x[i], y[i])

    return loop2 if FUNCTIONS[name].parameters == 2 else loop


def run(name: str, *arguments: Any, **how: Any) -> Any:
    out = np.empty_like(arguments[0])
    compiled(name, str(out.dtype), **how)(*arguments, out)
    return out


@cache
def points(name: str, dtype: str) -> tuple[Any, ...]:
    """Arguments inside the domain, among them subnormal ones and those with subnormal results."""
    rng, n, double = np.random.default_rng(7), 500, dtype == "float64"
    top = 1022 if double else 125
    exponent = 50 if double else 22
    sign = rng.choice([-1.0, 1.0], n)
    huge = 2.0 ** rng.uniform(-top - 20, top, n)
    tiny = sign * 2.0 ** rng.uniform(-top - 20, 0, n)
    near_one = 1 + sign * 2.0 ** rng.uniform(-exponent, -1, n)
    span = (-745.1, 709.7) if double else (-103.9, 88.7)
    if name == "pow":
        x = np.concatenate([huge, near_one, rng.uniform(0, 4, n)]).astype(dtype)
        power = rng.uniform(-top - 50, top, 3 * n)
        with np.errstate(divide="ignore"):
            y = np.where(x == 1, power, power / np.log2(x.astype("float64")))
        y[2 * n :] = rng.uniform(-8, 8, n)
        return x, y.astype(dtype)
    quadrants = np.pi / 2 * rng.integers(1, 15_900_000, n)
    middle = [rng.uniform(-2, 2, n), tiny]
    ranges: dict[str, list[Any]] = {
        "exp2": [rng.uniform(*((-1074, 1023.9) if double else (-149, 127.9)), n), *middle],
        "sinh": [rng.uniform(-1, 1, n) * (span[1] + 0.7), *middle],
        "tanh": [rng.uniform(-25, 25, n), *middle],
        "log1p": [huge, -0.9999 * abs(tiny), near_one - 1, -1 + abs(near_one - 1)],
        "sin": [rng.uniform(-2.5e7, 2.5e7, n), rng.uniform(-1e3, 1e3, n), tiny, quadrants],
        "arctan": [*middle, sign * huge],
        "erf": [rng.uniform(-6, 6, n), *middle],
        "cbrt": [*middle, sign * huge],
    }
    ranges["log"] = ranges["log2"] = ranges["log10"] = [huge, near_one, rng.uniform(0.5, 2, n)]
    ranges["cos"], ranges["cosh"] = ranges["sin"], ranges["sinh"]
    chosen = ranges.get(name, [rng.uniform(*span, n), *middle])
    return (np.concatenate(chosen).astype(dtype),)


@cache
def truth(name: str, dtype: str) -> list[Any]:
    exact = EXACT.get(name) or getattr(mpmath, name)
    with mpmath.workprec(160):
        return [exact(*map(mpf, map(float, p))) for p in zip(*points(name, dtype), strict=True)]


def errors(name: str, dtype: str, got: Any) -> Any:
    """In units of the spacing of the format at the exact value."""
    result = []
    with mpmath.workprec(160):
        for value, exact in zip(got, truth(name, dtype), strict=True):
            spacing = np.spacing(np.dtype(dtype).type(float(abs(exact))))
            result.append(float(abs(mpf(float(value)) - exact) / mpf(float(spacing))))
    return np.array(result)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NAMES)
def test_accuracy(name: str, dtype: str) -> None:
    assert errors(name, dtype, run(name, *points(name, dtype))).max() <= ULP
    assert errors(name, dtype, without_fma(name, dtype, *points(name, dtype))).max() <= ULP


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_special_values(name: str, dtype: str) -> None:
    values = np.array(SPECIAL).astype(dtype)
    if name in ("sin", "cos"):
        values = values[~(np.abs(values) > SIN_MAX[dtype]) | np.isinf(values)]
    arguments: tuple[Any, ...] = (values,)
    if name == "pow":
        arguments = tuple(np.ascontiguousarray(a.ravel()) for a in np.meshgrid(values, values))
    got = run(name, *arguments, fastmath=frozenset({"contract", "arcp"}))
    expected = (NUMPY.get(name) or getattr(np, name))(*arguments)
    np.testing.assert_array_equal(np.isnan(got), np.isnan(expected))
    regular = ~np.isnan(expected)
    np.testing.assert_array_equal(np.signbit(got[regular]), np.signbit(expected[regular]))
    exact = regular & (np.isinf(expected) | np.isinf(got) | np.isinf(arguments[0]))
    np.testing.assert_array_equal(got[exact], expected[exact])
    finite = regular & np.isfinite(expected)
    # NumPy's results may be a few ulp off themselves
    distance = np.abs(got[finite] - expected[finite])
    assert np.all(distance <= 6 * np.spacing(np.abs(expected[finite])))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NAMES)
def test_same_bits_in_all_back_ends_and_under_fastmath(name: str, dtype: str) -> None:
    arguments = points(name, dtype)
    expected = run(name, *arguments)
    np.testing.assert_array_equal(run(name, *arguments, source=True), expected)
    if dtype == "float64":
        np.testing.assert_array_equal(run(name, *arguments, fastmath=True), expected)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NAMES)
def test_loops_are_vectorised(name: str, dtype: str) -> None:
    run(name, *points(name, dtype))
    loop = compiled(name, dtype)
    element = "double" if dtype == "float64" else "float"
    text = loop.inspect_llvm(loop.signatures[0])
    assert re.search(rf"f(mul|add|sub) <\d+ x {element}>|fmuladd\.v\d+f", text)


def test_sincos_and_wide() -> None:
    sincos, sin_wide, cos_wide = llvm.sincos, llvm.sin_wide, llvm.cos_wide

    @njit(error_model="numpy")
    def both(x: float) -> Any:
        return sincos(x), sin_wide(x), cos_wide(x)

    for x in (0.5, -3.0, 1e3):
        pair, sine, cosine = both(x)
        np.testing.assert_allclose(pair, (math.sin(x), math.cos(x)), rtol=1e-15)
        assert (sine, cosine) == (math.sin(x), math.cos(x))
    assert both(1e22)[1:] == (math.sin(1e22), math.cos(1e22))
    namespace: dict[str, Any] = {}
    exec(vecmath_source(["sincos", "sin_wide"], suffix="_s"), namespace)
    assert namespace["sincos_s"](0.5) == both(0.5)[0]
    assert namespace["sin_wide_s"](1e22) == math.sin(1e22)


def test_integer_argument_and_unknown_name() -> None:
    exp = llvm.exp

    @njit
    def f(n: int) -> float:
        return exp(n)

    assert f(0) == 1.0
    with pytest.raises(ValueError, match="no elementary function 'gamma'"):
        vecmath_source(["gamma"])


def test_disk_cache(tmp_path: Path) -> None:
    (tmp_path / "kernel.py").write_text(
        "from numba import njit\n"
        "from adjit.codegen.vecmath.llvm import exp, pow\n"
        "@njit(cache=True, fastmath={'contract'})\n"
        "def f(x):\n    return exp(x) + pow(x, x)\n"
        "print(f(0.0), sum(f.stats.cache_hits.values()))\n"
    )
    command = [sys.executable, str(tmp_path / "kernel.py")]
    texts = [subprocess.run(command, capture_output=True, text=True, check=True) for _ in range(2)]
    assert [t.stdout.split() for t in texts] == [["2.0", "0"], ["2.0", "1"]]


def test_coefficients_are_those_of_the_fit() -> None:
    assert fit.all_coefficients() == COEFFICIENTS
    folder = Path(vecmath.__file__).parent
    assert (folder / "coefficients.py").read_text() == fit.render(COEFFICIENTS)
    # a development tool: nothing that runs imports it
    users = {p.name for p in folder.glob("*.py") if "import mpmath" in p.read_text()}
    assert users == {"fit.py"}
