"""Recurrences and filters, forwards and backwards in time."""

import numpy as np
from programs.case import Program


def biquad(x, b, a):
    """Direct form of a second-order section."""
    y = np.zeros(len(x))
    x1 = x2 = y1 = y2 = 0.0
    for n in range(len(x)):
        y[n] = b[0] * x[n] + b[1] * x1 + b[2] * x2 - a[0] * y1 - a[1] * y2
        x2, x1 = x1, x[n]
        y2, y1 = y1, y[n]
    return np.sum(y**2)


def filter_both_ways(x, a):
    """A one-pole filter there and back."""
    n = x.shape[0]
    y = np.empty(n)
    y[0] = x[0]
    for i in range(1, n):
        y[i] = a * y[i - 1] + (1 - a) * x[i]
    for i in range(n - 2, -1, -1):
        y[i] = a * y[i + 1] + (1 - a) * y[i]
    return np.sum((x - y) ** 2) + y[0]


def general_filter(b, a, x):
    """Any orders; indices guarded by a comparison."""
    y = np.zeros_like(x)
    for n in range(len(x)):
        for k in range(len(b)):
            if n - k >= 0:
                y[n] += b[k] * x[n - k]
        for k in range(1, len(a)):
            if n >= k:
                y[n] -= a[k] * y[n - k]
        y[n] /= a[0]
    return (y * y).sum()


def holt_winters(series, alpha, beta, gamma, m):
    """Triple exponential smoothing with seasons; the loss of its forecasts."""
    season = series[:m] - np.mean(series[:m])
    level, trend = series[0], series[1] - series[0]
    loss = 0.0
    for t in range(m, len(series)):
        s = season[t % m]
        forecast = level + trend + s
        loss += (series[t] - forecast) ** 2
        last = level
        level = alpha * (series[t] - s) + (1 - alpha) * (level + trend)
        trend = beta * (level - last) + (1 - beta) * trend
        season[t % m] = gamma * (series[t] - level) + (1 - gamma) * s
    return loss / (len(series) - m)


def horner(c, x):
    p = 0.0
    dp = 0.0
    for k in range(len(c) - 1, -1, -1):
        dp = dp * x + p
        p = p * x + c[k]
    return p + 0.5 * dp


def clenshaw(c, xs):
    total = 0.0
    for x in xs:
        b1 = b2 = 0.0
        for ck in c[:0:-1]:
            b1, b2 = ck + 2 * x * b1 - b2, b1
        total += c[0] + x * b1 - b2
    return total


def logistic_map(r, x, n):
    for _ in range(n):
        x = r * x * (1 - x)
    return x


def garch(returns, omega, alpha, beta):
    variance = np.mean(returns**2)
    loglik = 0.0
    for i in range(len(returns)):
        loglik -= 0.5 * (np.log(2 * np.pi * variance) + returns[i] ** 2 / variance)
        variance = omega + alpha * returns[i] ** 2 + beta * variance
    return loglik


def arma_loss(y, phi, theta):
    p, q = len(phi), len(theta)
    e = np.zeros(len(y))
    start = max(p, q)
    for t in range(start, len(y)):
        mean = 0.0
        for i in range(p):
            mean += phi[i] * y[t - 1 - i]
        for j in range(q):
            mean += theta[j] * e[t - 1 - j]
        e[t] = y[t] - mean
    return np.sum(e[start:] ** 2)


def continued_fraction(a, b):
    value = a[-1]
    for k in range(len(b) - 1, -1, -1):
        value = a[k] + b[k] / value
    return value


def welford(x):
    mean, m2, count = 0.0, 0.0, 0
    for v in x:
        count += 1
        delta = v - mean
        mean += delta / count
        m2 += delta * (v - mean)
    return np.sqrt(m2 / (count - 1)) + mean**2


