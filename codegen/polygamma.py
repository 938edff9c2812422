"""digamma and polygamma inside kernels, to a few units in the last place.

Upwards by the recurrence, then the asymptotic series in Bernoulli numbers; negative arguments by
reflection. The formulas are those of the NIST Digital Library of Mathematical Functions
(https://dlmf.nist.gov): 5.5.2, 5.5.4 and 5.11.2 for digamma, 5.15.5, 5.15.6 and 5.15.8 for
polygamma. Values at the poles are those of `scipy.special`.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

__all__ = ["digamma", "polygamma"]

#: B_2, B_4, ..., B_20 (DLMF 24.2.1).
BERNOULLI = (
    1 / 6,
    -1 / 30,
    1 / 42,
    -1 / 30,
    5 / 66,
    -691 / 2730,
    7 / 6,
    -3617 / 510,
    43867 / 798,
    -174611 / 330,
)
#: From here on the series is exact to the last place; a higher order needs a larger argument.
ENOUGH = 12.0


@njit(error_model="numpy")
def digamma(x: float) -> float:
    """The derivative of `lgamma`: -inf at 0, inf at -0.0, NaN at the other poles."""
    if x == 0.0:
        return -math.copysign(math.inf, x)
    if not x > -math.inf or x == math.inf:
        return x if x > 0.0 else math.nan
    total = 0.0
    if x < 0.0:
        part = x - np.rint(x)
        if part == 0.0:
            return math.nan
        total = -math.pi / math.tan(math.pi * part)
        x = 1.0 - x
    while x < ENOUGH:
        total -= 1.0 / x
        x += 1.0
    square, power, series = 1.0 / (x * x), 1.0, 0.0
    for k in range(len(BERNOULLI)):
        power *= square
        series += BERNOULLI[k] / (2 * k + 2) * power
    return total + (math.log(x) - 0.5 / x - series)


@njit(error_model="numpy")
def polygamma(order: float, x: float) -> float:
    """The derivative of `digamma` of this order, 1 or more; NaN for any other order."""
    n = int(order) if order == order and abs(order) < 100.0 else 0
    if n < 1 or n != order or x != x:
        return math.nan
    if x > 0.0:
        return _of_positive(n, x)
    if x == math.floor(x):
        return math.inf if n % 2 == 1 else -math.inf
    return (-1.0) ** n * _of_positive(n, 1.0 - x) - math.pi * _cotangent(n, x - np.rint(x))


@njit(error_model="numpy")
def _of_positive(n: int, x: float) -> float:
    sign, factorial = (-1.0) ** (n + 1), math.gamma(n + 1.0)
    if x == math.inf:
        return sign * 0.0
    total = 0.0
    while x < ENOUGH + n:
        total += factorial * x ** -(n + 1.0)
        x += 1.0
    # (2k + n - 1)! / (2k)! / x ** (2k + n), from k = 0 on
    term: float = factorial / n * x ** -float(n)
    series = term + 0.5 * n * term / x
    for k in range(len(BERNOULLI)):
        m = 2.0 * k + n
        term *= m * (m + 1.0) / ((2.0 * k + 1.0) * (2.0 * k + 2.0)) / (x * x)
        series += BERNOULLI[k] * term
    return sign * (total + series)


@njit(error_model="numpy")
def _cotangent(n: int, x: float) -> float:
    """The n-th derivative of cot(pi x): a polynomial in the cotangent c, as c' = -pi (1 + c²)."""
    c = 1.0 / math.tan(math.pi * x)
    old = np.zeros(n + 2)
    old[1] = 1.0
    for _ in range(n):
        new = np.zeros(n + 2)
        for k in range(1, n + 2):
            new[k - 1] -= math.pi * k * old[k]
            if k + 1 < n + 2:
                new[k + 1] -= math.pi * k * old[k]
        old = new
    value: float = 0.0
    for k in range(n + 1, -1, -1):
        value = value * c + old[k]
    return value
