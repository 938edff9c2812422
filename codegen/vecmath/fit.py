"""Generator of ``coefficients.py``; needs mpmath, which nothing else here imports.

    python codegen/vecmath/fit.py          # rewrites coefficients.py beside this file

Each polynomial minimises the sum of squared errors over a Chebyshev grid of its interval, which is
within a small factor of the minimax one.  The leading coefficients are rounded to the format one by
one and the rest is fitted again, so that the rounding of one is absorbed by the others
(N. Brisebarre, S. Chevillard, "Efficient polynomial L-infinity approximations", ARITH 2007, solve
the same problem exactly; this greedy form loses nothing visible at 4 ulp).
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mpmath
from mpmath import mp, mpf

__all__ = ["POLYNOMIALS", "all_coefficients", "fit", "render"]

DIGITS = 50
ROUNDED_ONE_BY_ONE = 3


@dataclass(frozen=True, slots=True)
class Polynomial:
    """``f`` on ``[low, high]``, with so many coefficients; ``doubles``: those of float32 are kept
    in float64, because the definition computes in float64."""

    f: Callable[[Any], Any]
    low: Callable[[], Any]
    high: Callable[[], Any]
    float64: int
    float32: int
    doubles: bool = False


def _half_ln2() -> Any:
    return mp.log(2) / 2 * mpf("1.0001")


def _log_range() -> Any:
    return ((mp.sqrt(2) - 1) / (mp.sqrt(2) + 1)) ** 2 * mpf("1.0001")


def _octant() -> Any:
    return (mp.pi / 4) ** 2 * mpf("1.0001")


def _atanh_ratio(z: Any) -> Any:
    return mp.atanh(mp.sqrt(z)) / mp.sqrt(z)


def _scaled_erfc(t: Any) -> Any:
    b = mpf("2.5") * (1 + t) / (1 - t)
    return mp.erfc(b) * mp.exp(b * b)


def _sine(z: Any) -> Any:
    r = mp.sqrt(z)
    return (mp.sin(r) - r) / r**3


def _arctangent(z: Any) -> Any:
    t = mp.sqrt(z)
    return (mp.atan(t) - t) / t**3


POLYNOMIALS = {
    # (exp(r) - 1 - r) / r**2
    "exp": Polynomial(lambda r: (mp.exp(r) - 1 - r) / r**2, lambda: -_half_ln2(), _half_ln2, 10, 5),
    # (2*atanh(s)/s - 2) / z, with z = s**2
    "log": Polynomial(lambda z: (2 * _atanh_ratio(z) - 2) / z, lambda: mpf(0), _log_range, 7, 4),
    # (sin(r) - r) / r**3 and (cos(r) - 1 + z/2) / z**2, with z = r**2
    "sin": Polynomial(_sine, lambda: mpf(0), _octant, 6, 3),
    "cos": Polynomial(
        lambda z: (mp.cos(mp.sqrt(z)) - 1 + z / 2) / z**2, lambda: mpf(0), _octant, 6, 3
    ),
    # erf(x)/x, with z = x**2
    "erf": Polynomial(
        lambda z: mp.erf(mp.sqrt(z)) / mp.sqrt(z), lambda: mpf(0), lambda: mpf(1), 13, 7
    ),
    # erfc(b) * exp(b**2) on 1 <= b <= 6, with t = (b - 2.5) / (b + 2.5)
    "erfc": Polynomial(
        _scaled_erfc, lambda: mpf("-1.5") / mpf("3.5"), lambda: mpf("3.5") / mpf("8.5"), 18, 9
    ),
    # (atan(t) - t) / t**3 on |t| <= tan(pi/8), with z = t**2
    "arctan": Polynomial(
        _arctangent, lambda: mpf(0), lambda: mp.tan(mp.pi / 8) ** 2 * mpf("1.0001"), 12, 5
    ),
    # cube root, a first guess on [1/2, 4]
    "cbrt": Polynomial(mp.cbrt, lambda: mpf("0.49"), lambda: mpf("4.1"), 7, 6),
    # (atanh(s)/s - 1 - z/3) / z**2: what pow adds to the two leading terms
    "pow_tail": Polynomial(
        lambda z: (_atanh_ratio(z) - 1 - z / 3) / z**2, lambda: mpf(0), _log_range, 8, 0
    ),
    # 2/ln(2) * atanh(s)/s, and 2**r on |r| <= 1/2: pow of float32, in float64
    "pow_log": Polynomial(
        lambda z: 2 / mp.log(2) * _atanh_ratio(z), lambda: mpf(0), _log_range, 0, 6, doubles=True
    ),
    "pow_exp": Polynomial(
        lambda r: mpf(2) ** r, lambda: mpf("-0.5001"), lambda: mpf("0.5001"), 0, 8, doubles=True
    ),
}


def _round(x: Any, bits: int) -> Any:
    """Nearest number of so many significant bits."""
    with mp.workprec(bits):
        return +mpf(x)


def fit(polynomial: Polynomial, terms: int, bits: int) -> tuple[float, ...]:
    """Coefficients, lowest first, each of ``bits`` bits."""
    low, high = polynomial.low(), polynomial.high()
    count = 2 * terms + 6
    grid = [mp.cos((2 * i + 1) * mp.pi / (2 * count)) for i in range(count)]
    points = [(low + high) / 2 + (high - low) / 2 * x for x in grid]
    targets = [polynomial.f(x) for x in points]
    fixed: list[Any] = []
    while len(fixed) < terms:
        rest = terms - len(fixed)
        matrix = mp.matrix([[x ** (len(fixed) + k) for k in range(rest)] for x in points])
        right = mp.matrix(
            [
                t - sum(c * x**k for k, c in enumerate(fixed))
                for x, t in zip(points, targets, strict=True)
            ]
        )
        solution = list(mp.lu_solve(matrix, right))
        take = 1 if len(fixed) < ROUNDED_ONE_BY_ONE else rest
        fixed += [_round(c, bits) for c in solution[:take]]
    return tuple(float(c) for c in fixed)


def _split(x: Any, *bits: int) -> tuple[float, ...]:
    """``x`` as a sum of numbers with so many significant bits each."""
    parts = []
    for b in bits:
        part = _round(x, b)
        parts.append(float(part))
        x = x - part
    return tuple(parts)


def _constants(bits: int) -> dict[str, tuple[float, ...]]:
    """Constants and their splittings; the short leading parts make ``k * part`` exact."""
    short = 41 if bits == 53 else 13
    ln2, ten = mp.log(2), mp.log(10)
    return {
        "ln2": _split(ln2, short, bits),
        "ln2_full": _split(ln2, bits, bits),
        "log2e": _split(1 / ln2, bits, bits),
        "log10e": _split(1 / ten, bits, bits),
        "log10_2": _split(ln2 / ten, short, bits),
        # float32 reduces its argument in float64
        "pio2": _split(mp.pi / 2, 29, 29, 29, 53) if bits == 53 else _split(mp.pi / 2, 29, 53),
        "two_over_pi": _split(2 / mp.pi, 53, 53),
        "quarter_pi": _split(mp.pi / 4, bits, bits),
        "two_log2e": _split(2 / ln2, bits, bits),
    }


def all_coefficients() -> dict[str, dict[str, tuple[float, ...]]]:
    """Everything that stands in ``coefficients.py``: dtype, then name."""
    result: dict[str, dict[str, tuple[float, ...]]] = {}
    with mpmath.workdps(DIGITS):
        for dtype, bits in (("float64", 53), ("float32", 24)):
            table = _constants(bits)
            for name, polynomial in POLYNOMIALS.items():
                terms: int = getattr(polynomial, dtype)
                if terms:
                    table[name] = fit(polynomial, terms, 53 if polynomial.doubles else bits)
            result[dtype] = table
    return result


def render(coefficients: dict[str, dict[str, tuple[float, ...]]]) -> str:
    """The text of ``coefficients.py``."""
    lines = ['"""Written by ``fit.py``: do not edit."""', "", '__all__ = ["COEFFICIENTS"]', ""]
    lines.append("COEFFICIENTS: dict[str, dict[str, tuple[float, ...]]] = {")
    for dtype, table in coefficients.items():
        lines.append(f'    "{dtype}": {{')
        for name, values in table.items():
            lines.append(f'        "{name}": (')
            lines += [f"            {value!r}," for value in values]
            lines.append("        ),")
        lines.append("    },")
    return "\n".join([*lines, "}", ""])


if __name__ == "__main__":
    Path(__file__).with_name("coefficients.py").write_text(render(all_coefficients()))
