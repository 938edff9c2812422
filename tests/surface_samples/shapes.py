"""Shapes, creation, ranges and copies."""

from __future__ import annotations

from typing import Any

import numpy as np
from surface_run import Number, S, call, program

from surface_samples.arrays import (
    CUBE,
    EMPTY,
    FORTRAN,
    INT32,
    INTS,
    MASK,
    SCALAR,
    SINGLE,
    STRIDED,
    ZERO_D,
    V,
    W,
    X,
    Y,
)

LIKE = (np.zeros_like, np.ones_like)
_COLUMN = X[:, :1]


@program(np.reshape, np.ravel, np.transpose, np.squeeze, args=(X, _COLUMN))
def _views(x: Any, column: Any) -> Any:
    y = x.copy()
    a, b, c, d = y.reshape(-1), y.T, np.ravel(y), np.expand_dims(y, 0)
    e, f, g = np.flip(y, 0), np.swapaxes(y, 0, 1), np.split(y, [2], axis=1)[1]
    a[0] = 10.0
    b[1, 1] = 20.0
    c[-1] = 30.0
    d[0, 1, 0] = 40.0
    e[0, 2] = 50.0
    g[0, 0] = 60.0
    z = column.copy()
    w = z.squeeze()
    w[1] = 5.0
    return y, a, b, c, d, e, f, g, z, w


@program(np.ravel, np.reshape, args=(FORTRAN,))
def _copies_of_fortran(x: Any) -> Any:
    y = np.copy(x)
    z = np.ravel(y)
    z[0] = 9.0
    w = np.ravel(y, order="F")
    w[1] = 8.0
    return y, z, w


@program(
    np.asarray, np.array, np.copy, np.astype, np.ascontiguousarray, np.asanyarray, args=(X, FORTRAN)
)
def _aliases(x: Any, f: Any) -> Any:
    y = x.copy()
    same = [
        call(np.asarray, y),
        call(np.asanyarray, y),
        call(np.asarray, y, dtype=float),
        call(np.array, y, copy=None),
        call(np.ascontiguousarray, y),
        y.astype(float, copy=False),
        np.astype(y, float, copy=False),
    ]
    other = [
        call(np.array, y),
        np.copy(y),
        y.astype(float),
        call(np.asarray, y, dtype="f4"),
        call(np.array, y, copy=True),
        np.astype(y, float),
    ]
    for k, view in enumerate(same):
        view[0, 0] += k
    for view in other:
        view[0, 0] = -1.0
    return y, other, call(np.ascontiguousarray, f + 1)


@program(np.zeros, np.array, args=(V, SCALAR))
def _creation_then_fill(v: Any, s: Any) -> Any:
    y = np.zeros_like(v)
    y[1] = s
    y.fill(s * 2)
    z = np.full_like(v, s)
    z[0] = v[1]
    return y, z, v.copy(), v.astype(np.float32), v.tolist(), s.item(), v.item(2)


@program(np.copyto, args=(X, V, MASK))
def _copyto(x: Any, v: Any, mask: Any) -> Any:
    y, z, w = x.copy(), x.copy(), x.copy()
    np.copyto(y, v)
    np.copyto(z, v, where=mask)
    np.copyto(w, 1, casting="unsafe")
    return y, z, w


@program(np.shape, np.ndim, np.size, np.broadcast_shapes, args=(X,))
def _sizes(x: Any) -> Any:
    n, m = x.shape
    return np.shape(x), np.ndim(x), np.size(x), np.size(x, 1), x.ravel().shape, x.size, n * m


@program(np.reshape, args=(CUBE,))
def _symbolic_reshape(x: Any) -> Any:
    a, b, c = x.shape
    return (
        x.reshape(a, -1),
        x.reshape(-1, c),
        x.reshape((a * b, c)),
        x.reshape(b * c, a),
        np.reshape(x, -1, order="F"),
        np.reshape(x, (c, -1), "F"),
        x.flatten(),
        x.flatten("F"),
        x.transpose(),
        x.transpose(2, 0, 1),
        x.transpose((1, 0, 2)),
        x.swapaxes(0, 2),
        x.ravel(),
        x[:1].squeeze(0),
    )


