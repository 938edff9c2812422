"""Ordinary differential equations: fixed steps, adaptive steps, implicit steps, shooting."""

import math

import numpy as np
from programs.case import Program


def rk4_step(f, t, y, h):
    k1 = f(t, y)
    k2 = f(t + 0.5 * h, y + 0.5 * h * k1)
    k3 = f(t + 0.5 * h, y + 0.5 * h * k2)
    k4 = f(t + h, y + h * k3)
    return y + h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)


def rk4_pendulum(y0, damping, drive):
    def rhs(t, y):
        return np.array([y[1], -np.sin(y[0]) - damping * y[1] + drive * np.cos(0.8 * t)])

    y, t, h = y0, 0.0, 0.1
    for _ in range(15):
        y = rk4_step(rhs, t, y, h)
        t += h
    return y[0] ** 2 + y[1]


def lorenz_rhs(y, p, out):
    out[0] = p[0] * (y[1] - y[0])
    out[1] = y[0] * (p[1] - y[2]) - y[1]
    out[2] = y[0] * y[1] - p[2] * y[2]


def rk4_lorenz(y0, p, h, steps):
    """Stages in work arrays that a helper writes."""
    y = y0.copy()
    n = len(y)
    k1, k2, k3, k4, tmp = np.empty(n), np.empty(n), np.empty(n), np.empty(n), np.empty(n)
    for _ in range(steps):
        lorenz_rhs(y, p, k1)
        for i in range(n):
            tmp[i] = y[i] + 0.5 * h * k1[i]
        lorenz_rhs(tmp, p, k2)
        for i in range(n):
            tmp[i] = y[i] + 0.5 * h * k2[i]
        lorenz_rhs(tmp, p, k3)
        for i in range(n):
            tmp[i] = y[i] + h * k3[i]
        lorenz_rhs(tmp, p, k4)
        for i in range(n):
            y[i] += h / 6.0 * (k1[i] + 2 * k2[i] + 2 * k3[i] + k4[i])
    return np.sum(y * y)


def adaptive_heun(y0, rate, tol):
    """Steps are rejected, shrunk, grown, and the last one is cut to end at T."""
    t, T, h = 0.0, 1.5, 0.2
    y = y0
    while t < T:
        if t + h > T:
            h = T - t
        k1 = -rate * y + np.sin(t)
        k2 = -rate * (y + h * k1) + np.sin(t + h)
        error = abs(0.5 * h * (k2 - k1))
        if error <= tol:
            y = y + 0.5 * h * (k1 + k2)
            t = t + h
        factor = 0.9 * np.sqrt(tol / error)
        if factor > 2.0:
            factor = 2.0
        elif factor < 0.3:
            factor = 0.3
        h = h * factor
    return y


def adaptive_rk23(y0, mu, tol):
    """Van der Pol, the last stage being the next step's first; counts rejections."""

    def f(y):
        return np.array([y[1], mu * (1.0 - y[0] ** 2) * y[1] - y[0]])

    y = y0.copy()
    t, T, h = 0.0, 1.0, 0.3
    k1 = f(y)
    accepted = rejected = 0
    while True:
        h = min(h, T - t)
        k2 = f(y + 0.5 * h * k1)
        k3 = f(y + 0.75 * h * k2)
        new = y + h * (2.0 * k1 + 3.0 * k2 + 4.0 * k3) / 9.0
        k4 = f(new)
        e = h * (-5.0 * k1 / 72.0 + k2 / 12.0 + k3 / 9.0 - k4 / 8.0)
        error = np.sqrt(np.mean((e / tol) ** 2))
        if error > 1.0:
            rejected += 1
            h *= max(0.2, 0.8 * error ** (-1.0 / 3.0))
            continue
        accepted += 1
        t += h
        y, k1 = new, k4
        if t >= T - 1e-12:
            break
        h *= min(3.0, 0.8 * error ** (-1.0 / 3.0))
    return y[0] * y[1] + 0.001 * (accepted + 10 * rejected)


def implicit_euler(y0, k):
    """A stiff scalar equation, each step solved by Newton's method."""
    h = 0.3
    y = y0
    for step in range(6):
        z = y
        for _ in range(20):
            g = z - y + h * k * (z**3 - np.cos(step * h))
            slope = 1.0 + 3.0 * h * k * z**2
            dz = g / slope
            z -= dz
            if abs(dz) < 1e-10:
                break
        y = z
    return y * y + y


