"""Linear algebra of square matrices."""

from __future__ import annotations

import numpy as np
from surface_run import S, program

_draw = np.random.default_rng(17)
SMALL = _draw.normal(size=(2, 2))
A = _draw.normal(size=(4, 4))
STACK = _draw.normal(size=(2, 3, 3))
FORTRAN = np.asfortranarray(_draw.normal(size=(4, 4)))
STRIDED = _draw.normal(size=(4, 8))[:, ::-2]
SINGLE = A.astype(np.float32)
INTS = np.array([[3, 1, 0], [1, 2, -1], [4, 0, 5]])
ONE = np.array([[2.5]])
NONE = np.zeros((0, 0))
SQUARES = (SMALL, A, STACK, FORTRAN, STRIDED, SINGLE, INTS, ONE, NONE, _draw.normal(size=(3, 3)))
V, MATRIX = _draw.normal(size=4), _draw.normal(size=(4, 2))
DEFINITE = A @ A.T + np.eye(4)


@program(np.linalg.slogdet, args=(A,))
def _named_parts(a):
    found = np.linalg.slogdet(a)
    return found.sign * found.logabsdet


@program(np.linalg.solve, np.linalg.inv, args=(A, V))
def _transposed(a, v):
    return np.linalg.solve(a.T, v) + np.linalg.inv(a[::-1].T) @ v


SAMPLES = [
    *(S(f, x) for f in (np.linalg.inv, np.linalg.det, np.linalg.slogdet) for x in SQUARES),
    S(np.linalg.det, np.ones((3, 3))),
    S(np.linalg.slogdet, np.zeros((4, 4))),
    *(S(np.linalg.solve, a, V) for a in (A, FORTRAN, STRIDED, SINGLE)),
    *(S(np.linalg.solve, a, MATRIX) for a in (A, FORTRAN, STRIDED, SINGLE)),
    S(np.linalg.solve, SINGLE, V.astype(np.float32)),
    S(np.linalg.solve, INTS, [1, 2, 3]),
    S(np.linalg.solve, ONE, np.array([2.0])),
    S(np.linalg.solve, ONE, np.ones((1, 3))),
    S(np.linalg.solve, NONE, np.zeros((0, 2))),
    S(np.linalg.solve, A, np.zeros((4, 0))),
    S(np.linalg.solve, STACK, V[:3]),
    S(np.linalg.solve, STACK, MATRIX[:3]),
    S(np.linalg.solve, STACK, _draw.normal(size=(2, 3, 2))),
    S(np.linalg.solve, STACK[0], _draw.normal(size=(5, 3, 2))),
    S(np.linalg.solve, STACK[:, None], _draw.normal(size=(4, 3, 2))),
    *(
        S(np.linalg.cholesky, x)
        for x in (DEFINITE, np.tril(DEFINITE) + np.triu(A, 1), DEFINITE.astype(np.float32))
    ),
    S(np.linalg.cholesky, STACK @ STACK.transpose(0, 2, 1) + np.eye(3)),
    S(np.linalg.cholesky, INTS @ INTS.T),
    S(np.linalg.cholesky, ONE),
    S(np.linalg.cholesky, np.triu(DEFINITE) + np.tril(A, -1), upper=True),
    _named_parts,
    _transposed,
]
