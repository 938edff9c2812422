"""The arrays that samples are made of: every dtype, layout and degenerate shape that matters."""

from __future__ import annotations

import numpy as np

_draw = np.random.default_rng(7)

V = np.array([0.7, -1.3, 0.4, 2.2])
W = np.array([-0.6, 1.1, 1.7, -0.9])
X = _draw.normal(size=(3, 4))
Y = _draw.normal(size=(3, 4))
CUBE = _draw.normal(size=(2, 3, 4))
POSITIVE = np.abs(X) + 0.5
UNIT = np.tanh(X) * 0.9
FORTRAN = np.asfortranarray(_draw.normal(size=(3, 4)))
STRIDED = _draw.normal(size=(3, 8))[:, ::-2]
SINGLE = X.astype(np.float32)
SINGLE_V = V.astype(np.float32)
INTS = _draw.integers(-5, 6, size=(3, 4))
POSITIVE_INTS = np.abs(INTS) + 1
INT32 = INTS.astype(np.int32)
BYTES = np.abs(INTS).astype(np.uint8)
MASK = X > 0
MASK_V = V > 0
EMPTY = np.zeros((0, 4))
ZERO_D = np.asarray(0.75)
SPECIAL = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1.5, -2.5])
WITH_NAN = np.where(X > 1, np.nan, X)
SCALAR = np.float64(0.3)
SCALAR32 = np.float32(0.3)
