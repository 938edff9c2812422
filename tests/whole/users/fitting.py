"""Regression, mixtures, survival, finance: what a statistician fits."""

import math

import numpy as np
from scipy.special import erf, expit, log_softmax, logsumexp, xlogy
from whole.users.case import user


@user(
    lambda rng, n: (rng.normal(size=4), rng.normal(size=(n, 4)), rng.integers(0, 2, n)),
    compiled=True,
)
def logistic(w, X, y):
    z = X @ w
    return np.mean(np.log1p(np.exp(-np.abs(z))) + np.maximum(z, 0) - y * z) + 0.01 * w @ w


@user(
    lambda rng, n: (
        rng.normal(size=4),
        0.3,
        rng.normal(size=(n, 4)),
        rng.integers(0, 2, n).astype(float),
    ),
    argnums=(0, 1),
)
def logistic_with_expit(w, b, X, y):
    p = expit(X @ w + b)
    eps = 1e-12
    return -(y * np.log(p + eps) + (1 - y) * np.log(1 - p + eps)).mean()


@user(
    lambda rng, n: (
        rng.normal(size=3),
        rng.normal(size=(n, 3)),
        rng.poisson(2.0, n),
        rng.uniform(1, 2, n),
    )
)
def poisson(beta, X, counts, exposure):
    eta = X.dot(beta) + np.log(exposure)
    mu = np.exp(eta)
    deviance = 2 * np.sum(xlogy(counts, counts / mu) - (counts - mu))
    return deviance / len(counts)


@user(
    lambda rng, n: (
        {"intercept": 0.2, "slope": rng.normal(size=3)},
        rng.normal(size=(n, 3)),
        rng.normal(size=n),
    )
)
def huber(params, X, y, delta=0.7, lam=0.1):
    r = y - (X @ params["slope"] + params["intercept"])
    a = np.abs(r)
    loss = np.where(a <= delta, 0.5 * r**2, delta * (a - 0.5 * delta))
    return loss.sum() + lam * np.sum(params["slope"] ** 2)


@user(lambda rng, n: (rng.normal(size=5), rng.normal(size=(n, 5)), rng.normal(size=n), 0.3))
def smooth_lasso(w, A, b, alpha):
    residual = A @ w - b
    return 0.5 * residual @ residual / A.shape[0] + alpha * np.sum(np.sqrt(w**2 + 1e-6))


@user(
    lambda rng, n: (
        rng.normal(size=3),
        rng.normal(size=(3, 2)),
        np.tril(rng.normal(size=(3, 2, 2))),
        rng.normal(size=(n, 2)),
    ),
    argnums=(0, 1, 2),
    compiled=True,
)
def gaussian_mixture(alphas, means, Ls, x):
    """Precision factors with the logarithm of the diagonal stored on it (as ADBench)."""
    n, d = x.shape
    logdets = np.trace(Ls, axis1=1, axis2=2)
    diag = np.exp(np.diagonal(Ls, axis1=-2, axis2=-1))
    Q = np.tril(Ls, -1) + diag[..., None] * np.eye(d)
    centred = x[:, None, :] - means
    z = np.einsum("kij,nkj->nki", Q, centred)
    inner = alphas + logdets - 0.5 * np.sum(z**2, axis=2)
    return np.sum(logsumexp(inner, axis=1)) - n * logsumexp(alphas) - n * d / 2 * np.log(2 * np.pi)


@user(
    lambda rng, n: (
        np.array([0.3, -0.2, -1.0]),
        rng.normal(size=(n, 2)),
        rng.normal(size=n),
        rng.normal(size=n),
    ),
    sizes=(5, 7),
)
def gp_quadratic(log_theta, X, y, v):
    """A Gaussian process' kernel without a solve: the quadratic form and the trace."""
    amplitude, length, noise = np.exp(log_theta)
    sq = (X**2).sum(1)
    d2 = sq[:, None] + sq[None, :] - 2 * X @ X.T
    K = amplitude**2 * np.exp(-0.5 * np.maximum(d2, 0) / length**2)
    K[np.diag_indices(len(X))] += noise**2
    return 0.5 * y @ K @ y - v @ (K @ v) + 0.1 * np.trace(K) + np.log(np.diag(K)).sum()


