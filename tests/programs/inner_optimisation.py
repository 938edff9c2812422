"""Functions whose value is where an inner optimisation ended."""

import numpy as np
from programs.case import Program


def newton_minimise(a, b):
    """The minimum of a quartic, by its first two derivatives."""
    x = 1.0
    for _ in range(50):
        g = 4 * a * x**3 + 2 * x - b
        h = 12 * a * x**2 + 2
        step = g / h
        x -= step
        if abs(step) < 1e-9:
            break
    return a * x**4 + x**2 - b * x + x


def gradient_descent(A, b, rate):
    """Until the gradient, written by hand, is small."""
    x = np.zeros(len(b))
    for it in range(500):
        g = A @ x - b + 0.1 * x**3
        if np.sqrt(np.sum(g**2)) < 2e-3:
            break
        x = x - rate * g
    return 0.5 * x @ A @ x - b @ x + np.sum(x)


def momentum_in_place(x, y, rate, momentum):
    """Least squares of a line, element by element."""
    w, b = 0.0, 0.0
    vw = vb = 0.0
    for epoch in range(15):
        gw = gb = 0.0
        for i in range(len(x)):
            e = w * x[i] + b - y[i]
            gw += e * x[i]
            gb += e
        vw = momentum * vw - rate * gw
        vb = momentum * vb - rate * gb
        w += vw
        b += vb
    return w * w + b


def backtracking(p):
    """Steepest descent on Rosenbrock's function; steps are halved until they help."""

    def f(z):
        return (p[0] - z[0]) ** 2 + p[1] * (z[1] - z[0] ** 2) ** 2

    z = np.array([-0.5, 0.8])
    for _ in range(6):
        g = np.array(
            [
                -2 * (p[0] - z[0]) - 4 * p[1] * z[0] * (z[1] - z[0] ** 2),
                2 * p[1] * (z[1] - z[0] ** 2),
            ]
        )
        t = 0.4
        while f(z - t * g) > f(z) - 0.3 * t * (g @ g):
            t *= 0.5
        z = z - t * g
    return f(z) + z[0]


def sinkhorn(cost, mu, nu, epsilon):
    """Until the marginals fit."""
    K = np.exp(-cost / epsilon)
    u = np.ones_like(mu)
    v = np.ones_like(nu)
    for it in range(200):
        u = mu / (K @ v)
        v = nu / (K.T @ u)
        miss = np.max(np.abs(u * (K @ v) - mu))
        if miss < 3e-3:
            break
    P = u[:, None] * K * v[None, :]
    return np.sum(P * cost)


def soft_threshold(v, t):
    if v > t:
        return v - t
    elif v < -t:
        return v + t
    return 0.0 * v


def lasso_coordinates(X, y, penalty):
    d = X.shape[1]
    w = np.zeros(d)
    r = y.copy()
    for sweep in range(6):
        for j in range(d):
            norm = X[:, j] @ X[:, j]
            rho = X[:, j] @ r + norm * w[j]
            new = soft_threshold(rho, penalty) / norm
            r += X[:, j] * (w[j] - new)
            w[j] = new
    return np.sum(r**2) + penalty * np.sum(np.abs(w))


def ista(A, b, penalty):
    x = np.zeros(A.shape[1])
    step = 1.0 / np.sum(A * A)
    for _ in range(12):
        z = x - step * A.T @ (A @ x - b)
        for i in range(len(z)):
            z[i] = soft_threshold(z[i], penalty * step)
        x = z
    return np.sum((A @ x - b) ** 2) + x[0]


def gauss_newton(t, y, theta):
    """Two parameters of a decay; the 2x2 normal equations solved by hand."""
    a, k = theta[0], theta[1]
    for _ in range(20):
        s11 = s12 = s22 = g1 = g2 = 0.0
        for i in range(len(t)):
            e = np.exp(-k * t[i])
            r = a * e - y[i]
            j1, j2 = e, -a * t[i] * e
            s11 += j1 * j1
            s12 += j1 * j2
            s22 += j2 * j2
            g1 += j1 * r
            g2 += j2 * r
        det = s11 * s22 - s12 * s12
        da = (s22 * g1 - s12 * g2) / det
        dk = (s11 * g2 - s12 * g1) / det
        a, k = a - da, k - dk
        if da * da + dk * dk < 1e-16:
            break
    return a * k + a


def golden_section(p):
    """The bracket shrinks by comparisons alone; the value at its middle moves with p."""
    a, b = p[1] - 2.0, p[1] + 1.7
    ratio = 0.6180339887498949
    c, d = b - ratio * (b - a), a + ratio * (b - a)
    while b - a > 0.3:
        if (c - p[0]) ** 2 + 0.1 * c**4 < (d - p[0]) ** 2 + 0.1 * d**4:
            b, d = d, c
            c = b - ratio * (b - a)
        else:
            a, c = c, d
            d = a + ratio * (b - a)
    x = 0.5 * (a + b)
    return (x - p[0]) ** 2 + 0.1 * x**4


