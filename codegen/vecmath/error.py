"""erf: an odd polynomial below 1, ``1 - exp(-b**2)*g(t)`` above.

``g`` is the scaled complement ``erfc(b)*exp(b**2)`` in the variable ``t = (b - 2.5)/(b + 2.5)``
(M. M. Shepherd, J. G. Laframboise, "Chebyshev approximation of (1+2x)exp(x**2)erfc x",
Math. Comp. 36, 1981).
"""

from adjit.codegen.vecmath.coefficients import COEFFICIENTS
from adjit.codegen.vecmath.exponential import clamp, excess, power_of_two, reduce_ln2
from adjit.codegen.vecmath.expr import Format, Value, horner

__all__ = ["erf"]


def erf(f: Format, x: Value) -> Value:
    """Error function."""
    table = COEFFICIENTS[f.dtype]
    a = abs(x)
    near = a * horner(x * x, table["erf"])
    b = clamp(a, 1.0, 6.0 if f.dtype == "float64" else 4.0)
    _, bits, r = reduce_ln2(f, -(b * b))
    decay = (excess(f, r) + 1.0) * power_of_two(f, bits)
    far = (-decay).mad(horner((b - 2.5) / (b + 2.5), table["erfc"]), 1.0)
    return (a < 1.0).select(near, far).copysign(x)