@user(
    lambda rng, n: (
        rng.normal(size=(4, 3)),
        rng.normal(size=3),
        rng.normal(size=(n, 4)),
        rng.integers(0, 3, n),
    ),
    argnums=(0, 1),
    compiled=True,
)
def softmax_integer_labels(W, b, X, labels):
    logits = X @ W + b
    logits = logits - logits.max(axis=1, keepdims=True)
    logZ = np.log(np.exp(logits).sum(axis=1))
    correct = logits[range(len(labels)), labels]
    return (logZ - correct).mean()


@user(lambda rng, n: (rng.normal(size=(4, 3)), rng.normal(size=(n, 4)), rng.integers(0, 3, n)))
def softmax_one_hot(W, X, labels):
    onehot = np.eye(W.shape[1])[labels]
    return -np.sum(onehot * log_softmax(X @ W, axis=-1)) / X.shape[0]


@user(
    lambda rng, n: (
        rng.normal(size=3),
        rng.normal(size=(n, 3)),
        rng.exponential(size=n),
        rng.integers(0, 2, n).astype(bool),
    )
)
def cox_partial_likelihood(beta, X, times, event):
    order = np.argsort(-times)
    risk = X[order] @ beta
    log_at_risk = np.log(np.cumsum(np.exp(risk)))
    return -np.sum(np.where(event[order], risk - log_at_risk, 0.0)) / event.sum()


@user(lambda rng, n: (rng.normal(size=2), np.sort(rng.exponential(size=n)), rng.integers(0, 2, n)))
def weibull_censored(theta, t, d):
    k, lam = np.exp(theta)
    hazard = k / lam * (t / lam) ** (k - 1)
    cumulative = (t / lam) ** k
    steps = np.diff(np.concatenate(([0.0], t)))
    check = (hazard * steps).cumsum()[-1]
    return -(d * np.log(hazard) - cumulative).sum() + 1e-3 * check


@user(lambda rng, n: (np.array([0.5, 0.4, 1.3]), np.sort(rng.uniform(0, 5, n))))
def hawkes(theta, t):
    mu, alpha, beta = theta
    gaps = t[:, None] - t[None, :]
    past = np.tril(np.ones((len(t), len(t))), k=-1)
    excitation = (past * np.exp(-beta * np.maximum(gaps, 0.0))).sum(axis=1)
    intensity = mu + alpha * beta * excitation
    compensator = mu * t[-1] + alpha * np.sum(1 - np.exp(-beta * (t[-1] - t)))
    return compensator - np.sum(np.log(intensity))


@user(lambda rng, n: (rng.normal(size=4), rng.normal(0.01, 0.1, size=(n, 4))))
def sharpe_ratio(scores, returns):
    weights = np.exp(scores) / np.sum(np.exp(scores))
    r = returns @ weights
    turnover = np.abs(np.diff(weights)).sum()
    return -r.mean() / r.std(ddof=1) * np.sqrt(252) + 0.1 * turnover


def norm_cdf(x):
    return 0.5 * (1 + erf(x / math.sqrt(2)))


def black_scholes(S, K, T, r, sigma):
    d1 = (np.log(S / K) + (r + sigma**2 / 2) * T) / (sigma * np.sqrt(T))
    d2 = d1 - sigma * np.sqrt(T)
    return S * norm_cdf(d1) - K * np.exp(-r * T) * norm_cdf(d2)


@user(
    lambda rng, n: (0.2, rng.uniform(80, 120, n), rng.uniform(0.2, 2, n), rng.uniform(5, 20, n)),
    single=False,
)
def implied_volatility(sigma, K, T, price):
    return np.sum((black_scholes(100.0, K, T, r=0.02, sigma=sigma) - price) ** 2) / len(K)


@user(lambda rng, n: (rng.normal(size=3), rng.normal(size=(n, 3)), rng.integers(0, 4, n)))
def ordinal_regression(w, X, rating):
    cuts = np.cumsum(np.array([-1.0, 0.7, 0.9]))
    upper = np.append(cuts, np.inf)
    lower = np.insert(cuts, 0, -np.inf)
    eta = X @ w
    p = expit(upper[rating] - eta) - expit(lower[rating] - eta)
    return -np.log(p).sum()


