"""Functions that read and write by position."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from surface_run import S, program

from surface_samples.arrays import CUBE, INTS, MASK, MASK_V, SCALAR, V, W, X, Y

_PLACES = np.array([2, 0, -1, 0])
_ORDER = np.argsort(X, axis=1)


@program(np.put, np.put_along_axis, np.putmask, np.fill_diagonal, args=(X, V, _PLACES))
def _writes(x: Any, v: Any, places: Any) -> Any:
    a, b, c, d, e = (x.copy() for _ in range(5))
    np.put(a, [0, -1, 5], v[:3])
    np.put(a, places, 2.0)
    np.put_along_axis(b, np.argmax(x, axis=1, keepdims=True), 9.0, axis=1)
    np.putmask(c, x > 0, x * 2)
    np.fill_diagonal(d, v[0])
    e.put([100, 3], v[:2], mode="clip")
    return a, b, c, d, e


@program(np.add.at, np.subtract.at, args=(X, V, _PLACES))
def _at(x: Any, v: Any, places: Any) -> Any:
    y, z = x.copy(), v.copy()
    np.add.at(y, (places, [0, 1, 1, 0]), v)
    np.subtract.at(z, places, 1.5)
    np.add.at(y, 1, 1.0)
    return y, z


@program(
    np.nonzero,
    np.flatnonzero,
    np.argwhere,
    np.compress,
    np.extract,
    np.where,
    args=(X, MASK, MASK_V),
)
def _counts(x: Any, mask: Any, row: Any) -> Any:
    return (
        np.sum(x[np.nonzero(mask)]),
        np.sum(np.flatnonzero(mask)),
        np.sum(np.argwhere(mask), axis=0),
        np.sum(np.compress(row, x, axis=1), axis=1),
        np.sum(np.extract(mask, x)),
        np.sum(x[np.where(mask)]),
        np.sum(x.compress(row, 1)),
        np.sum(x.nonzero()[0]),
    )


SAMPLES = [
    S(np.take, V, _PLACES),
    S(np.take, X, 2),
    S(np.take, X, _PLACES, axis=1),
    S(np.take, X, -1, 0),
    S(np.take, X, [[0, 1], [2, 0]], axis=0),
    S(np.take, V, [5, -7], mode="wrap"),
    S(np.take, V, [9, -9], mode="clip"),
    S(np.take, CUBE, 1, axis=1),
    S(np.take_along_axis, X, _ORDER, 1),
    S(np.take_along_axis, X, _ORDER[:, :2], axis=-1),
    S(np.take_along_axis, X, _PLACES, None),
    S(np.take_along_axis, X, _ORDER[:1] * 0, 0),
    S(np.diag_indices, 3),
    S(np.triu_indices, 3),
    S(np.triu_indices, 3, 1),
    S(np.tril_indices, 3, -1, 4),
    S(np.triu_indices_from, X),
    S(np.tril_indices_from, X, k=-1),
    S(np.diag_indices, 2, 3),
    S(np.diag_indices_from, X[:, :3]),
    S(np.ix_, [0, 2], [1, 3]),
    S(np.ix_, _PLACES, [1]),
    S(np.unravel_index, [5, 7], (3, 4)),
    S(np.unravel_index, 5, (3, 4)),
    S(np.unravel_index, np.abs(INTS), (3, 4)),
    S(np.unravel_index, np.abs(INTS), (3, 4), order="F"),
    S(np.ravel_multi_index, ([1, 2], [3, 0]), (3, 4)),
    S(np.ravel_multi_index, ([1, 2], [3, 0]), (3, 4), order="F"),
    S(np.where, MASK, W, SCALAR),
    S(np.select, [MASK], [Y]),
    S(sliding_window_view, V, 2),
    S(sliding_window_view, X, (2, 3)),
    S(sliding_window_view, CUBE, 2, axis=1),
    S(sliding_window_view, CUBE, (2, 1), axis=(2, 0)),
    _writes,
    _at,
    _counts,
]
