"""exp and its relatives: one Cody-Waite reduction, one polynomial, two exact scalings.

``x = n*ln2 + r`` with ``|r| <= ln2/2``; ``exp(r) = 1 + r + r**2*q(r)``; the power of two is
applied as two factors so that overflow and gradual underflow round as IEEE says.  Reduction:
W. J. Cody, W. Waite, "Software Manual for the Elementary Functions", 1980, chapter 6.
"""

from adjit.codegen.vecmath.coefficients import COEFFICIENTS
from adjit.codegen.vecmath.expr import Format, Value, horner

__all__ = ["cosh", "exp", "exp2", "expit", "expm1", "scale_by_power", "sinh", "tanh"]


def clamp(x: Value, low: float, high: float) -> Value:
    """``x`` limited to the interval; NaN stays NaN."""
    x = (x < low).select(low, x)
    return (x > high).select(high, x)


def round_shifted(f: Format, t: Value) -> tuple[Value, Value]:
    """From ``t = y + magic``: the integer nearest to ``y`` as a float, and the bits holding it."""
    return t - f.magic, t.bits()


def reduce_ln2(f: Format, x: Value) -> tuple[Value, Value, Value]:
    """``(n, bits that hold n, r)`` with ``x = n*ln2 + r``."""
    table = COEFFICIENTS[f.dtype]
    high, low = table["ln2"]
    n, bits = round_shifted(f, x.mad(table["log2e"][0], f.magic))
    return n, bits, n.mad(-low, n.mad(-high, x))


def excess(f: Format, r: Value) -> Value:
    """``exp(r) - 1`` on the reduced interval."""
    return (r * r).mad(horner(r, COEFFICIENTS[f.dtype]["exp"]), r)


def power_of_two(f: Format, bits: Value, offset: int = 0) -> Value:
    """``2**(n + offset)`` for a result in the normal range."""
    return ((bits << f.mantissa) + (f.one + (offset << f.mantissa))).unbits()


def scale_by_power(f: Format, p: Value, bits: Value) -> Value:
    """``p * 2**n`` with one rounding, ``n`` within twice the range of exponents."""
    half = bits >> 1
    return p * power_of_two(f, half) * power_of_two(f, bits - half)


def limits(f: Format) -> tuple[float, float]:
    """Beyond these exp is zero, or infinite."""
    return (-746.0, 710.0) if f.dtype == "float64" else (-105.0, 89.0)


def exp(f: Format, x: Value) -> Value:
    """Exponential, subnormal results included."""
    x = clamp(x, *limits(f))
    _, bits, r = reduce_ln2(f, x)
    return scale_by_power(f, excess(f, r) + 1.0, bits)


def exp2(f: Format, x: Value) -> Value:
    """``2**x``."""
    x = clamp(x, *((-1076.0, 1025.0) if f.dtype == "float64" else (-151.0, 129.0)))
    n, bits = round_shifted(f, x + f.magic)
    r = (x - n) * COEFFICIENTS[f.dtype]["ln2_full"][0]
    return scale_by_power(f, excess(f, r) + 1.0, bits)


def expm1(f: Format, x: Value) -> Value:
    """``exp(x) - 1`` without cancellation."""
    y = clamp(x, -40.0, limits(f)[1])
    _, bits, r = reduce_ln2(f, y)
    # half of it: n can be one more than the exponent range holds
    scale = power_of_two(f, bits, -1)
    half = scale.mad(excess(f, r), scale - 0.5)
    return (half + half).copysign(x)


def tanh(f: Format, x: Value) -> Value:
    """``t/(t + 2)`` with ``t = expm1(2*|x|)``."""
    t = expm1(f, clamp(abs(x) * 2.0, 0.0, 44.0))
    return (t / (t + 2.0)).copysign(x)


def expit(f: Format, x: Value) -> Value:
    """Logistic function ``1/(1 + exp(-x))``, in terms of ``exp(-|x|)``."""
    e = exp(f, -abs(x))
    return (x < 0.0).select(e, 1.0) / (e + 1.0)


def _hyperbolic(f: Format, x: Value) -> tuple[Value, Value]:
    """``(2**(n - 2), exp(r) - 1)`` of ``|x|``: sinh and cosh are finite where exp is not."""
    a = clamp(abs(x), 0.0, 710.5 if f.dtype == "float64" else 89.5)
    _, bits, r = reduce_ln2(f, a)
    return power_of_two(f, bits, -2), excess(f, r)


def sinh(f: Format, x: Value) -> Value:
    """``h + h/(2*h + 1)`` with ``h = expm1(|x|)/2``."""
    scale, em1 = _hyperbolic(f, x)
    h = scale.mad(em1, scale - 0.25) * 2.0
    # where h is large its quotient is negligible, but must not become inf/inf
    return (h + h / clamp(h, 0.0, 1e20).mad(2.0, 1.0)).copysign(x)


def cosh(f: Format, x: Value) -> Value:
    """``h + 1/(4*h)`` with ``h = exp(|x|)/2``."""
    scale, em1 = _hyperbolic(f, x)
    h = scale.mad(em1, scale) * 2.0
    return h + 0.25 / h
