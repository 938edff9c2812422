"""Factorisations, solves and products by element loops."""

import numpy as np
from programs.case import Program


def lu_solve(A, b):
    """Without pivoting; L and U in one matrix."""
    n = A.shape[0]
    A = A.copy()
    for k in range(n):
        for i in range(k + 1, n):
            A[i, k] /= A[k, k]
            for j in range(k + 1, n):
                A[i, j] -= A[i, k] * A[k, j]
    y = np.zeros(n)
    for i in range(n):
        s = b[i]
        for j in range(i):
            s -= A[i, j] * y[j]
        y[i] = s
    x = np.zeros(n)
    for i in range(n - 1, -1, -1):
        s = y[i]
        for j in range(i + 1, n):
            s -= A[i, j] * x[j]
        x[i] = s / A[i, i]
    return np.sum(x * x) + x[0]


def lu_partial_pivoting(A, b):
    n = len(b)
    A, b = A.copy(), b.copy()
    sign = 1.0
    for k in range(n):
        p = k
        best = abs(A[k, k])
        for i in range(k + 1, n):
            if abs(A[i, k]) > best:
                best = abs(A[i, k])
                p = i
        if p != k:
            for j in range(n):
                tmp = A[k, j]
                A[k, j] = A[p, j]
                A[p, j] = tmp
            b[k], b[p] = b[p], b[k]
            sign = -sign
        for i in range(k + 1, n):
            factor = A[i, k] / A[k, k]
            A[i, k:] -= factor * A[k, k:]
            b[i] -= factor * b[k]
    x = np.empty(n)
    for i in reversed(range(n)):
        x[i] = (b[i] - A[i, i + 1 :] @ x[i + 1 :]) / A[i, i]
    determinant = sign
    for i in range(n):
        determinant *= A[i, i]
    return np.sum(np.sin(x)) + 0.1 * determinant


def cholesky_elements(A):
    n = A.shape[0]
    L = np.zeros((n, n))
    for i in range(n):
        for j in range(i + 1):
            s = A[i, j]
            for k in range(j):
                s -= L[i, k] * L[j, k]
            if i == j:
                L[i, j] = np.sqrt(s)
            else:
                L[i, j] = s / L[j, j]
    logdet = 0.0
    for i in range(n):
        logdet += 2.0 * np.log(L[i, i])
    return logdet + np.sum(L)


def cholesky_rows(A, b):
    """With dot products of slices that start out empty."""
    n = len(A)
    L = np.zeros_like(A)
    for j in range(n):
        L[j, j] = np.sqrt(A[j, j] - np.dot(L[j, :j], L[j, :j]))
        for i in range(j + 1, n):
            L[i, j] = (A[i, j] - L[i, :j] @ L[j, :j]) / L[j, j]
    z = np.empty(n)
    for i in range(n):
        z[i] = (b[i] - L[i, :i] @ z[:i]) / L[i, i]
    return 0.5 * (z @ z) + np.log(np.diag(L)).sum()


def gram_schmidt(A):
    """Modified Gram-Schmidt; Q and R by columns."""
    n = A.shape[1]
    Q = A.copy()
    R = np.zeros((n, n))
    for k in range(n):
        R[k, k] = np.linalg.norm(Q[:, k])
        Q[:, k] /= R[k, k]
        for j in range(k + 1, n):
            R[k, j] = Q[:, k] @ Q[:, j]
            Q[:, j] -= R[k, j] * Q[:, k]
    return np.sum(R * R * R) + Q[0, 0] * Q[1, 1]


def gram_schmidt_elements(A):
    m, n = A.shape
    Q = np.zeros((m, n))
    R = np.zeros((n, n))
    B = A.copy()
    for k in range(n):
        norm = 0.0
        for i in range(m):
            norm += B[i, k] * B[i, k]
        R[k, k] = np.sqrt(norm)
        for i in range(m):
            Q[i, k] = B[i, k] / R[k, k]
        for j in range(k + 1, n):
            for i in range(m):
                R[k, j] += Q[i, k] * B[i, j]
            for i in range(m):
                B[i, j] -= Q[i, k] * R[k, j]
    total = 0.0
    for i in range(m):
        for j in range(n):
            total += Q[i, j] * (i + 1) + np.cos(Q[i, j])
    return total + np.sum(R)


def householder_qr(A):
    A = A.copy()
    n = A.shape[1]
    for k in range(n):
        v = A[k:, k].copy()
        if v[0] > 0:
            v[0] += np.sqrt(np.sum(v**2))
        else:
            v[0] -= np.sqrt(np.sum(v**2))
        v = v / np.sqrt(np.sum(v**2))
        for j in range(k, n):
            A[k:, j] -= 2.0 * v * np.sum(v * A[k:, j])
    out = 0.0
    for i in range(n):
        for j in range(i, n):
            out += A[i, j] * (1.0 + i * j)
    return out


