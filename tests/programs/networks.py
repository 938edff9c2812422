"""Neural networks written out: recurrent cells, convolutions, attention, training by hand."""

import numpy as np
from programs.case import Program


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def vanilla_rnn(x, Wx, Wh, b, target):
    h = np.zeros(Wh.shape[0])
    loss = 0.0
    for t in range(x.shape[0]):
        h = np.tanh(Wx @ x[t] + Wh @ h + b)
        loss += np.sum((h - target[t]) ** 2)
    return loss


def lstm(x, W, U, b):
    """The four gates are slices of one vector."""
    n = U.shape[1]
    h, c = np.zeros(n), np.zeros(n)
    for t in range(len(x)):
        z = W @ x[t] + U @ h + b
        i = sigmoid(z[:n])
        f = sigmoid(z[n : 2 * n])
        o = sigmoid(z[2 * n : 3 * n])
        g = np.tanh(z[3 * n :])
        c = f * c + i * g
        h = o * np.tanh(c)
    return np.sum(h**2)


def lstm_elements(x, W, U, b):
    """The same cell by element loops, as one writes it for numba."""
    T, d = x.shape
    n = U.shape[1]
    h, c, z = np.zeros(n), np.zeros(n), np.zeros(4 * n)
    total = 0.0
    for t in range(T):
        for k in range(4 * n):
            s = b[k]
            for j in range(d):
                s += W[k, j] * x[t, j]
            for j in range(n):
                s += U[k, j] * h[j]
            z[k] = s
        for k in range(n):
            i = 1.0 / (1.0 + np.exp(-z[k]))
            f = 1.0 / (1.0 + np.exp(-z[n + k]))
            o = 1.0 / (1.0 + np.exp(-z[2 * n + k]))
            c[k] = f * c[k] + i * np.tanh(z[3 * n + k])
            h[k] = o * np.tanh(c[k])
            total += h[k] * h[k] / (1.0 + t)
    return total


def gru(x, p, y):
    """Parameters in a dict, sequences of a batch, logits at the end."""
    batch, T, _ = x.shape
    h = np.zeros((batch, p["U"].shape[0]))
    for t in range(T):
        r = sigmoid(x[:, t] @ p["Wr"] + h @ p["Ur"])
        z = sigmoid(x[:, t] @ p["Wz"] + h @ p["Uz"])
        new = np.tanh(x[:, t] @ p["W"] + (r * h) @ p["U"])
        h = (1 - z) * h + z * new
    logits = h @ p["V"]
    loss = 0.0
    for i in range(batch):
        top = np.max(logits[i])
        loss += np.log(np.sum(np.exp(logits[i] - top))) + top - logits[i, y[i]]
    return loss / batch


