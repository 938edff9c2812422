"""Equations solved by iteration; the number of steps depends on the data."""

import numpy as np
from programs.case import Program


def newton_square_root(a):
    x = a
    while abs(x * x - a) > 1e-6:
        x = 0.5 * (x + a / x)
    return x


def newton_system(p):
    """Two equations, the 2x2 inverse written out."""
    x, y = 1.0, 1.0
    for _ in range(30):
        f = x**2 + y**2 - p[0]
        g = np.exp(x) * p[1] - y - 0.5
        a, b, c, d = 2 * x, 2 * y, np.exp(x) * p[1], -1.0
        det = a * d - b * c
        dx = (d * f - b * g) / det
        dy = (a * g - c * f) / det
        x, y = x - dx, y - dy
        if dx * dx + dy * dy < 1e-14:
            break
    return x * y + x


def bisection_of_brackets(lo, hi, target):
    """Half of each bracket is kept: the result moves with the brackets' ends alone."""
    total = 0.0
    for i in range(len(lo)):
        a, b = lo[i], hi[i]
        for _ in range(7):
            mid = 0.5 * (a + b)
            if mid**3 + mid > target[i]:
                b = mid
            else:
                a = mid
        total += mid * mid * (i + 1)
    return total


def bisection_and_polish(c):
    """A bracket by bisection until it is narrow, then Newton's steps, which carry the slope."""
    a, b = 0.0, 2.0
    while b - a > 0.1:
        m = (a + b) / 2
        if m**3 - c < 0:
            a = m
        else:
            b = m
    x = (a + b) / 2
    for _ in range(5):
        x = x - (x**3 - c) / (3 * x * x)
    return x


def secant(f, a, b, tol, most):
    fa, fb = f(a), f(b)
    for _ in range(most):
        if abs(fb - fa) < 1e-14:
            return b
        a, b = b, b - fb * (b - a) / (fb - fa)
        fa, fb = fb, f(b)
        if abs(fb) < tol:
            return b
    return b


def secant_of_functions(p, q):
    root = secant(lambda x: x * np.exp(x) - p, 0.2, 1.0, 1e-9, 50)
    other = secant(lambda x: np.cos(x) - q * x, 0.1, 0.9, 1e-9, 50)
    return root * other + root


def kepler(mean_anomaly, eccentricity):
    """Kepler's equation for many planets, each with its own number of Newton steps."""
    total = 0.0
    for i in range(mean_anomaly.shape[0]):
        M = mean_anomaly[i]
        e = eccentricity[i]
        E = M if e < 0.5 else M + 0.3
        while True:
            step = (E - e * np.sin(E) - M) / (1.0 - e * np.cos(E))
            E -= step
            if abs(step) < 1e-7:
                break
        total += np.cos(E) - e + np.sqrt(1 - e * e) * np.sin(E)
    return total


def halley_or_default(values, limit):
    """`else` of the loop where it does not converge in time."""
    total = 0.0
    for v in values:
        x = 1.0
        for _ in range(limit):
            f = x**3 - v
            step = f * 3 * x**2 / (9 * x**4 - 3 * x * f)
            x = x - step
            if abs(step) < 1e-3:
                total += x
                break
        else:
            total -= 0.1 * v * v
    return total


def regula_falsi(k):
    def f(x):
        return np.exp(-k * x) - x

    a, b = 0.0, 1.0
    fa, fb = f(a), f(b)
    x = a
    for _ in range(60):
        x = (a * fb - b * fa) / (fb - fa)
        fx = f(x)
        if abs(fx) < 1e-8:
            break
        if fx * fb > 0:
            b, fb = x, fx
        else:
            a, fa = x, fx
    return x


def fixed_point_of_cosine(a, b):
    x = 0.5
    count = 0
    while count < 100:
        new = np.cos(a * x) * b
        done = abs(new - x) < 1e-4
        x = new
        count += 1
        if done:
            break
    return x


def internal_rate_of_return(cashflows, guess):
    """Newton's method on a polynomial, value and slope in one inner loop."""
    rate = guess
    for _ in range(40):
        value = slope = 0.0
        for t in range(len(cashflows)):
            discount = (1.0 + rate) ** (-t)
            value += cashflows[t] * discount
            slope -= t * cashflows[t] * discount / (1.0 + rate)
        change = value / slope
        rate -= change
        if abs(change) < 1e-10:
            return rate
    return rate


def colebrook(reynolds, roughness):
    """Friction factor of pipes, laminar ones by a formula."""
    total = 0.0
    for k in range(len(reynolds)):
        re = reynolds[k]
        if re < 2300.0:
            total += 64.0 / re
            continue
        x = 6.0
        for _ in range(50):
            new = -2.0 * np.log10(roughness / 3.7 + 2.51 * x / re)
            if abs(new - x) < 1e-9:
                x = new
                break
            x = new
        total += 1.0 / (x * x)
    return total


PROGRAMS = (
    Program(newton_square_root, lambda r: (7.3,), second_order=True),
    Program(newton_system, lambda r: (np.array([3.1, 0.4]),), second_order=True),
    Program(
        bisection_of_brackets,
        lambda r: (
            np.array([-1.0, 0.0, 0.3]),
            np.array([1.5, 2.0, 1.3]),
            np.array([0.4, 3.3, 1.0]),
        ),
        (0, 1),
    ),
    Program(bisection_and_polish, lambda r: (2.6,)),
    Program(secant_of_functions, lambda r: (1.2, 0.8), (0, 1)),
    Program(
        kepler,
        lambda r: (np.array([0.4, 1.7, 2.9, 0.1]), np.array([0.05, 0.6, 0.3, 0.8])),
        (0, 1),
        second_order=True,
    ),
    Program(halley_or_default, lambda r: (np.array([2.0, 1.1, 30.0, 0.7, 900.0]), 3), (0,)),
    Program(regula_falsi, lambda r: (1.4,)),
    Program(fixed_point_of_cosine, lambda r: (0.9, 1.1), (0, 1)),
    Program(internal_rate_of_return, lambda r: (np.array([-10.0, 2.0, 3.0, 4.0, 4.5]), 0.05), (0,)),
    Program(colebrook, lambda r: (np.array([900.0, 4e4, 2100.0, 3e5]), 1e-3), (0, 1)),
)
