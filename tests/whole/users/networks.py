"""Networks as written in plain NumPy."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.special import expit, softmax
from whole.users.case import user


def relu(x):
    return np.maximum(0, x)


def gelu(x):
    return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))


def layers(rng, *sizes):
    return [
        (rng.normal(size=(m, n)) / np.sqrt(m), 0.1 * rng.normal(size=n))
        for m, n in zip(sizes, sizes[1:])
    ]


@user(
    lambda rng, n: (layers(rng, 3, 5, 4, 2), rng.normal(size=(n, 3)), rng.normal(size=(n, 2))),
    compiled=True,
)
def mlp_list(params, x, y):
    activations = [x]
    for i, (W, b) in enumerate(params):
        x = x @ W + b
        if i < len(params) - 1:
            x = np.tanh(x)
        activations.append(x)
    penalty = sum(np.sum(W**2) for W, _ in params)
    return np.mean((activations[-1] - y) ** 2) + 1e-3 * penalty


@user(
    lambda rng, n: (
        {
            "W1": rng.normal(size=(3, 4)),
            "b1": rng.normal(size=4),
            "W2": rng.normal(size=(4, 2)),
            "b2": rng.normal(size=2),
        },
        {"x": rng.normal(size=(n, 3)), "y": rng.integers(0, 2, n)},
    )
)
def mlp_dict(p, batch):
    h = relu(batch["x"] @ p["W1"] + p["b1"])
    logits = h @ p["W2"] + p["b2"]
    logp = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
    nll = -np.take_along_axis(logp, batch["y"][:, None], axis=1).mean()
    decay = sum((v**2).sum() for k, v in p.items() if k.startswith("W"))
    return nll + 1e-2 * decay


@dataclass
class Dense:
    W: np.ndarray
    b: np.ndarray
    name: str = "dense"

    def __call__(self, x):
        return x @ self.W + self.b


@dataclass
class Net:
    first: Dense
    second: Dense

    def forward(self, x):
        return self.second(gelu(self.first(x)))


@user(
    lambda rng, n: (
        Net(
            Dense(rng.normal(size=(3, 4)), rng.normal(size=4)),
            Dense(rng.normal(size=(4, 1)), rng.normal(size=1), "out"),
        ),
        rng.normal(size=(n, 3)),
        rng.normal(size=n),
    )
)
def mlp_dataclass(net, x, y):
    return np.square(net.forward(x).squeeze(-1) - y).mean()


class Cell(NamedTuple):
    Wx: np.ndarray
    Wh: np.ndarray
    b: np.ndarray


def lstm_step(cell, h, c, x):
    gates = x @ cell.Wx + h @ cell.Wh + cell.b
    i, f, g, o = np.split(gates, 4, axis=-1)
    c = expit(f) * c + expit(i) * np.tanh(g)
    h = expit(o) * np.tanh(c)
    return h, c


@user(
    lambda rng, n: (
        Cell(rng.normal(size=(2, 12)), rng.normal(size=(3, 12)), rng.normal(size=12)),
        rng.normal(size=(n, 5, 2)),
        rng.normal(size=(n, 3)),
    ),
    compiled=True,
)
def lstm_unrolled(cell, sequence, target):
    hidden = cell.Wh.shape[0]
    h = np.zeros((sequence.shape[0], hidden))
    c = np.zeros_like(h)
    outputs = []
    for t in range(5):
        h, c = lstm_step(cell, h, c, sequence[:, t])
        outputs.append(h)
    return np.mean((np.stack(outputs, axis=1).mean(axis=1) - target) ** 2)


@user(
    lambda rng, n: (
        {k: rng.normal(size=(8, 8)) / 3 for k in ("q", "k", "v", "o")},
        rng.normal(size=(n, 4, 8)),
    ),
    sizes=(2, 3),
    compiled=True,
)
def multi_head_attention(params, x, heads=2):
    B, T, D = x.shape

    def split(z):
        return z.reshape(B, T, heads, D // heads).transpose(0, 2, 1, 3)

    q, k, v = (split(x @ params[name]) for name in "qkv")
    scores = q @ k.swapaxes(-1, -2) / np.sqrt(D // heads)
    mask = np.triu(np.ones((T, T), dtype=bool), k=1)
    scores = np.where(mask, -1e9, scores)
    attention = softmax(scores, axis=-1)
    out = (attention @ v).transpose(0, 2, 1, 3).reshape(B, T, D) @ params["o"]
    return (out**2).mean()


@user(lambda rng, n: (rng.normal(size=(2, 6, 6)), rng.normal(size=(n, 6))))
def attention_einsum(W, x):
    q, k = np.einsum("cij,tj->cti", W, x)
    logits = np.einsum("ti,si->ts", q, k) / np.sqrt(q.shape[-1])
    w = np.exp(logits - logits.max(-1, keepdims=True))
    w = w / w.sum(-1, keepdims=True)
    return np.einsum("ts,sd,td->", w, x, x) / x.shape[0]


@user(
    lambda rng, n: (rng.normal(size=6), rng.normal(size=6), rng.normal(size=(n, 4, 6))),
    argnums=(0, 1, 2),
)
def layer_norm(gamma, beta, x, eps=1e-5):
    mu = x.mean(axis=-1, keepdims=True)
    var = ((x - mu) ** 2).mean(axis=-1, keepdims=True)
    y = gamma * (x - mu) / np.sqrt(var + eps) + beta
    return np.sum(np.sin(y))


@user(
    lambda rng, n: (rng.normal(size=4), rng.normal(size=4), rng.normal(size=(n, 4))),
    argnums=(0, 1, 2),
    compiled=True,
)
def batch_norm(gamma, beta, x):
    xhat = (x - x.mean(0)) / np.sqrt(x.var(axis=0) + 1e-5)
    return np.sum(np.tanh(gamma * xhat + beta))


@user(
    lambda rng, n: (
        layers(rng, 4, 6, 1),
        rng.normal(size=(n, 4)),
        (rng.random((n, 6)) < 0.8).astype(float),
    )
)
def dropout_mask(params, x, mask, keep=0.8):
    (W1, b1), (W2, b2) = params
    h = relu(np.dot(x, W1) + b1)
    h *= mask / keep
    return (np.dot(h, W2) + b2).mean()


@user(
    lambda rng, n: (
        rng.normal(size=(7, 3)),
        rng.normal(size=(3, 7)),
        rng.integers(0, 7, (n, 4)),
        rng.integers(0, 7, n),
    ),
    argnums=(0, 1),
)
def word_embeddings(E, W, context, target):
    bag = E[context].mean(axis=1)
    logits = bag @ W
    logits -= logits.max(axis=1, keepdims=True)
    p = np.exp(logits)
    p /= p.sum(axis=1, keepdims=True)
    return -np.log(p[np.arange(p.shape[0]), target]).mean()


@user(
    lambda rng, n: (
        {"enc": rng.normal(size=(5, 4)), "dec": rng.normal(size=(2, 5))},
        rng.random((n, 5)),
        rng.normal(size=(n, 2)),
    )
)
def variational_autoencoder(params, x, noise):
    stats = x @ params["enc"]
    mu, logvar = stats[:, :2], stats[:, 2:]
    z = mu + np.exp(0.5 * logvar) * noise
    logits = z @ params["dec"]
    reconstruction = np.sum(np.logaddexp(0, logits) - x * logits, axis=1)
    kl = -0.5 * np.sum(1 + logvar - mu**2 - np.exp(logvar), axis=1)
    return (reconstruction + kl).mean()


@user(lambda rng, n: (rng.normal(size=(n, 4)), rng.normal(size=(n, 4))), argnums=(0, 1))
def contrastive(a, b, temperature=0.2):
    a = a / np.linalg.norm(a, axis=1, keepdims=True)
    b = b / np.linalg.norm(b, axis=1, keepdims=True)
    sim = a @ b.T / temperature
    rows = sim - np.log(np.exp(sim).sum(axis=1, keepdims=True))
    columns = sim - np.log(np.exp(sim).sum(axis=0))
    return -0.5 * (np.mean(np.diag(rows)) + np.mean(np.diag(columns)))


@user(
    lambda rng, n: (
        rng.normal(size=(3, 3)),
        rng.normal(size=(4, n, 3)),
        rng.integers(0, 3, (4, n)),
    ),
    argnums=(0, 1),
)
def crf(transitions, unary, tags):
    """Linear chain over four positions: the partition function minus the tagged path."""
    alpha = unary[0]
    score = unary[0][np.arange(tags.shape[1]), tags[0]]
    for t in range(1, 4):
        both = alpha[:, :, None] + transitions + unary[t][:, None, :]
        alpha = np.log(np.exp(both - both.max()).sum(axis=1)) + both.max()
        score = score + transitions[tags[t - 1], tags[t]]
        score += np.take_along_axis(unary[t], tags[t][:, None], 1)[:, 0]
    return np.mean(np.log(np.exp(alpha).sum(-1)) - score)


@user(
    lambda rng, n: (
        rng.normal(size=(3, 5)),
        rng.normal(size=(3, 4)),
        rng.normal(size=(n, 4)),
        rng.normal(size=(n, 5)),
    ),
    argnums=(0, 1),
)
def radial_basis_network(weights, centres, X, Y):
    r2 = np.sum((X[:, None, :] - centres[None, :, :]) ** 2, axis=2)
    phi = np.exp(-r2 / (2.0 * 1.5**2))
    return np.linalg.norm(phi.dot(weights) - Y) / X.shape[0]


@user(lambda rng, n: (rng.normal(size=(5, 5)), rng.integers(0, 2, (n, 5)).astype(float)))
def boltzmann_pseudolikelihood(W, v):
    J = (W + W.T) / 2
    J = J - np.diag(np.diag(J))
    field = v @ J
    return -np.mean(np.sum(v * field - np.log1p(np.exp(field)), axis=1))


@user(
    lambda rng, n: (
        rng.normal(size=(4, 3)),
        rng.normal(size=(n, 4)),
        np.triu(rng.random((n, n)) < 0.5, 1).astype(float),
    )
)
def graph_convolution(W, H, A):
    A = A + A.T + np.eye(A.shape[0])
    d = A.sum(axis=1)
    norm = A / np.sqrt(np.outer(d, d))
    out = relu(norm @ H @ W)
    return np.sum(out**2) / len(H)


@user(lambda rng, n: (rng.normal(size=(4, 8)), rng.normal(size=(n, 5, 4))), sizes=(2, 3))
def rotary_positions(W, x):
    q = x @ W
    B, T, D = q.shape
    pairs = q.reshape(B, T, D // 2, 2)
    angle = np.arange(T)[:, None] / 10000 ** (np.arange(D // 2) / (D // 2))
    c, s = np.cos(angle), np.sin(angle)
    rotated = np.stack(
        [pairs[..., 0] * c - pairs[..., 1] * s, pairs[..., 0] * s + pairs[..., 1] * c], axis=-1
    ).reshape(q.shape)
    return np.sum(np.einsum("btd,bsd->bts", rotated, q)) / (B * T)
