"""Plain NumPy functions without loops, and their inputs, in four families.

The functions reach `np` as a global, so that a peer may run the same text with its own namespace.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from problem import Make, Problem


def rosenbrock(x):
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def gravity(p):
    """Potential energy of three bodies in the plane."""
    ab = np.sqrt((p[0] - p[2]) ** 2 + (p[1] - p[3]) ** 2)
    ac = np.sqrt((p[0] - p[4]) ** 2 + (p[1] - p[5]) ** 2)
    bc = np.sqrt((p[2] - p[4]) ** 2 + (p[3] - p[5]) ** 2)
    return -1.0 / ab - 2.0 / ac - 0.5 / bc


def cauchy(x, y):
    """A robust regression loss."""
    return np.sum(np.log1p((x - y) ** 2))


def waves(x, t):
    return np.sum(np.sin(3.0 * x - t) * np.exp(-0.1 * x * x))


def gated(x, y):
    return np.sum(np.tanh(x) / (1.0 + np.exp(-y)))


def classifier(W1, b1, W2, b2, x, y):
    """Cross-entropy of a network with one ReLU layer."""
    z1 = x @ W1 + b1
    z2 = np.where(z1 > 0.0, z1, 0.0) @ W2 + b2
    z2 = z2 - np.amax(z2, axis=1, keepdims=True)
    logp = z2 - np.log(np.sum(np.exp(z2), axis=1, keepdims=True))
    return -np.mean(logp[np.arange(len(y)), y])


def autoencoder(W1, W2, W3, W4, x):
    h = np.tanh(np.tanh(np.tanh(x @ W1) @ W2) @ W3) @ W4
    return np.mean((h - x) ** 2)


def logistic_regression(w, x, sign):
    score = -sign * (x @ w)
    return np.sum(np.where(score > 0.0, score, 0.0) + np.log1p(np.exp(-np.abs(score))))


def rational_fit(b, x, y):
    above = b[0] + x * (b[1] + x * (b[2] + x * b[3]))
    below = 1.0 + x * (b[4] + x * (b[5] + x * b[6]))
    return np.sum((above / below - y) ** 2)


def decays(amplitudes, rates, t, y):
    """A sum of exponential decays, fitted to a series."""
    curve = np.sum(amplitudes[:, None] * np.exp(-rates[:, None] * t[None, :]), axis=0)
    return np.sum((curve - y) ** 2)


def vectors(*sizes: int) -> Make:
    return lambda rng: tuple(rng.standard_normal(n) for n in sizes)


def make_classifier(rng: np.random.Generator) -> tuple[Any, ...]:
    W1, W2 = rng.normal(0, 0.2, (64, 256)), rng.normal(0, 0.1, (256, 10))
    return W1, np.zeros(256), W2, np.zeros(10), rng.random((32, 64)), rng.integers(0, 10, 32)


def make_autoencoder(rng: np.random.Generator) -> tuple[Any, ...]:
    sizes = [(100, 60), (60, 20), (20, 60), (60, 100)]
    return *(rng.normal(0, 0.1, size) for size in sizes), rng.standard_normal((128, 100))


def make_logistic(rng: np.random.Generator) -> tuple[Any, ...]:
    return rng.normal(0, 0.3, 31), rng.standard_normal((569, 31)), rng.choice([-1.0, 1.0], 569)


def make_rational(rng: np.random.Generator) -> tuple[Any, ...]:
    b = np.array([1300.0, 1500.0, 500.0, 75.0, 1.0, 0.4, 0.05])
    x = np.linspace(-0.9, 2.2, 37)
    return b, x, rng.uniform(900, 1500, 37)


def make_decays(rng: np.random.Generator) -> tuple[Any, ...]:
    t = np.linspace(0.0, 5.0, 500)
    y = 2 * np.exp(-t) + np.exp(-4 * t) + rng.normal(0, 0.05, 500)
    return np.array([1.0, 1.5, 0.5]), np.array([0.7, 2.0, 5.0]), t, y


PROBLEMS = (
    Problem("rosenbrock_10", "tiny", rosenbrock, vectors(10)),
    Problem("gravity", "tiny", gravity, vectors(6)),
    Problem("cauchy_100k", "elementwise", cauchy, vectors(100_000, 100_000)),
    Problem("waves_100k", "elementwise", waves, vectors(100_000, 100_000), (0, 1)),
    Problem("gated_100k", "elementwise", gated, vectors(100_000, 100_000), (0, 1)),
    Problem("classifier", "nets", classifier, make_classifier, (0, 1, 2, 3)),
    Problem("autoencoder", "nets", autoencoder, make_autoencoder, (0, 1, 2, 3)),
    Problem("logistic_regression", "fitting", logistic_regression, make_logistic),
    Problem("rational_fit", "fitting", rational_fit, make_rational),
    Problem("decays", "fitting", decays, make_decays, (0, 1)),
)