SAMPLES = [
    S(np.reshape, X, (4, 3)),
    S(np.reshape, X, -1),
    S(np.reshape, X, (2, -1)),
    S(np.reshape, X, (6, 2), order="F"),
    S(np.reshape, FORTRAN, (2, 6)),
    S(np.reshape, X, 12),
    S(np.reshape, FORTRAN, (2, 6), order="A"),
    S(np.reshape, STRIDED, (12,)),
    S(np.reshape, EMPTY, (4, 0)),
    S(np.reshape, ZERO_D, (1, 1)),
    S(np.reshape, X, (3, 4), copy=True),
    *(
        S(f, x)
        for f in (
            np.ravel,
            np.transpose,
            np.permute_dims,
            np.squeeze,
            np.flip,
            np.copy,
            np.atleast_1d,
            np.atleast_2d,
            np.atleast_3d,
            np.array,
            np.asarray,
            np.asanyarray,
            np.ascontiguousarray,
            np.asfortranarray,
        )
        for x in (X, V, CUBE, FORTRAN, STRIDED, EMPTY, INTS, X[:1])
    ),
    *(
        S(f, ZERO_D)
        for f in (
            np.ravel,
            np.copy,
            np.atleast_1d,
            np.atleast_2d,
            np.atleast_3d,
            np.array,
            np.asarray,
            np.ascontiguousarray,
            np.asfortranarray,
        )
    ),
    S(np.atleast_1d, X, SCALAR, V),
    S(np.atleast_2d, SCALAR, V),
    S(np.ravel, X, "F"),
    S(np.ravel, FORTRAN, order="K"),
    S(np.ravel, FORTRAN, order="A"),
    S(np.transpose, CUBE, (2, 0, 1)),
    S(np.transpose, CUBE, [-1, 0, 1]),
    S(np.matrix_transpose, CUBE),
    S(np.linalg.matrix_transpose, X),
    S(np.swapaxes, CUBE, 0, -1),
    S(np.moveaxis, CUBE, 0, -1),
    S(np.moveaxis, CUBE, [0, 2], [1, 0]),
    S(np.rollaxis, CUBE, 2),
    S(np.rollaxis, CUBE, 0, 3),
    S(np.rollaxis, CUBE, 1, -1),
    S(np.squeeze, X[:1]),
    S(np.squeeze, X[None, :, :1], axis=0),
    S(np.squeeze, X[None, :, None], axis=(0, 2)),
    S(np.expand_dims, X, 0),
    S(np.expand_dims, X, -1),
    S(np.expand_dims, X, (0, 2)),
    S(np.broadcast_to, V, (3, 4)),
    S(np.broadcast_to, X[:, :1], (2, 3, 4)),
    S(np.broadcast_to, SCALAR, (2,)),
    S(np.broadcast_arrays, X, V, SCALAR),
    S(np.broadcast_shapes, (3, 1), (1, 4), 4),
    S(np.flip, CUBE, (0, 2)),
    S(np.flip, X, axis=-1),
    S(np.fliplr, X),
    S(np.flipud, X),
    S(np.rot90, X),
    S(np.rot90, X, 2),
    S(np.rot90, X, -1),
    S(np.rot90, CUBE, 3, (1, 2)),
    S(np.rot90, X, 4),
    *(S(f, (2, 3)) for f in (np.zeros, np.ones)),
    S(np.zeros, 3),
    S(np.zeros, (2, 0)),
    S(np.ones, (2, 3), dtype=np.int32),
    S(np.zeros, (2, 3), np.float32, "F"),
    S(np.ones, 2, bool),
    program(np.empty)(lambda: np.empty((2, 3)) * 0),
    program(np.empty_like, args=(X,))(lambda x: np.empty_like(x, dtype=int) * 0),
    S(np.full, (2, 3), 1.5),
    S(np.full, 3, 7),
    S(np.full, (2, 3), SCALAR),
    S(np.full, (2, 4), V),
    S(np.full, (2,), SCALAR, dtype=np.float32),
    S(np.full, (2,), Number(2.5)),
    *(S(f, x) for f in LIKE for x in (X, INTS, SINGLE, FORTRAN, EMPTY, SCALAR)),
    S(np.zeros_like, X, dtype=int),
    S(np.ones_like, X, shape=(2, 2)),
    S(np.ones_like, X, float, "F"),
    S(np.full_like, X, SCALAR),
    S(np.full_like, X, V),
    S(np.full_like, X, 2, shape=3),
    S(np.full_like, INTS, 2.0, dtype=float),
    *(
        S(np.arange, *n)
        for n in (
            (5,),
            (2, 7),
            (7, 2),
            (0, 10, 3),
            (5, 0, -2),
            (0,),
            (2.5,),
            (0.0, 1.0, 0.1),
            (1, 2, 0.3),
            (3, -1, -0.5),
        )
    ),
    S(np.arange, 5, dtype=float),
    S(np.arange, 1, 6, 2, dtype=np.float32),
    S(np.arange, 3.0),
    *(
        S(np.linspace, a, b, n)
        for a, b, n in (
            (0, 1, 5),
            (0.0, 2.0, 1),
            (1, -1, 4),
            (2, 2, 3),
            (0, 1, 0),
            (SCALAR, 2.0, 5),
            (V, W, 3),
            (0.0, V, 4),
            (Number(0.2), Number(3.0), 5),
        )
    ),
    S(np.linspace, 0, 1, 4, endpoint=False),
    S(np.linspace, 0, 1, 4, retstep=True),
    S(np.linspace, 0, 10, 5, dtype=int),
    S(np.linspace, V, W, 3, axis=-1),
    S(np.linspace, 0, 1),
    S(np.linspace, np.float32(0), np.float32(1), 3),
    S(np.logspace, 0, 2, 5),
    S(np.logspace, SCALAR, 1.0, 4, base=2.0),
    S(np.logspace, 0, V, 3),
    S(np.logspace, 0, 1, 3, endpoint=False, dtype=np.float32),
    S(np.geomspace, 1, 100, 4),
    S(np.geomspace, SCALAR, 5.0, 4),
    S(np.geomspace, -1.0, -8.0, 4),
    S(np.geomspace, 1.0, np.abs(V), 3, axis=-1),
    S(np.geomspace, 1, 8, 3, endpoint=False),
    S(np.eye, 3),
    S(np.eye, 3, 4, 1),
    S(np.eye, 3, k=-1, dtype=np.float32),
    S(np.identity, 3),
    S(np.identity, 2, dtype=int),
    S(np.tri, 3),
    S(np.tri, 3, 4, 1),
    S(np.tri, 3, k=-1, dtype=int),
    *(S(f, x, k) for f in (np.tril, np.triu) for x in (X, CUBE, INTS, V) for k in (0, 1, -1)),
    S(np.meshgrid, V, V[:3]),
    S(np.meshgrid, V, V[:3], indexing="ij"),
    S(np.meshgrid, V, V[:3], V[:2], sparse=True),
    S(np.meshgrid, V),
    S(np.meshgrid, SCALAR, V),
    S(np.indices, (2, 3)),
    S(np.indices, (2, 3), sparse=True),
    S(np.indices, (3,), dtype=float),
    S(np.fromfunction, lambda i, j: i * 2 + j, (2, 3)),
    S(np.fromfunction, lambda i, shift: i + shift, (3,), dtype=int, shift=2),
    S(np.array, [[SCALAR, 1.0], [2, SCALAR]]),
    S(np.array, [V, W]),
    S(np.array, [1, 2.5]),
    S(np.array, [[1, 2], [3, 4]], dtype=np.float32),
    S(np.array, [SINGLE[0], V]),
    S(np.array, [Number(1.5), 2]),
    S(np.array, SCALAR),
    S(np.array, 3),
    S(np.array, X, ndmin=3),
    S(np.array, FORTRAN, order="C"),
    S(np.array, X, dtype=int),
    S(np.asarray, [SCALAR, SCALAR]),
    S(np.asarray, 2.5),
    S(np.asarray, (V, W)),
    S(np.asarray, X, np.float32),
    S(np.array, [[V], [W]]),
    S(np.copy, X, "F"),
    S(np.astype, X, np.float32),
    S(np.astype, INTS, bool),
    S(np.astype, MASK, float),
    S(np.astype, INT32, float),
    S(np.shape, X),
    S(np.shape, [[1, 2]]),
    S(np.ndim, 3.0),
    S(np.size, X),
    S(np.size, Y, 0),
    _views,
    _copies_of_fortran,
    _aliases,
    _creation_then_fill,
    _copyto,
    _sizes,
    _symbolic_reshape,
]
