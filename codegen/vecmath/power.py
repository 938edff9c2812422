"""pow and cbrt.

``pow(x, y) = 2**(y*log2|x|)`` needs ten more bits of the logarithm than the result has: float64
carries the logarithm as a sum of two numbers (T. J. Dekker, "A floating-point technique for
extending the available precision", Numer. Math. 18, 1971), float32 computes in float64.
"""

from adjit.codegen.vecmath.coefficients import COEFFICIENTS
from adjit.codegen.vecmath.exponential import clamp, excess, power_of_two, scale_by_power
from adjit.codegen.vecmath.expr import FORMATS, Format, Value, horner
from adjit.codegen.vecmath.logarithm import normalise, split_exponent

__all__ = ["cbrt", "pow"]

INF = float("inf")
NAN = float("nan")


def _log2_pair(f: Format, a: Value) -> tuple[Value, Value]:
    """log2 of a positive number as high + low, to about 2**-65 of its size."""
    table = COEFFICIENTS[f.dtype]
    y, shift = normalise(f, a)
    k, m = split_exponent(f, y)
    numerator, denominator = m - 1.0, m + 1.0
    denominator_low = m - (denominator - 1.0)
    reciprocal = 1.0 / denominator
    s = numerator * reciprocal
    s_low = (-s).fma(denominator_low, (-s).fma(denominator, numerator)) * reciprocal
    # u = z/3 + z**2*tail: what multiplies s beyond 1
    z = s * s
    z_low = s.fma(s, -z) + (s + s) * s_low
    third, third_low = 1.0 / 3.0, 1.850371707708594e-17
    w = z * third
    w_low = z.fma(third, -w) + (z * third_low + z_low * third)
    tail = z * z * horner(z, table["pow_tail"])
    u = w + tail
    u_low = (w - u) + tail + w_low
    t = s * u
    t_low = s.fma(u, -t) + (s * u_low + s_low * u)
    h = s + t
    h_low = (s - h) + t + (t_low + s_low)
    factor, factor_low = table["two_log2e"]
    g = h * factor
    g_low = h.fma(factor, -g) + (h * factor_low + h_low * factor)
    k = k + shift
    high = k + g
    return high, (k - high) + g + g_low


def _log2_double(x: Value) -> Value:
    """log2 of a positive float64 number, to about 2**-35: enough for pow of float32."""
    k, m = split_exponent(FORMATS["float64"], x)
    s = (m - 1.0) / (m + 1.0)
    return s.mad(horner(s * s, COEFFICIENTS["float32"]["pow_log"]), k)


def _magnitude64(f: Format, a: Value, y: Value) -> Value:
    log_high, log_low = _log2_pair(f, a)
    log_high = _log_limits(a, log_high)
    # large enough to overflow, and times log2(1) still 0
    y = clamp(y, -1e300, 1e300)
    high = y * log_high
    low = y.fma(log_high, -high) + y * log_low
    # where |y*log2(x)| is out of range the low part is irrelevant, and perhaps inf - inf
    low = (abs(high) < 1100.0).select(low, 0.0)
    high = clamp(high, -1090.0, 1030.0)
    t = high + f.magic
    r = (high - (t - f.magic) + low) * COEFFICIENTS[f.dtype]["ln2_full"][0]
    return scale_by_power(f, excess(f, r) + 1.0, t.bits())


def _magnitude32(a: Value, y: Value) -> Value:
    double = FORMATS["float64"]
    log = _log_limits(a, _log2_double(a.cast("float64")))
    product = clamp(clamp(y.cast("float64"), -1e300, 1e300) * log, -200.0, 200.0)
    t = product + double.magic
    p = horner(product - (t - double.magic), COEFFICIENTS["float32"]["pow_exp"])
    return (p * power_of_two(double, t.bits())).cast("float32")


def _log_limits(a: Value, log: Value) -> Value:
    return a.equals(0.0).select(-INF, a.equals(INF).select(INF, log))


def pow(f: Format, x: Value, y: Value) -> Value:
    """``x**y`` with the special values of C99, annex F.9.4.4, which are NumPy's."""
    a = abs(x)
    result = _magnitude64(f, a, y) if f.dtype == "float64" else _magnitude32(a, y)
    half = y * 0.5
    integer = y.floor().equals(y)
    odd = integer & half.floor().differs(half)
    # a negative number to a fraction
    domain = (x < 0.0) & (a < INF) & y.floor().differs(y)
    result = domain.select(NAN, result)
    sign = odd.select(x.bits() & f.sign, 0)
    result = (result.bits() ^ sign).unbits()
    result = (x.is_nan() | y.is_nan()).select(NAN, result)
    return (x.equals(1.0) | y.equals(0.0)).select(1.0, result)


def cbrt(f: Format, x: Value) -> Value:
    """Cube root: exponent by thirds, a polynomial guess, a step of Halley and one of Newton."""
    a = abs(x)
    small = a < f.tiny
    # 2**54 and 2**24, cubes of 2**18 and 2**8
    root = 18 if f.dtype == "float64" else 8
    y = small.select(a * 2.0 ** (3 * root), a)
    offset = 2.0**f.mantissa
    exponent = ((y.bits() >> f.mantissa) | ((f.bias + f.mantissa) << f.mantissa)).unbits()
    t = (exponent - (offset + f.bias)) * (1.0 / 3.0) + f.magic
    k = t.bits()
    m = (y.bits() - (k + (k << 1) << f.mantissa)).unbits()
    guess = horner(m, COEFFICIENTS[f.dtype]["cbrt"])
    cube = guess * guess * guess
    guess = guess - guess * (cube - m) / (cube * 2.0 + m)
    square = guess * guess
    guess = guess - (square * guess - m) / (square * 3.0)
    result = guess * power_of_two(f, k) * small.select(2.0**-root, 1.0, f.dtype)
    regular = (a > 0.0) & (a < INF)
    return regular.select(result, a).copysign(x)
