"""Products of vectors and matrices, einsum, convolution."""

from __future__ import annotations

from typing import Any

import numpy as np
from surface_run import S, fixed, program

from surface_samples.arrays import (
    CUBE,
    EMPTY,
    FORTRAN,
    INT32,
    INTS,
    MASK,
    SCALAR,
    SINGLE,
    SINGLE_V,
    STRIDED,
    ZERO_D,
    V,
    W,
    X,
    Y,
)

_draw = np.random.default_rng(3)
SQUARE = _draw.normal(size=(3, 3))
STACK = _draw.normal(size=(5, 1, 4, 2))
OTHER = _draw.normal(size=(2, 2, 3))


@program(np.matmul, args=(X, Y, V))
def _operators(x: Any, y: Any, v: Any) -> Any:
    out = np.matmul(x, y.T) * 0
    return (
        x @ v,
        x @ y.T,
        v @ v,
        x.T @ y,
        x.dot(v),
        np.matmul(x, y.T, out=out),
        out,
        np.dot(x, y.T, out=out),
        x[None] @ v,
    )


@program(np.einsum, np.diagonal, args=(SQUARE,))
def _views(x: Any) -> Any:
    y = x.copy()
    z = np.einsum("ij->ji", y)
    d = np.diagonal(y)
    z[0, 1] = 5.0
    y[2, 2] = 7.0
    return y, z, d


