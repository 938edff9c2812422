"""log, log1p, log2, log10: ``x = 2**k * m`` with m between sqrt(1/2) and sqrt(2).

``log(m) = f - s*(f - R)`` with ``f = m - 1``, ``s = f/(2 + f)``, ``R = z*P(z)``, ``z = s**2``: the
form of fdlibm's ``e_log.c`` (Sun Microsystems, 1993), with our own polynomial.
"""

from adjit.codegen.vecmath.coefficients import COEFFICIENTS
from adjit.codegen.vecmath.expr import Format, Value, horner

__all__ = ["log", "log1p", "log2", "log10", "split_exponent"]

SQRT_HALF = {"float64": 0x3FE6A09E667F3BCD, "float32": 0x3F3504F3}


def normalise(f: Format, x: Value) -> tuple[Value, Value]:
    """``(x * 2**s, -s)`` with s = 0 but for subnormal arguments."""
    shift = f.mantissa + 2
    small = x < f.tiny
    return small.select(x * 2.0**shift, x), small.select(-float(shift), 0.0, f.dtype)


def split_exponent(f: Format, x: Value) -> tuple[Value, Value]:
    """``(k as a float, m)`` of a positive normal number."""
    bits = x.bits()
    # biased so that a logical shift serves
    bias = 1 << (f.width - f.mantissa - 2)
    k = (bits + ((bias << f.mantissa) - SQRT_HALF[f.dtype])) >> f.mantissa
    m = (bits - (k << f.mantissa) + (bias << f.mantissa)).unbits()
    # an integer to float conversion without the instruction that AVX2 lacks
    offset = 2.0**f.mantissa
    exponent = (k | ((f.bias + f.mantissa) << f.mantissa)).unbits() - (offset + bias)
    return exponent, m


def log_mantissa(f: Format, m: Value) -> Value:
    """log(m) for m between sqrt(1/2) and sqrt(2)."""
    fraction = m - 1.0
    s = fraction / (fraction + 2.0)
    z = s * s
    inner = (-z).mad(horner(z, COEFFICIENTS[f.dtype]["log"]), fraction)
    return (-s).mad(inner, fraction)


def finish(f: Format, x: Value, shifted: Value, result: Value) -> Value:
    """NumPy's values where ``shifted`` (the argument of log) is not positive and finite."""
    pole = shifted.equals(0.0).select(-float("inf"), float("nan"), f.dtype)
    result = (shifted <= 0.0).select(pole, result)
    return (shifted < float("inf")).select(result, x)


def log(f: Format, x: Value) -> Value:
    """Natural logarithm."""
    y, shift = normalise(f, x)
    k, m = split_exponent(f, y)
    k = k + shift
    high, low = COEFFICIENTS[f.dtype]["ln2"]
    result = k.mad(high, k.mad(low, log_mantissa(f, m)))
    return finish(f, x, x, result)


def log2(f: Format, x: Value) -> Value:
    """Binary logarithm; exact at powers of two."""
    y, shift = normalise(f, x)
    k, m = split_exponent(f, y)
    high, low = COEFFICIENTS[f.dtype]["log2e"]
    part = log_mantissa(f, m)
    return finish(f, x, x, part.mad(high, part * low) + (k + shift))


def log10(f: Format, x: Value) -> Value:
    """Decimal logarithm."""
    y, shift = normalise(f, x)
    k, m = split_exponent(f, y)
    k = k + shift
    high, low = COEFFICIENTS[f.dtype]["log10_2"]
    part = log_mantissa(f, m) * COEFFICIENTS[f.dtype]["log10e"][0]
    return finish(f, x, x, k.mad(high, k.mad(low, part)))


def log1p(f: Format, x: Value) -> Value:
    """``log(u) + c/u`` with ``u = 1 + x`` rounded and ``c`` what the rounding lost.

    ``1/u`` is replaced by ``2**-k * (2 - m)``: c is half an ulp of u at most, so the error of the
    approximation, below f**2, disappears beside ``log(u)``.
    """
    u = x + 1.0
    # exact where |x| < 1; where x is large its rounding does not matter
    lost = x - (u - 1.0)
    k, m = split_exponent(f, u)
    scale = (m.bits() - u.bits() + f.one).unbits()
    correction = lost * scale * (2.0 - m)
    high, low = COEFFICIENTS[f.dtype]["ln2"]
    result = k.mad(high, k.mad(low, log_mantissa(f, m) + correction))
    return finish(f, x, u, result.copysign(x))
