"""Signals and series."""

import numpy as np
from whole.users.case import user


@user(
    lambda rng, n: (rng.normal(size=3), rng.normal(size=n), rng.normal(size=n + 2)), compiled=True
)
def deconvolution(kernel, signal, measured):
    model = np.convolve(signal, kernel)
    return np.sum((model - measured) ** 2) + 0.1 * np.abs(kernel).sum()


@user(lambda rng, n: (rng.normal(size=4), rng.normal(size=n)), argnums=(0, 1))
def matched_filter(template, signal):
    response = np.correlate(signal, template, mode="valid")
    return np.log(np.sum(np.exp(response)))


@user(lambda rng, n: (rng.normal(size=n),))
def autocorrelation(x):
    x = x - np.mean(x)
    r = [np.sum(x[: len(x) - k] * x[k:]) for k in range(4)]
    r = np.array(r) / r[0]
    return np.sum(r[1:] ** 2)


@user(lambda rng, n: (rng.normal(size=2 * n),))
def wavelet_lifting(x):
    s = x[0::2].copy()
    d = x[1::2].copy()
    d[:-1] -= 0.5 * (s[:-1] + s[1:])
    d[-1] -= s[-1]
    s[1:] += 0.25 * (d[:-1] + d[1:])
    s[0] += 0.5 * d[0]
    return np.sum(np.abs(d) ** 1.5) + 0.1 * np.sum(s**2)


@user(lambda rng, n: (rng.normal(size=2 * n),))
def haar_in_place(signal):
    w = signal.copy()
    even, odd = w[::2], w[1::2]
    odd -= even
    even += odd / 2
    return np.sum(np.sqrt(1 + w**2))


@user(lambda rng, n: (np.array([1.0, 0.3, 2.0]), np.linspace(-1, 1, n), rng.normal(size=n)))
def ricker_wavelet(p, t, trace):
    amplitude, delay, frequency = p
    a = (np.pi * frequency * (t - delay)) ** 2
    model = amplitude * (1 - 2 * a) * np.exp(-a)
    return 0.5 * np.sum((model - trace) ** 2)


@user(lambda rng, n: (rng.normal(size=n),))
def spectrum_without_fft(x):
    n = x.shape[0]
    k = np.arange(n // 2)
    phase = 2 * np.pi * np.outer(k, np.arange(n)) / n
    power = (np.cos(phase) @ x) ** 2 + (np.sin(phase) @ x) ** 2
    p = power / power.sum()
    return -np.sum(p * np.log(p + 1e-9))


@user(lambda rng, n: (np.array([0.5, -0.3]), 0.2, rng.normal(size=n)), argnums=(0, 1))
def autoregression(phi, log_sigma, x):
    lagged = np.column_stack([x[1:-1], x[:-2]])
    e = x[2:] - lagged @ phi
    sigma2 = np.exp(2 * log_sigma)
    return 0.5 * np.sum(e**2) / sigma2 + 0.5 * e.size * np.log(2 * np.pi * sigma2)


@user(lambda rng, n: (rng.normal(size=5), rng.normal(size=n)))
def savitzky_windows(weights, x):
    windows = np.array([x[k : len(x) - 4 + k] for k in range(5)])
    smooth = weights @ windows
    return np.ptp(smooth) + np.var(smooth)


@user(lambda rng, n: (rng.normal(size=(3, n)), rng.normal(size=(3, n))))
def phase_locking(a, b):
    a -= a.mean(axis=1)[:, None]
    phase = np.arctan2(b, a)
    difference = phase[:, None] - phase[None]
    i, j = np.triu_indices(3, k=1)
    return np.mean(np.cos(difference[i, j]))


@user(lambda rng, n: (rng.normal(size=(n, 3)), rng.normal(size=(n + 2, 3))), sizes=(3, 4))
def soft_alignment(a, b):
    cost = ((a[:, None] - b[None, :]) ** 2).sum(-1)
    soft_rows = -np.log(np.exp(-cost).sum(1)).mean()
    soft_columns = -np.log(np.exp(-cost).sum(0)).mean()
    return soft_rows + soft_columns


@user(lambda rng, n: (rng.normal(size=n), rng.normal(size=n)))
def tiled_seasonal(pattern, noise):
    series = np.tile(pattern, 3) + np.repeat(noise, 3)
    trend = np.cumsum(series) / np.arange(1, series.size + 1)
    first, second, third = np.split(series, 3)
    return np.sum(trend**2) + np.dot(first, second) - third.sum()
