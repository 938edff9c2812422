"""Ufuncs and other elementwise functions."""

from __future__ import annotations

from typing import Any

import numpy as np
from surface_run import Number, S, program

from surface_samples.arrays import (
    BYTES,
    CUBE,
    EMPTY,
    FORTRAN,
    INT32,
    INTS,
    MASK,
    POSITIVE,
    POSITIVE_INTS,
    SCALAR,
    SCALAR32,
    SINGLE,
    SINGLE_V,
    SPECIAL,
    STRIDED,
    UNIT,
    WITH_NAN,
    ZERO_D,
    V,
    W,
    X,
    Y,
)

_REAL = (
    np.negative,
    np.positive,
    np.absolute,
    np.fabs,
    np.square,
    np.sign,
    np.conjugate,
    np.cbrt,
    np.exp,
    np.exp2,
    np.expm1,
    np.sin,
    np.cos,
    np.tan,
    np.arctan,
    np.sinh,
    np.cosh,
    np.tanh,
    np.arcsinh,
    np.rint,
    np.degrees,
    np.rad2deg,
    np.radians,
    np.deg2rad,
    np.floor,
    np.ceil,
    np.trunc,
    np.isnan,
    np.isinf,
    np.isfinite,
    np.signbit,
    np.logical_not,
    np.reciprocal,
    np.fix,
    np.sinc,
    np.nan_to_num,
    np.isposinf,
    np.isneginf,
    np.round,
    np.around,
)
_POSITIVE = (np.sqrt, np.log, np.log2, np.log10, np.log1p)
_UNIT = (np.arcsin, np.arccos, np.arctanh)
_BINARY = (
    np.add,
    np.subtract,
    np.multiply,
    np.true_divide,
    np.floor_divide,
    np.remainder,
    np.fmod,
    np.hypot,
    np.arctan2,
    np.logaddexp,
    np.logaddexp2,
    np.heaviside,
    np.copysign,
    np.maximum,
    np.minimum,
    np.fmax,
    np.fmin,
    np.less,
    np.less_equal,
    np.greater,
    np.greater_equal,
    np.equal,
    np.not_equal,
    np.logical_and,
    np.logical_or,
    np.logical_xor,
    np.isclose,
    np.allclose,
    np.divmod,
)
_INTEGER = (
    np.add,
    np.subtract,
    np.multiply,
    np.true_divide,
    np.floor_divide,
    np.remainder,
    np.fmod,
    np.maximum,
    np.minimum,
    np.less,
    np.equal,
    np.bitwise_and,
    np.bitwise_or,
    np.bitwise_xor,
    np.hypot,
    np.arctan2,
    np.isclose,
)
_OF_INTEGERS = (
    np.negative,
    np.absolute,
    np.square,
    np.sign,
    np.exp,
    np.sin,
    np.floor,
    np.ceil,
    np.trunc,
    np.rint,
    np.isnan,
    np.isfinite,
    np.invert,
    np.round,
    np.sinc,
    np.nan_to_num,
)
_OF_BOOLS = (
    np.add,
    np.multiply,
    np.maximum,
    np.bitwise_and,
    np.bitwise_or,
    np.bitwise_xor,
    np.logical_and,
    np.logical_xor,
    np.equal,
    np.less,
)


@program(np.add, args=(X, Y))
def _out(x: Any, y: Any) -> Any:
    z = x * 0
    w = np.add(x, y, z)
    w += 1
    return z, np.multiply(x, 2, out=z), np.subtract(x, y, out=z, where=x > 0)


@program(np.exp, args=(SINGLE,))
def _out_wider(x: Any) -> Any:
    z = x.astype(np.float64)
    np.exp(x, out=z)
    return z, np.exp(x, dtype=np.float64), np.add(x, x, dtype="f8")


@program(np.maximum, args=(X,))
def _operators(x: Any) -> Any:
    return (
        x + 1,
        1 - x,
        x * 2.5,
        1 / x,
        x // 0.3,
        x % 0.7,
        x**2,
        2.0**x,
        -x,
        +x,
        abs(x),
        x < 0,
        x >= 0,
        x == x,
        x != 0,
        ~(x > 0),
        (x > 0) & (x < 1),
        (x > 0) | (x < -1),
        (x > 0) ^ (x < 1),
    )


@program(np.nan_to_num, args=(WITH_NAN,))
def _nan_in_place(x: Any) -> Any:
    y = x.copy()
    z = np.nan_to_num(y, copy=False, nan=2.0)
    z[0] = 7.0
    return y


@program(np.clip, args=(X,))
def _methods(x: Any) -> Any:
    return x.clip(-0.5, 0.5), x.clip(min=0.0), x.clip(max=0.2), x.round(2), x.conj(), x.real