def implicit_layer(W, x, tol):
    """A deep-equilibrium layer: iterate to a fixed point."""
    z = np.zeros(len(x))
    steps = 0
    while steps < 200:
        new = np.tanh(W @ z + x)
        gap = np.max(np.abs(new - z))
        z = new
        steps += 1
        if gap < tol:
            break
    return np.sum(z**2)


def projected_gradient(Q, c):
    """On the box between 0 and 1, clipped by comparisons."""
    x = np.full(len(c), 0.5)
    for _ in range(10):
        g = Q @ x + c
        for i in range(len(x)):
            x[i] -= 0.1 * g[i]
            if x[i] < 0.0:
                x[i] = 0.0
            elif x[i] > 1.0:
                x[i] = 1.0
    return 0.5 * x @ Q @ x + c @ x


def adam(theta, target, rate):
    m = np.zeros_like(theta)
    v = np.zeros_like(theta)
    for t in range(1, 9):
        g = 2 * (np.sin(theta) - target) * np.cos(theta)
        m = 0.9 * m + 0.1 * g
        v = 0.99 * v + 0.01 * g * g
        theta = theta - rate * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.99**t)) + 1e-8)
    return np.sum((np.sin(theta) - target) ** 2)


def nelder_mead(p, start):
    """Three points of a triangle, kept in order; reflections, expansions, contractions."""

    def f(z):
        return (z[0] - p[0]) ** 2 + 2.0 * (z[1] - p[1] * z[0]) ** 2

    def order(points):
        for last in (2, 1):
            for i in range(last):
                if f(points[i + 1]) < f(points[i]):
                    points[i], points[i + 1] = points[i + 1], points[i]

    points = [start, start + np.array([0.5, 0.0]), start + np.array([0.0, 0.7])]
    for _ in range(12):
        order(points)
        middle = 0.5 * (points[0] + points[1])
        reflected = 2.0 * middle - points[2]
        if f(reflected) < f(points[0]):
            expanded = 3.0 * middle - 2.0 * points[2]
            points[2] = expanded if f(expanded) < f(reflected) else reflected
        elif f(reflected) < f(points[1]):
            points[2] = reflected
        else:
            points[2] = 0.5 * (middle + points[2])
    return f(points[0]) + points[0][0]


def definite(rng, n):
    a = rng.standard_normal((n, n))
    return a @ a.T / n + np.eye(n)


PROGRAMS = (
    Program(newton_minimise, lambda r: (0.6, 1.7), (0, 1), second_order=True),
    Program(gradient_descent, lambda r: (definite(r, 4), r.normal(size=4), 0.2), (0, 1, 2)),
    Program(
        momentum_in_place,
        lambda r: (r.normal(size=6), r.normal(size=6), 0.05, 0.7),
        (0, 1, 2, 3),
        second_order=True,
    ),
    Program(backtracking, lambda r: (np.array([1.1, 3.0]),)),
    Program(
        sinkhorn,
        lambda r: (
            r.uniform(0, 1, (4, 3)),
            np.array([0.2, 0.3, 0.1, 0.4]),
            np.array([0.5, 0.2, 0.3]),
            0.3,
        ),
        (0, 1, 2, 3),
    ),
    Program(lasso_coordinates, lambda r: (r.normal(size=(7, 4)), r.normal(size=7), 0.8), (0, 1, 2)),
    Program(ista, lambda r: (r.normal(size=(5, 4)), r.normal(size=5), 0.3), (0, 1, 2)),
    Program(
        gauss_newton,
        lambda r: (
            np.linspace(0.1, 2, 6),
            1.3 * np.exp(-0.8 * np.linspace(0.1, 2, 6)) + 0.05 * r.normal(size=6),
            np.array([1.0, 1.0]),
        ),
        (0, 1),
    ),
    Program(golden_section, lambda r: (np.array([1.1, 0.3]),)),
    Program(
        implicit_layer, lambda r: (0.3 * r.normal(size=(4, 4)), r.normal(size=4), 1e-6), (0, 1)
    ),
    Program(projected_gradient, lambda r: (definite(r, 5), 1.5 * r.normal(size=5)), (0, 1)),
    Program(adam, lambda r: (r.normal(size=4), r.uniform(-0.5, 0.5, 4), 0.1), (0, 1, 2)),
    Program(nelder_mead, lambda r: (np.array([0.7, 0.4]), np.array([-0.4, 1.0])), (0, 1)),
)