@user(lambda rng, n: (rng.normal(size=4), np.linspace(0, 1, n), rng.normal(size=n)))
def polynomial_fit(c, x, y):
    fit = np.polyval(c, x)
    same = np.vander(x, len(c)) @ c
    return np.trapezoid((fit - y) ** 2, x) + ((same - y) ** 2).mean()


@user(lambda rng, n: (rng.normal(size=7), rng.uniform(0, 3, n), rng.normal(size=n)))
def interpolation(heights, x, y):
    knots = np.linspace(0.0, 3.0, heights.size)
    fit = np.interp(x, knots, heights)
    roughness = np.sum(np.diff(heights, n=2) ** 2)
    return ((fit - y) ** 2).sum() + 0.1 * roughness


@user(lambda rng, n: (rng.normal(size=(3, 2)), rng.normal(size=(n, 2))))
def soft_k_means(centres, X):
    d2 = ((X[:, np.newaxis] - centres[np.newaxis]) ** 2).sum(-1)
    r = np.exp(-2 * d2)
    r /= r.sum(axis=1, keepdims=True)
    return np.sum(r * d2) / X.shape[0]


@user(
    lambda rng, n: (
        rng.uniform(0.1, 1, (n, 3)),
        rng.uniform(0.1, 1, (3, 5)),
        rng.uniform(0.1, 1, (n, 5)),
    ),
    argnums=(0, 1),
)
def nmf_divergence(W, H, V):
    WH = np.dot(W, H)
    return np.sum(V * np.log(V / WH) - V + WH)


@user(
    lambda rng, n: (
        rng.normal(size=(n, 3)),
        rng.normal(size=(5, 3)),
        0.1 * rng.normal(size=n),
        rng.normal(size=(n, 5)),
        rng.random((n, 5)) < 0.6,
    ),
    argnums=(0, 1, 2),
)
def masked_factorisation(U, V, bias, R, observed):
    error = (R - (U @ V.T + bias[:, None]))[observed]
    return np.sum(error**2) / observed.sum() + 0.05 * (np.linalg.norm(U) ** 2 + (V * V).sum())


@user(lambda rng, n: (rng.normal(size=(4, 2)), rng.normal(size=(n, 4))))
def pca_reconstruction(W, X):
    X = X - X.mean(axis=0)
    W = W / np.linalg.norm(W, axis=0)
    X_hat = X @ W @ W.T
    return np.linalg.norm(X - X_hat, "fro") ** 2 / np.linalg.norm(X) ** 2


@user(
    lambda rng, n: (
        rng.normal(size=3),
        rng.normal(size=(n, 3)),
        rng.integers(0, 4, n),
        rng.normal(size=n),
        rng.normal(size=4),
    ),
    argnums=(0, 4),
)
def random_effects(beta, X, group, y, effects):
    mean = X @ beta + effects[group]
    totals = np.zeros(4)
    np.add.at(totals, group, (y - mean) ** 2)
    return totals.sum() + 0.5 * np.sum(totals / (1 + totals)) + (effects**2).sum()


@user(lambda rng, n: (np.array([0.1, 0.2, 0.3, 0.1]), rng.normal(size=n), rng.normal(size=n)))
def student_t_fit(p, x, y):
    a, b, log_scale, log_nu = p
    z = (y - a - b * x) / np.exp(log_scale)
    nu = 1 + np.exp(log_nu)
    return np.sum(0.5 * (nu + 1) * np.log1p(z**2 / nu) + log_scale + 0.5 * np.log(nu))


# The median of an odd number of values and of an even number are two programs.
@user(lambda rng, n: (rng.normal(size=2), rng.normal(size=n), rng.normal(size=n)), sizes=(6, 8))
def quantile_and_median(w, x, y):
    r = np.sort(y - w[0] - w[1] * x)
    inner = r[1:-1]
    return np.median(inner**2) + np.quantile(r, 0.8) + inner.mean()
