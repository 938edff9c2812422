"""Ways of writing Python: classes, closures, partial, *args, comprehensions, out=."""

import functools
import math
import operator

import numpy as np
from scipy import special
from whole.users.case import user


def vector(rng, n):
    return (rng.uniform(-1, 1, n),)


@user(vector, compiled=True)
def rosenbrock(x):
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2.0) ** 2.0 + (1 - x[:-1]) ** 2.0)


@user(vector)
def ackley(x, a=20, b=0.2, c=2 * np.pi):
    n = len(x)
    first = -a * np.exp(-b * np.sqrt(np.sum(x**2) / n))
    return first - np.exp(np.cos(c * x).sum() / n) + a + math.e


@user(vector)
def griewank(x):
    i = np.arange(1, x.size + 1)
    return 1 + np.sum(x**2) / 4000 - np.prod(np.cos(x / np.sqrt(i)))


@user(lambda rng, n: (rng.normal(size=2),))
def himmelblau(z):
    x, y = z
    return (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2


class RidgeModel:
    def __init__(self, X, y, alpha=0.1):
        self.X, self.y = X, y
        self.alpha = alpha
        self.history = {"scale": 2.0}

    @property
    def n(self):
        return self.X.shape[0]

    def predict(self, w):
        return self.X @ w

    def penalty(self, w):
        return self.alpha * (w**2).sum()

    def loss(self, w):
        r = self.predict(w) - self.y
        return self.history["scale"] * (r @ r) / self.n + self.penalty(w)

    @staticmethod
    def squash(x):
        return np.tanh(x)


_RNG = np.random.default_rng(3)
MODEL = RidgeModel(_RNG.normal(size=(8, 4)), _RNG.normal(size=8))


@user(lambda rng, n: (rng.normal(size=4),))
def method_of_object(w):
    return MODEL.loss(w) + RidgeModel.squash(w).sum()


def powers(x, *exponents, scale=1.0, **weights):
    total = 0
    for p in exponents:
        total = total + scale * x**p
    for name, weight in weights.items():
        total += weight * getattr(np, name)(x)
    return total


scaled = functools.partial(powers, scale=0.5)


@user(vector)
def partial_and_star_arguments(x):
    return scaled(x, 2, 3, sin=0.3, cos=0.1).mean() + powers(x, *[1, 2]).sum()


def make_smoother(width):
    weights = np.hanning(2 * width + 1) + 0.1
    weights /= weights.sum()

    def smooth(x):
        return np.convolve(x, weights, mode="same")

    return smooth


smooth = make_smoother(1)


@user(vector)
def closure_over_data(x):
    return ((smooth(x) - x) ** 2).sum()


@user(lambda rng, n: ([rng.normal(size=(3, 3)) for _ in range(3)], rng.normal(size=(3, n))))
def chain_of_products(matrices, x):
    product = functools.reduce(np.matmul, matrices)
    traces = [np.trace(M) for M in matrices]
    norms = {f"layer{k}": np.sqrt((M**2).sum()) for k, M in enumerate(matrices)}
    return (product @ x).mean() + sum(traces) + max(1, len(norms)) * sum(norms.values())


@user(lambda rng, n: (rng.normal(size=(n, 4)),))
def out_arguments(x):
    y = np.empty_like(x)
    np.multiply(x, 2.0, out=y)
    np.add(y, x, out=y)
    np.tanh(y, y)
    total = np.zeros(4, dtype=x.dtype)
    y.sum(axis=0, out=total)
    total[total > 1] *= 0.5
    return total.dot(total)


@user(lambda rng, n: (rng.normal(size=(n, 3, 2)),))
def method_chaining(x):
    return (x - x.min()).clip(0.1, 2.5).reshape(x.shape[0], -1).cumsum(axis=1).std(axis=0).sum()


@user(lambda rng, n: (1.3, 0.4))
def scalar_math(x, y):
    r = math.sqrt(x * x + y * y)
    angle = math.atan2(y, x)
    return math.log(1 + r) * math.exp(-angle) + math.tanh(x) ** 2 - math.fabs(y) + abs(x - 2)


@user(lambda rng, n: (rng.uniform(0.1, 0.9, n), rng.uniform(0.1, 0.9, n)), argnums=(0, 1))
def special_functions(p, q):
    kl = special.rel_entr(p, q).sum() + special.xlogy(p, q).sum()
    probit = special.ndtr(special.logit(p))
    return (
        kl
        + np.sum(special.expit(q) * special.erf(p))
        + special.logsumexp(probit)
        + special.xlog1py(p, q).mean()
    )


@user(lambda rng, n: ((rng.normal(size=n), (rng.normal(size=(n, 2)), 0.5)), {"w": 2}))
def nested_arguments(tree, options):
    a, (B, c) = tree
    w = options.get("w", 1) + options.get("missing", 0)
    return w * c * np.sum(a[:, None] * B) + (B.T @ a)[0]


@user(lambda rng, n: (rng.normal(size=(n, 4)),))
def ellipsis_and_newaxis(x):
    y = x[..., ::-1][:, np.newaxis, 1:]
    first, *middle, last = x.T
    y[..., 0] += 1.0
    return np.sum(y**2) + np.dot(first, last) + sum(m.sum() for m in middle)


@user(lambda rng, n: (rng.normal(size=n), rng.normal(size=n)), argnums=(0, 1))
def operators_and_lambdas(x, y):
    combine = lambda a, b: operator.add(operator.mul(a, b), -b)  # noqa: E731
    steps = [lambda z: z * 2, np.sin, np.square, lambda z, k=0.3: z - k]
    for step in steps:
        x = step(x)
    positive = [v for v in (x, y) if v.ndim == 1 and v.shape[0] > 1]
    return np.sum(combine(*positive)) if len(positive) == 2 else 0.0


def energy(x, *, weights=(1.0, 0.5), power: int = 2):
    assert x.ndim == 2, f"expected a matrix, got {x.ndim} axes"
    if x.shape[1] < 2:
        raise ValueError("need two columns")
    return sum(w * np.sum(np.abs(x) ** (power + k)) for k, w in enumerate(weights))


@user(lambda rng, n: (rng.normal(size=(n, 3)),))
def checks_and_keywords(x):
    parts = {"plain": energy(x), "steep": energy(x, power=3)}
    try:
        scale = parts["missing"]
    except KeyError:
        scale = 0.1
    message = f"{len(parts)} parts of {x.shape}"
    return parts["plain"] + scale * parts["steep"] + 0.0 * len(message)
