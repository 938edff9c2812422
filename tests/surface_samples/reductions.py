"""Reductions, statistics, order statistics, running sums."""

from __future__ import annotations

from typing import Any

import numpy as np
from surface_run import S, fixed, program

from surface_samples.arrays import (
    BYTES,
    CUBE,
    EMPTY,
    FORTRAN,
    INT32,
    INTS,
    MASK,
    MASK_V,
    POSITIVE,
    SCALAR,
    SINGLE,
    SPECIAL,
    STRIDED,
    WITH_NAN,
    ZERO_D,
    V,
    W,
    X,
    Y,
)

_SUMS = (np.sum, np.prod, np.nansum, np.nanprod)
_MEANS = (np.mean, np.var, np.std, np.nanmean, np.nanvar, np.nanstd)
_EXTREMA = (np.max, np.min, np.amax, np.amin, np.ptp, np.nanmax, np.nanmin)
_TRUTH = (np.any, np.all, np.count_nonzero)
_RUNNING = (np.cumsum, np.cumprod, np.nancumsum, np.nancumprod)


@program(np.sum, args=(X, INTS))
def _methods(x: Any, n: Any) -> Any:
    return (
        x.sum(),
        x.sum(0),
        x.sum(axis=1, keepdims=True),
        x.mean(1),
        x.std(ddof=1),
        x.var(0),
        x.max(),
        x.min(axis=0),
        x.prod(0),
        (x > 0).any(),
        (x > 0).all(axis=1),
        n.sum(),
        n.mean(),
        x.cumsum(1),
        x.cumprod(0),
        x.argmax(),
        x.argmin(axis=1),
        x.diagonal(1),
    )


@program(np.sum, args=(X,))
def _with_out(x: Any) -> Any:
    row = x[0] * 0
    column = x[:, 0] * 0
    np.sum(x, axis=0, out=row)
    np.mean(x, 1, None, column)
    np.max(x, axis=1, out=column)
    return row, column, x.sum(0, out=row)


@program(np.sort, np.partition, args=(X, V))
def _in_place(x: Any, v: Any) -> Any:
    y, z = x.copy(), v.copy()
    row = y[1]
    y.sort(axis=1)
    z.partition(2)
    return y, row, z[2], np.partition(v, 1)[1], np.sort(v, kind="stable")


@program(np.argpartition, args=(V,))
def _argpartition(v: Any) -> Any:
    return np.argpartition(v, (1, 2))[1:3], v.argpartition(2)[2]


