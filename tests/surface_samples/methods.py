"""Array methods, each with its own signature."""

from __future__ import annotations

from typing import Any

import numpy as np
from surface_run import program

from surface_samples.arrays import INTS, MASK_V, V, X


@program(np.take, args=(X, V, INTS, MASK_V))
def _methods(x: Any, v: Any, n: Any, mask: Any) -> Any:
    y = x.copy()
    y.put([0, 1], v[:2])
    rows = [np.sum(part, axis=0) for part in (x.compress(mask, axis=1).T, v.nonzero()[0])]
    return (
        x.take([0, 2], axis=1),
        x.take(-1),
        v.argsort(kind="stable"),
        x.repeat(2),
        x.dot(v),
        n.argmax(1),
        n.argmin(),
        x.sum(1),
        x.prod(),
        x.mean(),
        x.std(),
        x.var(),
        x.max(),
        x.min(0),
        n.any(),
        n.all(1),
        x.cumsum(),
        x.cumprod(1),
        x.diagonal(),
        x.squeeze(),
        x.ravel(),
        x.flatten("F"),
        x.transpose(1, 0),
        x.swapaxes(0, 1),
        x.clip(0, 1),
        x.round(1),
        x.conj(),
        x.conjugate(),
        x.astype(np.float32),
        x.tolist(),
        v.item(1),
        y,
        np.sort(v).searchsorted([0.0, 0.5]),
        v.argpartition(1)[1],
        rows[0],
        rows[1],
    )


@program(np.sort, args=(X, V))
def _in_place(x: Any, v: Any) -> Any:
    y, z, w = x.copy(), v.copy(), x.copy()
    y.sort(0)
    z.partition(1)
    w.fill(v[0])
    return y, z[1], w, w.reshape(-1, 2), w.reshape((2, 6))


SAMPLES = [_methods, _in_place]
