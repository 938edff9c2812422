"""sin, cos (valid up to SIN_MAX) and arctan.

Cody-Waite reduction by pi/2 in parts so short that ``n*part`` is exact, with or without a fused
multiply-add; then one odd and one even polynomial on ``|r| <= pi/4``, of which the quadrant
selects.  float32 reduces its argument in float64.
"""

from adjit.codegen.vecmath.coefficients import COEFFICIENTS
from adjit.codegen.vecmath.expr import FORMATS, Format, Value, horner

__all__ = ["SIN_MAX", "arctan", "cos", "sin", "sincos"]

SIN_MAX = {"float64": 2.5e7, "float32": 2.5e7}
"""sin, cos and sincos are accurate for ``|x| <= SIN_MAX[dtype]`` and right for inf and nan; beyond,
use ``sin_wide`` and ``cos_wide``.  Quadrants up to 2**24 times 29 bits of pi/2 fill 53 bits."""


def _reduce(f: Format, a: Value) -> tuple[Value, Value]:
    """``(r, bits whose last two are the quadrant)`` of a >= 0."""
    double = FORMATS["float64"]
    wide = a if f.dtype == "float64" else a.cast("float64")
    t = wide.mad(COEFFICIENTS["float64"]["two_over_pi"][0], double.magic)
    n = t - double.magic
    for part in COEFFICIENTS[f.dtype]["pio2"]:
        wide = n.mad(-part, wide)
    if f.dtype == "float64":
        return wide, t.bits()
    return wide.cast("float32"), t.bits().cast("int32")


def sincos(f: Format, x: Value) -> tuple[Value, Value]:
    """``(sin(x), cos(x))`` at the cost of little more than one of them."""
    table = COEFFICIENTS[f.dtype]
    r, quadrant = _reduce(f, abs(x))
    z = r * r
    sine = (r * z).mad(horner(z, table["sin"]), r)
    cosine = z.mad(z.mad(horner(z, table["cos"]), -0.5), 1.0)
    swap = (quadrant & 1).differs(0)
    top = f.width - 2
    sine_sign = ((quadrant << top) ^ x.bits()) & f.sign
    cosine_sign = ((quadrant + 1) << top) & f.sign
    return (
        (swap.select(cosine, sine).bits() ^ sine_sign).unbits(),
        (swap.select(sine, cosine).bits() ^ cosine_sign).unbits(),
    )


def sin(f: Format, x: Value) -> Value:
    """Sine for ``|x| <= SIN_MAX``."""
    return sincos(f, x)[0]


def cos(f: Format, x: Value) -> Value:
    """Cosine for ``|x| <= SIN_MAX``."""
    return sincos(f, x)[1]


def arctan(f: Format, x: Value) -> Value:
    """Arc tangent: ``pi/4 + arctan((a - 1)/(a + 1))`` and ``pi/2 - arctan(1/a)`` leave
    ``|t| <= tan(pi/8)``."""
    a = abs(x)
    large = a > 2.414213562373095
    middle = a > 0.4142135623730951
    numerator = large.select(-1.0, middle.select(a - 1.0, a))
    denominator = large.select(a, middle.select(a + 1.0, 1.0))
    t = numerator / denominator
    z = t * t
    high, low = COEFFICIENTS[f.dtype]["quarter_pi"]
    rest = large.select(2 * low, middle.select(low, 0.0, f.dtype))
    p = (t * z).mad(horner(z, COEFFICIENTS[f.dtype]["arctan"]), rest) + t
    base = large.select(2 * high, middle.select(high, 0.0, f.dtype))
    return (base + p).copysign(x)