def levinson_durbin(r):
    n = len(r) - 1
    a = np.zeros(n + 1)
    a[0] = 1.0
    error = r[0]
    for i in range(1, n + 1):
        acc = r[i]
        for j in range(1, i):
            acc += a[j] * r[i - j]
        k = -acc / error
        old = a.copy()
        for j in range(1, i):
            a[j] = old[j] + k * old[i - j]
        a[i] = k
        error *= 1 - k * k
    return error + np.sum(a * a)


def prefix_sums_by_doubling(x):
    """Hillis and Steele: the distance doubles, buffers change places."""
    n = len(x)
    y = x.copy()
    z = np.empty_like(y)
    distance = 1
    while distance < n:
        for i in range(n):
            z[i] = y[i] + y[i - distance] if i >= distance else y[i]
        y, z = z, y
        distance *= 2
    return np.sum(np.sin(y))


def two_sided_recursion(x, k):
    """Forward and backward scans whose results meet."""
    n = len(x)
    left, right = np.ones(n), np.ones(n)
    for i in range(1, n):
        left[i] = np.tanh(left[i - 1] * k + x[i - 1])
    for i in range(n - 2, -1, -1):
        right[i] = np.tanh(right[i + 1] * k + x[i + 1])
    return left @ right


def running_drawdown(x):
    top, worst, total = x[0], 0.0, 0.0
    for i in range(1, len(x)):
        if x[i] > top:
            top = x[i]
        drop = (top - x[i]) / (1.0 + top * top)
        worst = max(worst, drop)
        total += drop * drop
    return total + worst


def leaky_integrator(current, tau, threshold):
    """Spikes reset the membrane; the time since the last one counts."""
    v, since, cost = 0.0, 0, 0.0
    for i in range(len(current)):
        v += (current[i] - v) / tau
        since += 1
        if v > threshold:
            cost += v * since
            v = 0.0
            since = 0
        elif since > 3:
            v *= 0.9
    return cost + v


PROGRAMS = (
    Program(
        biquad,
        lambda r: (r.normal(size=12), r.normal(size=3), np.array([-0.4, 0.2])),
        (0, 1, 2),
        second_order=True,
    ),
    Program(filter_both_ways, lambda r: (r.normal(size=10), 0.6), (0, 1), second_order=True),
    Program(
        general_filter,
        lambda r: (r.normal(size=3), np.array([1.5, 0.3, -0.2, 0.1]), r.normal(size=9)),
        (0, 1, 2),
    ),
    Program(holt_winters, lambda r: (r.normal(size=14), 0.3, 0.2, 0.4, 4), (0, 1, 2, 3)),
    Program(horner, lambda r: (r.normal(size=6), 0.7), (0, 1), second_order=True),
    Program(clenshaw, lambda r: (r.normal(size=6), r.uniform(-0.9, 0.9, 4)), (0, 1)),
    Program(logistic_map, lambda r: (3.2, 0.3, 9), (0, 1), second_order=True),
    Program(garch, lambda r: (r.normal(size=12), 0.1, 0.2, 0.6), (0, 1, 2, 3), second_order=True),
    Program(
        arma_loss,
        lambda r: (r.normal(size=12), np.array([0.5, -0.2, 0.1]), np.array([0.3, 0.1])),
        (0, 1, 2),
    ),
    Program(continued_fraction, lambda r: (r.uniform(1, 2, 7), r.uniform(1, 2, 6)), (0, 1)),
    Program(welford, lambda r: (r.normal(size=9),), second_order=True),
    Program(levinson_durbin, lambda r: (np.array([3.0, 1.0, 0.5, -0.3, 0.2]),), second_order=True),
    Program(prefix_sums_by_doubling, lambda r: (r.normal(size=11),)),
    Program(two_sided_recursion, lambda r: (r.normal(size=8), 0.7), (0, 1), second_order=True),
    Program(running_drawdown, lambda r: (np.cumsum(r.normal(size=14)) + 5.0,)),
    Program(leaky_integrator, lambda r: (r.uniform(0.5, 2.0, 15), 3.0, 0.9), (0, 1)),
)