def triangular_solves(L, b):
    n = len(b)
    x = np.zeros(n)
    for i in range(n):
        x[i] = (b[i] - np.sum(L[i, :i] * x[:i])) / L[i, i]
    for i in range(n - 1, -1, -1):
        for j in range(i + 1, n):
            x[i] -= L[j, i] * x[j]
        x[i] /= L[i, i]
    return x @ x


def thomas(lower, diag, upper, rhs):
    """Tridiagonal solve in place, in the arguments."""
    n = len(diag)
    for i in range(1, n):
        w = lower[i - 1] / diag[i - 1]
        diag[i] -= w * upper[i - 1]
        rhs[i] -= w * rhs[i - 1]
    rhs[n - 1] /= diag[n - 1]
    for i in range(n - 2, -1, -1):
        rhs[i] = (rhs[i] - upper[i] * rhs[i + 1]) / diag[i]
    total = 0.0
    for x in rhs:
        total += x * x * x
    return total


def matmul_elements(A, B, C, alpha, beta):
    ni, nj = C.shape
    nk = A.shape[1]
    for i in range(ni):
        for j in range(nj):
            C[i, j] *= beta
        for k in range(nk):
            for j in range(nj):
                C[i, j] += alpha * A[i, k] * B[k, j]
    return np.sum(np.tanh(C))


def gram_matrix(x, lengthscale):
    """Both triangles of a symmetric matrix in one statement."""
    n = len(x)
    K = np.empty((n, n))
    for i in range(n):
        K[i, i] = 1.0 + 1e-3
        for j in range(i):
            v = np.exp(-0.5 * np.sum((x[i] - x[j]) ** 2) / lengthscale**2)
            K[i, j] = K[j, i] = v
    return np.sum(K @ K)


def power_iteration(A, v, tol):
    value = 0.0
    for it in range(200):
        w = A @ v
        v = w / np.sqrt(w @ w)
        new = v @ (A @ v)
        if abs(new - value) < tol * abs(new):
            value = new
            break
        value = new
    return value + 0.1 * v[0]


def conjugate_gradients(A, b, tol):
    x = np.zeros_like(b)
    r = b - A @ x
    p = r.copy()
    rr = r @ r
    k = 0
    while rr > tol and k < 2 * len(b):
        Ap = A @ p
        alpha = rr / (p @ Ap)
        x += alpha * p
        r -= alpha * Ap
        new = r @ r
        p = r + (new / rr) * p
        rr = new
        k += 1
    return np.sum(x**2) + b @ x


def jacobi_rotations(A):
    """Eigenvalues of a symmetric matrix by sweeps of plane rotations."""
    n = A.shape[0]
    a = A + A.T
    for sweep in range(3):
        for p in range(n - 1):
            for q in range(p + 1, n):
                theta = 0.5 * (a[q, q] - a[p, p]) / a[p, q]
                root = np.sqrt(theta * theta + 1.0)
                if theta >= 0:
                    t = 1.0 / (theta + root)
                else:
                    t = 1.0 / (theta - root)
                c = 1.0 / np.sqrt(t * t + 1.0)
                s = t * c
                for k in range(n):
                    akp, akq = a[k, p], a[k, q]
                    a[k, p] = c * akp - s * akq
                    a[k, q] = s * akp + c * akq
                for k in range(n):
                    apk, aqk = a[p, k], a[q, k]
                    a[p, k] = c * apk - s * aqk
                    a[q, k] = s * apk + c * aqk
    return np.sum(np.diag(a) ** 3) + np.sum(np.cos(np.diag(a)))


def shortest_paths(distance):
    """Floyd-Warshall."""
    n = len(distance)
    d = distance.copy()
    for k in range(n):
        for i in range(n):
            for j in range(n):
                if d[i, k] + d[k, j] < d[i, j]:
                    d[i, j] = d[i, k] + d[k, j]
    return np.sum(d * d)


def sparse_solve(data, indices, indptr, b):
    """Gauss-Seidel sweeps of a matrix in compressed rows."""
    n = len(b)
    x = np.zeros(n)
    for sweep in range(4):
        for i in range(n):
            s = b[i]
            d = 1.0
            for k in range(indptr[i], indptr[i + 1]):
                j = indices[k]
                if j == i:
                    d = data[k]
                else:
                    s -= data[k] * x[j]
            x[i] = s / d
    return np.sum(x * b)


def determinant(A, tiny):
    """Elimination that gives up, from inside two loops, on a pivot that is too small."""
    n = A.shape[0]
    A = A.copy()
    result = 1.0
    for k in range(n):
        if abs(A[k, k]) < tiny:
            return 0.5 * result
        result *= A[k, k]
        for i in range(k + 1, n):
            f = A[i, k] / A[k, k]
            if f == 0.0:
                continue
            for j in range(k, n):
                A[i, j] -= f * A[k, j]
    return result