def convolution_1d(x, w, stride):
    n, k = len(x), len(w)
    out = np.zeros((n - k) // stride + 1)
    for i in range(len(out)):
        for j in range(k):
            out[i] += w[j] * x[i * stride + j]
    return np.sum(np.tanh(out))


def convolution_2d(image, kernel, bias):
    """Seven loops, relu, 2x2 maximum pooling."""
    channels, rows, cols = image.shape
    filters, _, kr, kc = kernel.shape
    out_rows, out_cols = rows - kr + 1, cols - kc + 1
    out = np.zeros((filters, out_rows, out_cols))
    for f in range(filters):
        for i in range(out_rows):
            for j in range(out_cols):
                acc = bias[f]
                for c in range(channels):
                    for a in range(kr):
                        for b in range(kc):
                            acc += kernel[f, c, a, b] * image[c, i + a, j + b]
                out[f, i, j] = acc if acc > 0 else 0.1 * acc
    pooled = 0.0
    for f in range(filters):
        for i in range(0, out_rows - 1, 2):
            for j in range(0, out_cols - 1, 2):
                top = out[f, i, j]
                for a in range(2):
                    for b in range(2):
                        if out[f, i + a, j + b] > top:
                            top = out[f, i + a, j + b]
                pooled += top * top
    return pooled


def convolution_2d_windows(image, kernel):
    """Each output is the sum of a window's product."""
    k = kernel.shape[0]
    n, m = image.shape[0] - k + 1, image.shape[1] - k + 1
    out = np.empty((n, m))
    for i in range(n):
        for j in range(m):
            out[i, j] = np.sum(image[i : i + k, j : j + k] * kernel)
    return np.sum(np.maximum(out, 0.0) ** 2)


def attention_elements(q, k, v):
    """Causal attention, the softmax written out."""
    n, d = q.shape
    out = np.zeros_like(v)
    scores = np.empty(n)
    for i in range(n):
        top = -np.inf
        for j in range(i + 1):
            s = 0.0
            for a in range(d):
                s += q[i, a] * k[j, a]
            scores[j] = s / np.sqrt(d)
            top = max(top, scores[j])
        total = 0.0
        for j in range(i + 1):
            scores[j] = np.exp(scores[j] - top)
            total += scores[j]
        for j in range(i + 1):
            for a in range(v.shape[1]):
                out[i, a] += scores[j] / total * v[j, a]
    return np.sum(out**3)


def attention_online(q, k, v):
    """Streaming softmax: the running maximum rescales what was summed."""
    n = q.shape[0]
    loss = 0.0
    for i in range(n):
        top = -1e9
        norm = 0.0
        acc = np.zeros(v.shape[1])
        for j in range(n):
            s = q[i] @ k[j]
            if s > top:
                scale = np.exp(top - s)
                acc *= scale
                norm *= scale
                top = s
            w = np.exp(s - top)
            acc += w * v[j]
            norm += w
        loss += np.sum((acc / norm) ** 2)
    return loss


def layered_network(layers, x):
    """A list of (weights, bias) pairs; the last layer is linear."""
    a = x
    for number, (W, b) in enumerate(layers):
        a = W @ a + b
        if number < len(layers) - 1:
            a = np.where(a > 0, a, 0.2 * a)
    return np.sum(a**2)


def trained_by_hand(W1, W2, x, y, rate):
    """The loss after steps of gradient descent whose backpropagation is written out."""
    W1, W2 = W1.copy(), W2.copy()
    for _ in range(3):
        dW1, dW2 = np.zeros_like(W1), np.zeros_like(W2)
        for n in range(len(x)):
            h = np.tanh(W1 @ x[n])
            e = W2 @ h - y[n]
            dW2 += np.outer(e, h)
            dW1 += np.outer((W2.T @ e) * (1 - h**2), x[n])
        W1 -= rate * dW1
        W2 -= rate * dW2
    out = np.tanh(x @ W1.T) @ W2.T
    return np.sum((out - y) ** 2)


def batch_norm_running(x, gamma, beta, momentum):
    mean, var = np.zeros(x.shape[2]), np.ones(x.shape[2])
    total = 0.0
    for batch in x:
        mean = momentum * mean + (1 - momentum) * batch.mean(axis=0)
        var = momentum * var + (1 - momentum) * batch.var(axis=0)
        y = gamma * (batch - mean) / np.sqrt(var + 1e-5) + beta
        total += np.sum(y**2)
    return total


def sequence_to_sequence(x, E, D, steps):
    """States are appended to a list; the decoder attends over the stack of them."""
    h = np.zeros(E.shape[0])
    states = []
    for t in range(x.shape[0]):
        h = np.tanh(E @ h + x[t])
        states.append(h)
    memory = np.stack(states)
    s = h
    loss = 0.0
    for _ in range(steps):
        w = np.exp(memory @ s)
        w = w / w.sum()
        s = np.tanh(D @ s + w @ memory)
        loss += np.sum(s**2)
    return loss


def hopfield(patterns, state, beta):
    """Asynchronous updates until the state hardly moves."""
    n = len(state)
    s = state.copy()
    for sweep in range(20):
        moved = 0.0
        for i in range(n):
            field = 0.0
            for p in patterns:
                overlap = 0.0
                for j in range(n):
                    if j != i:
                        overlap += p[j] * s[j]
                field += p[i] * overlap / n
            new = np.tanh(beta * field)
            moved += (new - s[i]) ** 2
            s[i] = new
        if moved < 1e-3:
            break
    return np.sum(s * np.arange(n))


def recurrent(rng, x, h):
    return (
        rng.normal(size=(4, x)),
        0.5 * rng.normal(size=(4 * h, x)),
        0.5 * rng.normal(size=(4 * h, h)),
        0.1 * rng.normal(size=4 * h),
    )


def gru_arguments(rng):
    shapes = {"Wr": (3, 4), "Ur": (4, 4), "Wz": (3, 4), "Uz": (4, 4), "W": (3, 4), "U": (4, 4)}
    p = {name: 0.5 * rng.normal(size=shape) for name, shape in shapes.items()}
    p["V"] = rng.normal(size=(4, 3))
    return rng.normal(size=(2, 5, 3)), p, np.array([0, 2])


PROGRAMS = (
    Program(
        vanilla_rnn,
        lambda r: (
            r.normal(size=(5, 3)),
            r.normal(size=(4, 3)),
            0.5 * r.normal(size=(4, 4)),
            r.normal(size=4),
            r.normal(size=(5, 4)),
        ),
        (0, 1, 2, 3, 4),
        second_order=True,
    ),
    Program(lstm, lambda r: recurrent(r, 3, 4), (0, 1, 2, 3), second_order=True),
    Program(lstm_elements, lambda r: recurrent(r, 2, 3), (0, 1, 2, 3), second_order=True),
    Program(gru, gru_arguments, (0, 1)),
    Program(convolution_1d, lambda r: (r.normal(size=11), r.normal(size=3), 2), (0, 1)),
    Program(
        convolution_2d,
        lambda r: (r.normal(size=(2, 6, 5)), r.normal(size=(2, 2, 3, 2)), r.normal(size=2)),
        (0, 1, 2),
    ),
    Program(
        convolution_2d_windows,
        lambda r: (r.normal(size=(6, 7)), r.normal(size=(3, 3))),
        (0, 1),
        second_order=True,
    ),
    Program(
        attention_elements,
        lambda r: (r.normal(size=(5, 3)), r.normal(size=(5, 3)), r.normal(size=(5, 2))),
        (0, 1, 2),
        second_order=True,
    ),
    Program(
        attention_online,
        lambda r: (r.normal(size=(4, 3)), r.normal(size=(4, 3)), r.normal(size=(4, 2))),
        (0, 1, 2),
    ),
    Program(
        layered_network,
        lambda r: (
            [
                (r.normal(size=(4, 3)), r.normal(size=4)),
                (r.normal(size=(5, 4)), r.normal(size=5)),
                (r.normal(size=(2, 5)), r.normal(size=2)),
            ],
            r.normal(size=3),
        ),
        (0, 1),
    ),
    Program(
        trained_by_hand,
        lambda r: (
            r.normal(size=(4, 3)),
            r.normal(size=(2, 4)),
            r.normal(size=(5, 3)),
            r.normal(size=(5, 2)),
            0.05,
        ),
        (0, 1, 2, 3, 4),
        second_order=True,
    ),
    Program(
        batch_norm_running,
        lambda r: (r.normal(size=(3, 4, 2)), r.normal(size=2), r.normal(size=2), 0.8),
        (0, 1, 2, 3),
        kinds=("wide", "differences"),  # the variance of complex numbers is another one
    ),
    Program(
        sequence_to_sequence,
        lambda r: (r.normal(size=(5, 3)), r.normal(size=(3, 3)), r.normal(size=(3, 3)), 3),
        (0, 1, 2),
    ),
    Program(hopfield, lambda r: (r.normal(size=(2, 5)), r.normal(size=5), 1.2), (0, 1, 2)),
)