def leapfrog(q, p, m, steps):
    """Kick, drift, kick in a plane, in place."""
    h = 0.05
    for _ in range(steps):
        r3 = (q[0] ** 2 + q[1] ** 2) ** 1.5
        p[:] -= 0.5 * h * q / r3
        q[:] += h * p / m
        r3 = (q[0] ** 2 + q[1] ** 2) ** 1.5
        p[:] -= 0.5 * h * q / r3
    return 0.5 * np.sum(p * p) / m - 1.0 / np.sqrt(q @ q) + q[0] * p[1]


def sir_epidemic(beta, gamma, infected):
    s, i, r = 1.0 - infected, infected, 0.0
    peak = i
    for day in range(40):
        new = beta * s * i
        gone = gamma * i
        s -= new
        i += new - gone
        r += gone
        if i > peak:
            peak = i
    return peak + r


def lotka_volterra(theta, x0):
    """The trajectory is a list."""
    a, b, c, d = theta
    prey, predator = x0
    trajectory = [np.array([prey, predator])]
    for _ in range(20):
        prey, predator = (
            prey + 0.05 * (a * prey - b * prey * predator),
            predator + 0.05 * (c * prey * predator - d * predator),
        )
        trajectory.append(np.array([prey, predator]))
    path = np.array(trajectory)
    return np.sum(np.diff(path, axis=0) ** 2) + path[-1, 0]


def exponential_decay_table(k, x0, times):
    """Many small steps between the rows of a table."""
    out = np.zeros((len(times), len(x0)))
    x = x0.copy()
    t = 0.0
    for row in range(len(times)):
        while t < times[row] - 1e-9:
            x = x - 0.1 * k * x
            t += 0.1
        out[row] = x
    return np.sum(out**2)


def shooting(slope, length):
    """The boundary value that a secant iteration over trajectories reaches."""

    def end(s):
        u, v = 0.0, s
        h = length / 12
        for _ in range(12):
            u, v = u + h * v, v - h * math.sin(u)
        return u

    a, b = slope, slope + 0.3
    fa, fb = end(a) - 1.0, end(b) - 1.0
    for _ in range(4):
        a, fa, b = b, fb, b - fb * (b - a) / (fb - fa)
        fb = end(b) - 1.0
    return b


def adams_bashforth(y0, omega):
    """Two remembered slopes in a list that rolls."""
    y = y0
    slopes = []
    for n in range(12):
        slope = -omega * y + np.cos(0.1 * n)
        slopes.append(slope)
        if len(slopes) > 2:
            slopes.pop(0)
        if len(slopes) == 1:
            y = y + 0.1 * slopes[0]
        else:
            y = y + 0.1 * (1.5 * slopes[1] - 0.5 * slopes[0])
    return np.sum(y**2)


def pool_fire(temperature, rate):
    """Three regimes of a heated body, and an end that is reached early."""
    t = temperature
    burned = 0.0
    for step in range(60):
        if t < 1.0:
            t += 0.05 * (2.0 - t)
        elif t < 1.6:
            t += 0.04 * rate * t
            burned += 0.02 * rate
        else:
            burned += 0.05 * rate * np.exp(-burned)
            t += 0.02 * (1.9 - t)
        if burned > 0.8:
            return t + burned + 0.01 * step
    return t


PROGRAMS = (
    Program(rk4_pendulum, lambda r: (r.normal(size=2), 0.2, 0.5), (0, 1, 2), second_order=True),
    Program(
        rk4_lorenz,
        lambda r: (np.array([1.0, 0.5, 2.0]), np.array([10.0, 28.0, 2.6]), 0.02, 8),
        (0, 1, 2),
        second_order=True,
    ),
    Program(adaptive_heun, lambda r: (1.3, 2.1, 0.004), (0, 1)),
    Program(adaptive_rk23, lambda r: (np.array([1.7, 0.4]), 2.3, 0.003), (0, 1)),
    Program(implicit_euler, lambda r: (1.4, 5.0), (0, 1)),
    Program(
        leapfrog,
        lambda r: (np.array([1.0, 0.1]), np.array([0.05, 1.1]), 1.2, 12),
        (0, 1, 2),
        second_order=True,
    ),
    Program(sir_epidemic, lambda r: (0.55, 0.21, 0.02), (0, 1, 2)),
    Program(
        lotka_volterra,
        lambda r: (np.array([1.1, 0.4, 0.1, 0.4]), np.array([3.0, 2.0])),
        (0, 1),
    ),
    Program(
        exponential_decay_table,
        lambda r: (0.7, r.uniform(1, 2, 3), np.array([0.25, 0.25, 0.8, 1.4])),
        (0, 1),
    ),
    Program(shooting, lambda r: (0.6, 1.3), (0, 1)),
    Program(adams_bashforth, lambda r: (r.normal(size=3), 0.9), (0, 1)),
    Program(pool_fire, lambda r: (0.31, 1.37), (0, 1)),
)