SAMPLES = [
    *(
        S(np.matmul, x, y)
        for x, y in (
            (X, Y.T),
            (V, W),
            (X, V),
            (V, X.T),
            (FORTRAN, X.T),
            (STRIDED, Y.T),
            (SINGLE, X.T),
            (SINGLE, SINGLE_V),
            (INTS, INTS.T),
            (INT32, INT32.T),
            (CUBE, CUBE.transpose(0, 2, 1)),
            (CUBE, V),
            (V, CUBE.transpose(0, 2, 1)),
            (CUBE, STACK),
            (X, STACK),
            (V, STACK),
            (EMPTY, X.T),
            (EMPTY.T, EMPTY),
            (MASK, MASK.T),
            (X[:1], Y.T),
            (X[:, :1], Y[:1]),
        )
    ),
    *(
        S(np.dot, x, y)
        for x, y in (
            (X, Y.T),
            (V, W),
            (X, V),
            (V, X.T),
            (SCALAR, X),
            (X, 2.0),
            (ZERO_D, SCALAR),
            (CUBE, STACK),
            (CUBE, V),
            (V, STACK),
            (SINGLE, SINGLE_V),
            (INTS, INTS.T),
        )
    ),
    *(S(np.inner, x, y) for x, y in ((V, W), (X, Y), (CUBE, X), (2.0, X), (X, V))),
    *(S(np.outer, x, y) for x, y in ((V, W), (X, V), (SCALAR, V), (INTS, V), (V, [1, 2]))),
    S(np.vdot, V, W),
    S(np.vdot, X, Y),
    S(np.tensordot, X, Y.T, 1),
    S(np.tensordot, X, Y),
    S(np.tensordot, V, W, 0),
    S(np.tensordot, CUBE, STACK, ([2, 0], [2, 3])),
    S(np.tensordot, CUBE, X, axes=([1, 2], [0, 1])),
    S(np.tensordot, X, Y, (0, 0)),
    S(np.kron, X, V),
    S(np.kron, V, W),
    S(np.kron, SQUARE, X),
    S(np.kron, 2.0, X),
    S(np.linalg.multi_dot, [X, Y.T]),
    S(np.linalg.multi_dot, [X, Y.T, SQUARE]),
    S(np.linalg.multi_dot, [V, Y.T, SQUARE, X, V]),
    S(np.linalg.matmul, X, Y.T),
    S(np.linalg.outer, V, W),
    S(np.linalg.tensordot, X, Y, axes=2),
    S(np.linalg.vecdot, X, Y),
    S(np.linalg.vecdot, X, Y, axis=0),
    S(np.vecdot, X, Y),
    S(np.vecdot, CUBE, X),
    *(
        (S(np.matvec, X, V), S(np.matvec, CUBE, V), S(np.vecmat, V, X.T), S(np.vecmat, X[0], X.T))
        if hasattr(np, "matvec")
        else ()
    ),
    S(np.trace, X),
    S(np.trace, SQUARE, 1),
    S(np.trace, CUBE, axis1=2, axis2=0),
    S(np.trace, INT32),
    S(np.trace, SINGLE, dtype=float),
    S(np.linalg.trace, CUBE),
    S(np.linalg.trace, X, offset=-1),
    S(np.diagonal, X),
    S(np.diagonal, X, 1),
    S(np.diagonal, X, -2),
    S(np.diagonal, X, 9),
    S(np.diagonal, CUBE, 0, 2, 1),
    S(np.linalg.diagonal, CUBE),
    S(np.linalg.diagonal, X, offset=1),
    S(np.diag, V),
    S(np.diag, V, 2),
    S(np.diag, V, k=-1),
    S(np.diag, X),
    S(np.diag, X, 1),
    S(np.diag, INTS[0]),
    S(np.diagflat, X),
    S(np.diagflat, V, 1),
    *(
        S(np.einsum, text, *xs)
        for text, *xs in (
            ("ij,jk->ik", X, Y.T),
            ("ij,kj", X, Y),
            ("ij->ji", X),
            ("ij->", X),
            ("ij->j", X),
            ("ii", SQUARE),
            ("ii->i", SQUARE),
            ("iij->j", OTHER),
            ("i,i", V, W),
            ("i,j->ij", V, W),
            ("i,j->ji", V, W),
            ("ij,ij->ij", X, Y),
            ("ij,ij->i", X, Y),
            ("ij,j->i", X, V),
            ("bij,bjk->bik", CUBE, CUBE.transpose(0, 2, 1)),
            ("...ij,...jk->...ik", CUBE, STACK),
            ("...i,...i", CUBE, X),
            ("...", X),
            ("i...->...i", CUBE),
            ("ij,jk,kl->il", X, Y.T, SQUARE),
            ("ij,kj,il,l->k", X, Y, SQUARE, V[:3]),
            ("i,i,i", V, W, V),
            ("ij,kl->", X, Y),
            ("ij,jk->i", X, Y.T),
            ("i j , j", X, V),
            ("ij,ij->ij", X, Y[:1]),
            ("ij,j->i", X, V[:1]),
            ("ii,ij->j", SQUARE, X),
            ("ijk,ijk,ijk->jk", CUBE, CUBE, CUBE),
            ("a,", V, SCALAR),
            (",", SCALAR, 2.0),
            ("ij,jk->ik", EMPTY, X.T),
            ("ij,jk", SINGLE, SINGLE.T),
            ("ij,jk", INTS, INTS.T),
            ("iA,Aj->ij", X, Y.T),
        )
    ),
    S(np.einsum, X, [0, 1], Y, [2, 1], [0, 2]),
    S(np.einsum, X, [0, 1], V, [1]),
    S(np.einsum, CUBE, [Ellipsis, 0], [0, Ellipsis]),
    S(np.einsum, "ij,jk,kl", X, Y.T, SQUARE, optimize=True),
    S(np.einsum, "ij->i", SINGLE, dtype=float),
    *(
        S(np.convolve, x, y, mode)
        for mode in ("full", "same", "valid")
        for x, y in ((V, W[:3]), (W[:2], V), (V, W), (SINGLE_V, SINGLE_V[:2]), (V[:1], W))
    ),
    *(
        S(np.correlate, x, y, mode)
        for mode in ("full", "same", "valid")
        for x, y in ((V, W[:3]), (W[:2], V), (V, W), (V[:3], W[:1]))
    ),
    S(np.convolve, INTS[0], V),
    S(np.convolve, V, 2.0),
    *(
        fixed(S(np.interp, x, np.sort(V), W))
        for x in (X, SCALAR, np.sort(V), np.array([-9.0, 9.0]), SINGLE)
    ),
    fixed(S(np.interp, X, np.sort(V), W, left=-1.0, right=SCALAR)),
    _operators,
    _views,
]
