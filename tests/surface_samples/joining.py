"""Joining, splitting, repeating, padding, inserting."""

from __future__ import annotations

from typing import Any

import numpy as np
from surface_run import S, call, program

from surface_samples.arrays import (
    CUBE,
    EMPTY,
    FORTRAN,
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

_STACKS = (np.vstack, np.hstack, np.dstack, np.column_stack)


@program(np.concatenate, args=(X, Y))
def _with_out(x: Any, y: Any) -> Any:
    out = np.concatenate([x, y]) * 0
    np.concatenate((y, x), axis=0, out=out)
    return out, [np.concatenate([row, row[:1]]) for row in x]


@program(np.tile, np.repeat, args=(X,))
def _symbolic(x: Any) -> Any:
    n, m = x.shape
    return (
        np.tile(x, (n, 2)),
        np.repeat(x, n),
        np.roll(x, n),
        np.roll(x, -1, axis=1),
        np.concatenate([x, call(np.zeros, (n, 1))], axis=1),
        x.repeat(2, axis=0),
        call(np.eye, n),
        call(np.zeros, n // 2),
        call(np.arange, m),
        call(np.linspace, 0, 1, n),
        call(np.full, (m, n), 2.0),
    )


SAMPLES = [
    *(
        S(f, xs, axis=k)
        for f in (np.concatenate, np.concat)
        for xs, k in (
            ([X, Y], 0),
            ((X, Y), 1),
            ([X, X[:, :1]], -1),
            ([X, Y], None),
            ([X], 0),
            ([X, SINGLE], 0),
            ([INTS, X], 0),
            ([EMPTY, X], 0),
            ([V, W, V], 0),
            ([CUBE, CUBE], 1),
            ([MASK, INTS], 0),
        )
    ),
    S(np.concatenate, [X, Y], dtype=np.float32),
    S(np.concatenate, X),
    S(np.concatenate, [V, [1.0]]),
    S(np.concatenate, [INTS, INTS], 0, dtype=np.int32, casting="unsafe"),
    *(S(np.stack, [X, Y], axis=k) for k in (0, 1, 2, -1)),
    S(np.stack, [SCALAR, 1.0]),
    S(np.stack, X),
    S(np.stack, [V, [1, 2, 3, 4]]),
    S(np.stack, [SINGLE, SINGLE], dtype=float),
    *(S(f, xs) for f in _STACKS for xs in ([X, Y], [V, W], (FORTRAN, STRIDED))),
    S(np.vstack, [X, V]),
    S(np.hstack, [SCALAR, V, 1.0]),
    S(np.column_stack, [X, V[:3]]),
    S(np.block, [[X, Y], [Y, X]]),
    S(np.block, [V, W]),
    S(np.block, [[1.0, V], [V, SCALAR]]),
    S(np.append, V, 1.0),
    S(np.append, X, Y),
    S(np.append, X, V[None], axis=0),
    *(S(f, X, 2, axis=1) for f in (np.split, np.array_split)),
    S(np.split, V, [1, 3]),
    S(np.split, X, [1, 2, 5], 0),
    S(np.array_split, X, 3, 1),
    S(np.array_split, V, 3),
    S(np.hsplit, X, 2),
    S(np.hsplit, V, [-1]),
    S(np.vsplit, X, 3),
    S(np.dsplit, CUBE, 2),
    *((S(np.unstack, X), S(np.unstack, CUBE, axis=-1)) if hasattr(np, "unstack") else ()),
    S(np.tile, X, 2),
    S(np.tile, X, (2, 1)),
    S(np.tile, V, (2, 1, 3)),
    S(np.tile, X, ()),
    S(np.tile, SCALAR, 3),
    S(np.tile, X, 0),
    S(np.repeat, X, 2),
    S(np.repeat, X, 3, axis=1),
    S(np.repeat, X, (1, 0, 2), axis=0),
    S(np.repeat, V, [2], axis=0),
    S(np.repeat, SCALAR, 3),
    S(np.roll, V, 1),
    S(np.roll, V, -6),
    S(np.roll, X, 5),
    S(np.roll, X, 1, 1),
    S(np.roll, V, 0),
    S(np.roll, X, (1, -1), axis=(0, 1)),
    S(np.roll, X, 1, axis=(0, 1)),
    S(np.roll, EMPTY, 1, 0),
    S(np.roll, X, (1, 2), axis=1),
    *(
        S(np.pad, x, width, mode)
        for mode in ("constant", "edge", "reflect", "symmetric", "wrap")
        for x, width in ((V, 2), (X, ((1, 2), (0, 3))), (X, (1, 0)), (V, (7, 9)), (V, ((2, 1),)))
    ),
    S(np.pad, X, 1),
    S(np.pad, X, 1, constant_values=5.0),
    S(np.pad, X, ((1, 1), (2, 0)), constant_values=((1, 2), (3, 4))),
    S(np.pad, X, 1, constant_values=SCALAR),
    S(np.pad, INTS, 1),
    S(np.pad, EMPTY, 1),
    S(np.pad, X, {1: (1, 2)}),
    S(np.pad, X, 0, "edge"),
    S(np.insert, V, 1, 5.0),
    S(np.insert, V, -1, SCALAR),
    S(np.insert, X, 1, 0.0, axis=0),
    S(np.insert, X, 2, V[:3], axis=1),
    S(np.insert, X, 3, V, axis=0),
    S(np.insert, X, 0, 1.0),
    S(np.insert, V, 4, [1, 2]),
    S(np.delete, V, 1),
    S(np.delete, V, -1),
    S(np.delete, X, 2, axis=1),
    S(np.delete, X, 3),
    S(np.delete, V, [0, 2]),
    S(np.delete, X, slice(0, 2), axis=0),
    S(np.resize, V, (2, 3)),
    S(np.resize, X, 5),
    S(np.resize, V, (3, 3)),
    _with_out,
    _symbolic,
    S(np.tile, ZERO_D, (2, 2)),
]