def ldlt(A):
    """Only the lower triangle is read."""
    n = A.shape[0]
    L = np.eye(n)
    d = np.zeros(n)
    for j in range(n):
        d[j] = A[j, j]
        for k in range(j):
            d[j] -= L[j, k] ** 2 * d[k]
        for i in range(j + 1, n):
            L[i, j] = A[i, j]
            for k in range(j):
                L[i, j] -= L[i, k] * L[j, k] * d[k]
            L[i, j] /= d[j]
    return np.prod(d) + np.sum(L)


def definite(rng, n):
    a = rng.standard_normal((n, n))
    return a @ a.T + n * np.eye(n)


def implicit_steps(A, x, dt):
    """A matrix that stays the same, and its factors with it."""
    M = np.eye(len(x)) - dt * A
    total = 0.0
    for t in range(5):
        x = np.linalg.solve(M, x + dt * np.sin(t + x))
        total += x @ x
    return total + np.linalg.det(M)


def newton_by_solving(x, a):
    """Until the step is small; the Jacobian is written element by element."""
    step = 1.0
    while step > 1e-9:
        J = np.diag(a + 3 * x**2)
        for i in range(len(x) - 1):
            J[i, i + 1] = 0.5 * np.cos(x[i + 1])
        f = a * x + x**3 - 1.0
        f[:-1] += 0.5 * np.sin(x[1:])
        d = np.linalg.solve(J, f)
        x = x - d
        step = np.max(np.abs(d))
    return np.sum(x * a)


def stacked_systems(A, b):
    x = np.linalg.solve(A, b[..., None])[..., 0]
    for k in range(A.shape[0]):
        x[k] += np.linalg.inv(A[k].T) @ b[k] * np.linalg.det(A[k][:2, :2])
    return np.sum(x**2)


def csr(rng, n):
    dense = np.where(rng.uniform(size=(n, n)) < 0.4, rng.standard_normal((n, n)), 0.0)
    dense += n * np.eye(n)
    indptr, indices, data = [0], [], []
    for row in dense:
        for j, v in enumerate(row):
            if v != 0:
                indices.append(j)
                data.append(v)
        indptr.append(len(indices))
    return np.array(data), np.array(indices), np.array(indptr), rng.standard_normal(n)


def dominant(rng, n):
    return rng.standard_normal((n, n)) + n * np.eye(n)


PROGRAMS = (
    Program(lu_solve, lambda r: (dominant(r, 5), r.normal(size=5)), (0, 1), second_order=True),
    Program(lu_partial_pivoting, lambda r: (r.normal(size=(5, 5)), r.normal(size=5)), (0, 1)),
    Program(cholesky_elements, lambda r: (definite(r, 5),), second_order=True),
    Program(cholesky_rows, lambda r: (definite(r, 5), r.normal(size=5)), (0, 1), second_order=True),
    Program(gram_schmidt, lambda r: (r.normal(size=(6, 4)),), second_order=True),
    Program(gram_schmidt_elements, lambda r: (r.normal(size=(5, 3)),)),
    Program(householder_qr, lambda r: (r.normal(size=(5, 3)),)),
    Program(triangular_solves, lambda r: (np.tril(dominant(r, 5)), r.normal(size=5)), (0, 1)),
    Program(
        thomas,
        lambda r: (r.normal(size=6), r.uniform(4, 6, 7), r.normal(size=6), r.normal(size=7)),
        (0, 1, 2, 3),
        second_order=True,
    ),
    Program(
        matmul_elements,
        lambda r: (r.normal(size=(3, 5)), r.normal(size=(5, 4)), r.normal(size=(3, 4)), 0.7, 1.2),
        (0, 1, 2, 3, 4),
    ),
    Program(gram_matrix, lambda r: (r.normal(size=(5, 2)), 1.3), (0, 1), second_order=True),
    Program(power_iteration, lambda r: (definite(r, 4), r.normal(size=4), 1e-3), (0, 1)),
    Program(conjugate_gradients, lambda r: (definite(r, 6), r.normal(size=6), 1e-7), (0, 1)),
    Program(jacobi_rotations, lambda r: (r.normal(size=(4, 4)),)),
    Program(shortest_paths, lambda r: (r.uniform(0.1, 2.0, (6, 6)),)),
    Program(sparse_solve, lambda r: csr(r, 6), (0, 3)),
    Program(determinant, lambda r: (dominant(r, 4), 1e-6), (0,), second_order=True),
    Program(ldlt, lambda r: (definite(r, 5),)),
    Program(
        implicit_steps,
        lambda r: (r.normal(size=(5, 5)), r.normal(size=5), 0.1),
        (0, 1, 2),
        ("complex",),
        second_order=True,
    ),
    Program(
        newton_by_solving,
        lambda r: (r.normal(size=5), r.uniform(1, 2, 5)),
        (1,),
        ("differences",),
        rtol=1e-6,
    ),
    Program(
        stacked_systems,
        lambda r: (r.normal(size=(3, 5, 5)) + 3 * np.eye(5), r.normal(size=(3, 5))),
        (0, 1),
        ("complex",),
        second_order=True,
    ),
)