SAMPLES = [
    *(S(f, x) for f in _REAL for x in (X, SINGLE)),
    *(S(f, x) for f in _POSITIVE for x in (POSITIVE, POSITIVE.astype("f4"))),
    *(S(f, x) for f in _UNIT for x in (UNIT, UNIT.astype("f4"))),
    S(np.arccosh, POSITIVE + 1),
    S(np.arccosh, (POSITIVE + 1).astype("f4")),
    *(S(f, SPECIAL) for f in (*_REAL, np.sqrt, np.exp, np.tanh, np.arctan)),
    *(S(f, INTS) for f in _OF_INTEGERS),
    S(np.exp, INT32),
    S(np.absolute, BYTES),
    S(np.absolute, MASK),
    S(np.invert, MASK),
    S(np.floor, MASK),
    S(np.logical_not, INTS),
    *(
        S(f, x, y)
        for f in _BINARY
        for x, y in (
            (X, Y),
            (X, V),
            (SINGLE, SINGLE_V),
            (SINGLE, 0.5),
            (2, SINGLE),
            (X, SINGLE),
            (FORTRAN, X),
            (STRIDED, X[:, :1]),
            (ZERO_D, X),
            (EMPTY, V),
            (CUBE, X),
            (SCALAR, SCALAR32),
        )
    ),
    *(
        S(f, x, y)
        for f in (np.maximum, np.fmax, np.less, np.heaviside, np.copysign, np.add, np.isclose)
        for x, y in ((SPECIAL, SPECIAL[::-1].copy()),)
    ),
    *(
        S(f, x, y)
        for f in _INTEGER
        for x, y in (
            (INTS, POSITIVE_INTS),
            (INT32, POSITIVE_INTS),
            (INT32, 2),
            (BYTES, POSITIVE_INTS),
        )
    ),
    *(S(f, MASK, y) for f in _OF_BOOLS for y in (MASK[:1], MASK)),
    S(np.left_shift, POSITIVE_INTS, 2),
    S(np.right_shift, POSITIVE_INTS, 1),
    *(
        S(np.power, x, y)
        for x, y in (
            (POSITIVE, Y),
            (X, 2),
            (X, 3.0),
            (SINGLE, 2),
            (SINGLE, 0),
            (INTS, 2),
            (2, X),
            (POSITIVE, SINGLE),
            (INTS, 2.0),
        )
    ),
    S(np.float_power, POSITIVE, Y),
    S(np.float_power, SINGLE, 2),
    S(np.exp, ZERO_D),
    S(np.exp, SCALAR),
    S(np.exp, Number(0.5)),
    S(np.add, Number(0.5), SINGLE),
    S(np.exp, EMPTY),
    S(np.exp, FORTRAN),
    S(np.exp, STRIDED),
    S(np.exp, [1.0, 2.0]),
    S(np.add, [1, 2, 3, 4], X),
    S(np.modf, X),
    S(np.modf, SPECIAL),
    S(np.divmod, 7.5, X),
    S(np.round, X, 2),
    S(np.round, X * 100, -1),
    S(np.round, SINGLE, decimals=1),
    S(np.around, SCALAR, 1),
    S(np.clip, X, -0.5, 0.5),
    S(np.clip, X, None, 0.5),
    S(np.clip, X, -0.5, None),
    S(np.clip, X, a_min=-1, a_max=V),
    S(np.clip, X, min=0),
    S(np.clip, X, max=0.25),
    S(np.clip, SINGLE, 0, 1),
    S(np.clip, INTS, -1, 2),
    S(np.clip, INTS, 0.5, 1.5),
    S(np.clip, SPECIAL, -1, 1),
    S(np.clip, X, 1, -1),
    S(np.nan_to_num, SPECIAL, nan=1.0, posinf=5.0, neginf=-5.0),
    S(np.nan_to_num, WITH_NAN),
    S(np.isclose, X, X + 1e-9, 1e-7, 0.0),
    S(np.isclose, SPECIAL, SPECIAL, equal_nan=True),
    S(np.allclose, X, X),
    S(np.allclose, X, Y),
    S(np.array_equal, X, X),
    S(np.array_equal, X, V),
    S(np.array_equal, X, Y),
    S(np.where, MASK, X, Y),
    S(np.where, MASK, SINGLE, 0.0),
    S(np.where, X > 0, 1.0, 0.0),
    S(np.where, INTS, X, V),
    S(np.where, MASK, 1, INT32),
    S(np.where, SCALAR > 0, SCALAR, 0.0),
    S(np.select, [MASK, X > 0.5], [X, Y], 0.5),
    S(np.select, [MASK], [SINGLE]),
    S(np.choose, np.array([0, 1, 1, 0]), [V, W]),
    S(np.choose, np.array([[5], [-1]]), [V, W], mode="wrap"),
    S(np.choose, np.array([[5], [-1]]), [V, W], mode="clip"),
    S(np.polyval, V, 0.5),
    S(np.polyval, [1.0, 2.0, 3.0], X),
    S(np.polyval, V, SCALAR),
    S(np.vander, V),
    S(np.vander, V, 3, increasing=True),
    S(np.vander, SINGLE_V, N=1),
    S(np.cross, X[:, :3], Y[:, 1:]),
    S(np.cross, V[:3], Y[:, 1:]),
    S(np.cross, X, Y, axis=0),
    S(np.cross, X[:, :3], Y[:, :3].T.copy(), axisb=0, axisc=0),
    S(np.linalg.cross, X[:, :3], Y[:, 1:]),
    S(np.real, X),
    S(np.iscomplexobj, X),
    S(np.isrealobj, X),
    S(np.isscalar, SCALAR),
    S(np.isscalar, X),
    S(np.float64, SCALAR32),
    S(np.float32, SCALAR),
    S(np.float32, X),
    S(np.int64, np.float64(2.5)),
    *(
        S(f, np.float64(3.0))
        for f in (np.int32, np.int16, np.int8, np.uint64, np.uint32, np.uint16, np.uint8, np.bool_)
    ),
    S(np.add.outer, V, W),
    S(np.subtract.outer, X, V),
    S(np.multiply.outer, V, X),
    *(
        S(f.outer, POSITIVE_INTS[0], POSITIVE_INTS[1])
        for f in (
            *_BINARY[:-3],
            np.power,
            np.float_power,
            np.bitwise_and,
            np.bitwise_or,
            np.bitwise_xor,
            np.left_shift,
            np.right_shift,
        )
    ),
    _out,
    _out_wider,
    _operators,
    _nan_in_place,
    _methods,
]
