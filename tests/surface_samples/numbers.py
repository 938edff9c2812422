"""The math module on traced numbers, and scipy.special."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special
from surface_run import Number, S, call, program

from surface_samples.arrays import CUBE, INTS, POSITIVE, SCALAR, SCALAR32, SINGLE, SPECIAL, V, X, Y

_ONE = (
    math.sqrt,
    math.cbrt,
    math.exp,
    math.exp2,
    math.expm1,
    math.log2,
    math.log10,
    math.log1p,
    math.sin,
    math.cos,
    math.tan,
    math.asin,
    math.acos,
    math.atan,
    math.sinh,
    math.cosh,
    math.tanh,
    math.asinh,
    math.atanh,
    math.erf,
    math.erfc,
    math.gamma,
    math.lgamma,
    math.fabs,
    math.isnan,
    math.isinf,
    math.isfinite,
    math.degrees,
    math.radians,
    math.floor,
    math.ceil,
    math.trunc,
    math.log,
    math.modf,
)
_TWO = (math.atan2, math.pow, math.fmod, math.copysign, math.hypot, math.log, math.isclose)


@program(math.dist, math.fsum, math.prod, math.hypot, args=(V, Number(0.5)))
def _sequences(v: Any, a: Any) -> Any:
    x, y, z = v[0], v[1], v[2]
    return (
        call(math.dist, [x, y], [z, 1.0]),
        call(math.fsum, [x, y, a, 1.0]),
        call(math.prod, [a, a, 2.0], start=3),
        call(math.hypot, x, y, z),
        call(math.hypot, x),
    )


_sequences_of_numbers = program(math.dist)(
    lambda: (
        call(math.dist, (0.0, 1.0), (1.0, 1.0)),
        call(math.fsum, [0.1] * 3),
        call(math.log, 2.0),
        call(math.modf, 2.5),
    )
)

_UNARY = (
    special.expit,
    special.erf,
    special.erfc,
    special.log1p,
    special.expm1,
    special.exp2,
    special.cbrt,
    special.exp10,
    special.log_expit,
    special.logit,
    special.ndtr,
    special.entr,
    special.gamma,
    special.gammaln,
    special.psi,
)
_WEIGHTS = np.where(X > 0.5, 0.0, np.abs(Y))

SAMPLES = [
    *(S(f, x) for f in _ONE for x in (Number(0.3), SCALAR, 0.25)),
    S(math.sqrt, SCALAR32),
    S(math.log, SCALAR32),
    S(math.acosh, Number(1.5)),
    S(math.floor, Number(-1.5)),
    S(math.trunc, Number(-1.5)),
    *(
        S(f, x, y)
        for f in _TWO
        for x, y in ((Number(0.3), Number(0.7)), (SCALAR, 2.0), (1.5, SCALAR32), (0.3, 0.7))
    ),
    S(math.isclose, Number(1.0), Number(1.0 + 1e-10)),
    S(math.fabs, Number(-2)),
    *(
        S(f, x)
        for f in _UNARY
        for x in (
            np.abs(np.tanh(X)) * 0.9,
            SINGLE if f is not special.logit else abs(np.tanh(SINGLE)),
            SCALAR,
        )
    ),
    *(
        S(f, SPECIAL)
        for f in (special.expit, special.erf, special.log_expit, special.ndtr, special.entr)
    ),
    *(S(special.polygamma, n, x) for n, x in ((0, POSITIVE), (1, X), (3, POSITIVE), (2, SINGLE))),
    S(special.expit, INTS),
    *(
        S(f, x, y)
        for f in (special.xlogy, special.xlog1py, special.rel_entr)
        for x, y in (
            (POSITIVE, POSITIVE[0]),
            (_WEIGHTS, POSITIVE),
            (0.0, POSITIVE),
            (np.zeros(3), np.zeros(3)),
            (SINGLE, np.abs(SINGLE)),
            (SPECIAL, np.abs(SPECIAL)),
        )
    ),
    *(
        S(f, x, axis=k)
        for f in (special.logsumexp, special.softmax, special.log_softmax)
        for x, k in ((X, None), (X, 1), (CUBE, (0, 2)), (SINGLE, -1), (X * 1000, 0), (INTS, 1))
    ),
    S(special.logsumexp, X, 1, keepdims=True),
    S(special.logsumexp, X, b=_WEIGHTS, axis=1),
    S(special.logsumexp, X, 1, np.abs(V)),
    S(special.logsumexp, np.array([-np.inf, -np.inf])),
    S(special.logsumexp, np.array([np.inf, 1.0])),
    S(special.logsumexp, V),
    *((S(special.softplus, X),) if hasattr(special, "softplus") else ()),
    _sequences,
    _sequences_of_numbers,
]