SAMPLES = [
    *(
        S(f, x)
        for f in (*_SUMS, *_MEANS, *_EXTREMA, *_TRUTH, *_RUNNING, np.median, np.argmax, np.argmin)
        for x in (X, SINGLE, CUBE, FORTRAN, STRIDED, INTS, INT32, BYTES, ZERO_D)
    ),
    *(
        S(f, x, axis=k)
        for f in (*_SUMS, *_MEANS, *_EXTREMA, *_TRUTH, np.median)
        for x, k in ((X, 0), (X, -1), (CUBE, (0, 2)), (CUBE, (-1, 0)), (SINGLE, 1), (CUBE, ()))
    ),
    *(
        S(f, CUBE, axis=1, keepdims=True)
        for f in (*_SUMS, *_MEANS, *_EXTREMA, *_TRUTH, np.median, np.argmax, np.argmin)
    ),
    *(S(f, X, keepdims=True) for f in (*_SUMS, *_MEANS, *_EXTREMA, np.any, np.argmax)),
    *(S(f, EMPTY, axis=k) for f in (*_SUMS, np.any, np.all) for k in (None, 0, 1)),
    *(S(f, EMPTY, axis=1) for f in (np.mean, np.max, np.min, np.argmax)),
    *(S(f, EMPTY) for f in (np.mean, np.var, np.std)),
    *(S(f, x) for f in (*_SUMS, np.mean, *_EXTREMA, np.var) for x in (SPECIAL, WITH_NAN)),
    *(S(f, WITH_NAN, axis=0) for f in (np.nansum, np.nanmean, np.nanvar, np.nanmax, np.nanstd)),
    S(np.nanmax, np.full((2, 2), np.nan), axis=0),
    S(np.nanmin, INTS, 1),
    *(S(f, X, where=MASK) for f in (*_SUMS, np.mean, np.var, np.std, np.nanmean)),
    *(S(f, X, axis=1, where=MASK_V) for f in (np.sum, np.mean, np.prod, np.var)),
    *(S(f, MASK, where=MASK_V) for f in (np.any, np.all)),
    *(
        S(f, X, axis=0, initial=0.25)
        for f in (np.sum, np.prod, np.max, np.min, np.nansum, np.nanmax, np.nanmin)
    ),
    *(S(f, X, axis=0, initial=0.25, where=MASK) for f in (np.sum, np.max, np.min, np.nanmin)),
    S(np.max, EMPTY, initial=-1.0),
    S(np.sum, X, initial=0),
    S(np.max, INTS, initial=3),
    S(np.sum, INTS, dtype=float),
    S(np.sum, X, dtype=np.float32),
    S(np.sum, MASK),
    S(np.sum, BYTES),
    S(np.prod, INT32, 0),
    S(np.mean, INTS, dtype=np.float32),
    S(np.mean, SINGLE, dtype=float),
    S(np.sum, [[1.0, 2.0], [3.0, 4.0]], axis=0),
    S(np.sum, SCALAR),
    S(np.mean, SCALAR),
    S(np.max, MASK, axis=0),
    S(np.sum, X, 0, None, None, True),
    S(np.mean, X, 0, None, None, True),
    S(np.var, X, ddof=1),
    S(np.std, X, 0, None, None, 1),
    S(np.var, X, axis=1, correction=1),
    S(np.std, SINGLE, axis=1, ddof=1),
    S(np.var, X, 0, ddof=0.5, keepdims=True),
    S(np.var, X, axis=0, mean=X.mean(0, keepdims=True)),
    S(np.std, np.ones((2, 3)), axis=1),
    S(np.var, V[:1], ddof=1),
    S(np.var, X, dtype=np.float32),
    S(np.var, X, axis=0, ddof=1, where=MASK),
    S(np.nanvar, WITH_NAN, ddof=1),
    S(np.average, X),
    S(np.average, X, axis=1),
    S(np.average, X, weights=POSITIVE),
    S(np.average, X, 1, np.abs(V)),
    S(np.average, X, 1, np.abs(V), keepdims=True),
    S(np.average, X, axis=0, weights=[1, 2, 3]),
    S(np.average, INTS, weights=POSITIVE),
    S(np.average, X, axis=1, weights=np.abs(V), returned=True),
    S(np.average, X, returned=True),
    S(np.average, CUBE, axis=(2, 0), weights=np.abs(CUBE[:, 0].T)),
    S(np.average, SINGLE),
    *(S(np.linalg.norm, x) for x in (X, V, SINGLE, INTS, CUBE, np.zeros(3), ZERO_D, EMPTY)),
    *(S(np.linalg.norm, V, k) for k in (0, 1, 2, 3, 0.5, -1, np.inf, -np.inf)),
    *(S(np.linalg.norm, X, k) for k in (1, -1, np.inf, -np.inf, "fro")),
    *(S(np.linalg.norm, X, axis=k, keepdims=d) for k in (0, -1, (0, 1)) for d in (False, True)),
    S(np.linalg.norm, X, 1, axis=0),
    S(np.linalg.norm, CUBE, np.inf, axis=(2, 1)),
    S(np.linalg.norm, CUBE, 1, axis=(2, 0), keepdims=True),
    S(np.linalg.norm, CUBE, 3, axis=1),
    S(np.linalg.vector_norm, X),
    S(np.linalg.vector_norm, CUBE, axis=(0, 2), ord=3),
    S(np.linalg.vector_norm, X, axis=1, keepdims=True),
    S(np.linalg.vector_norm, V, ord=np.inf),
    S(np.linalg.matrix_norm, CUBE),
    S(np.linalg.matrix_norm, X, ord=1, keepdims=True),
    *(
        (
            S(np.cumulative_sum, V),
            S(np.cumulative_sum, X, axis=0, include_initial=True),
            S(np.cumulative_prod, X, axis=-1),
            S(np.cumulative_prod, INT32, axis=1),
        )
        if hasattr(np, "cumulative_sum")
        else ()
    ),
    S(np.argmax, X, 0),
    S(np.argmin, CUBE, -1, keepdims=True),
    S(np.argmax, MASK, axis=1),
    S(np.argmax, SPECIAL),
    S(np.argmin, [3, 1, 2]),
    *(
        S(np.sort, x, axis=k)
        for x, k in ((X, 0), (X, -1), (X, None), (SINGLE, 1), (SPECIAL, 0), (INTS, 1), (CUBE, 1))
    ),
    *(
        fixed(S(np.argsort, x, axis=k, kind="stable"))
        for x, k in ((X, 0), (X, -1), (X, None), (SINGLE, 1), (SPECIAL, 0), (INTS, 1), (CUBE, 1))
    ),
    S(np.sort, X, stable=True),
    S(np.argsort, X, kind="stable"),
    S(np.median, V[:3]),
    S(np.median, WITH_NAN, axis=1),
    S(np.median, CUBE, axis=(0, 2)),
    S(np.median, CUBE, axis=1, keepdims=True),
    S(np.median, V[:1]),
    S(np.quantile, V, 0.3),
    S(np.quantile, X, [0.0, 0.25, 1.0], axis=1),
    S(np.percentile, X, 40),
    S(np.percentile, CUBE, [[10, 90]], axis=(0, 2), keepdims=True),
    S(np.quantile, WITH_NAN, 0.5),
    S(np.quantile, SINGLE, 0.3, axis=0),
    fixed(S(np.searchsorted, np.sort(V), X)),
    fixed(S(np.searchsorted, np.sort(V), np.sort(V), side="right")),
    fixed(S(np.searchsorted, np.sort(V), SCALAR)),
    S(np.digitize, X, (-1.0, 0.0, 1.0)),
    S(np.digitize, X, (-1.0, 0.0, 1.0), right=True),
    *(S(f, x, axis=k) for f in _RUNNING for x, k in ((X, 0), (CUBE, -1), (INT32, 1), (EMPTY, 0))),
    S(np.cumsum, WITH_NAN),
    S(np.cumsum, INTS, dtype=float),
    S(np.cumsum, SINGLE, 0, np.float64),
    S(np.cumsum, MASK),
    S(np.diff, V),
    S(np.diff, X, axis=0),
    S(np.diff, X, 2),
    S(np.diff, V, 5),
    S(np.diff, V, prepend=0.0),
    S(np.diff, X, append=X[:, :1]),
    S(np.diff, X, 0),
    S(np.diff, X, axis=0, prepend=1.0, append=V[None]),
    S(np.diff, MASK_V),
    S(np.diff, INT32),
    S(np.ediff1d, X),
    S(np.ediff1d, V, to_end=[1.0, 2.0], to_begin=0.0),
    S(np.ediff1d, V[:1]),
    S(np.trapezoid, V),
    S(np.trapezoid, X, axis=0),
    S(np.trapezoid, V, W),
    S(np.trapezoid, X, V),
    S(np.trapezoid, X, dx=0.5),
    S(np.trapezoid, X, Y, axis=0),
    S(np.trapezoid, X, V[:3], axis=0),
    S(np.gradient, V),
    S(np.gradient, V, 0.5),
    S(np.gradient, X),
    S(np.gradient, X, 2.0, axis=1),
    S(np.gradient, X, 1.0, 2.0),
    S(np.gradient, V, edge_order=2),
    S(np.gradient, V[:2]),
    S(np.logaddexp.reduce, X),
    S(np.logaddexp.reduce, CUBE, axis=(0, 2), keepdims=True),
    S(np.logaddexp.reduce, SINGLE, 1),
    S(np.logaddexp.reduce, SPECIAL[:2], axis=None),
    S(np.quantile, CUBE, [0.1, 0.9999999999999999], axis=1),
    S(np.quantile, V[:1], 0.3),
    S(np.add.reduce, X),
    S(np.add.reduce, X, axis=None),
    S(np.add.reduce, X, 1, keepdims=True),
    S(np.add.reduce, INT32, dtype=float),
    S(np.multiply.reduce, X, axis=-1),
    S(np.maximum.reduce, X),
    S(np.minimum.reduce, X, axis=1, initial=0.0),
    S(np.logical_and.reduce, MASK),
    S(np.logical_or.reduce, MASK, axis=1),
    S(np.add.reduce, X, where=MASK),
    S(np.add.accumulate, X),
    S(np.multiply.accumulate, X, axis=1),
    S(np.maximum.accumulate, X, 1),
    S(np.minimum.accumulate, V),
    S(np.add.accumulate, SINGLE, dtype=float),
    _methods,
    _with_out,
    _in_place,
    _argpartition,
]
