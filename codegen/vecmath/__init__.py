"""Elementary functions written once, branch-free, for LLVM to vectorise.

At most 2.5 units in the last place (mpmath, both dtypes, subnormal arguments and results included:
``tests/codegen/test_vecmath.py``), NumPy's special values, and the same bits from both back-ends.
sin and cos hold up to ``SIN_MAX``.  Without a fused multiply-add (x86 before Haswell) everything
stays as accurate, but pow of float64 calls libm's ``fma`` and is slow.

``adjit.codegen.vecmath.llvm`` holds them as numba intrinsics; it is imported by the kernels that
need it, not here, because it imports numba.
"""

from adjit.codegen.vecmath.functions import FUNCTIONS
from adjit.codegen.vecmath.source import vecmath_source
from adjit.codegen.vecmath.trigonometric import SIN_MAX

__all__ = ["FUNCTIONS", "SIN_MAX", "vecmath_source"]
