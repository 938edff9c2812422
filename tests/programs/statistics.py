"""Estimation: Kalman filters, hidden Markov models, likelihoods, chains, clusters."""

import numpy as np
from programs.case import Program


def kalman_scalar(y, q, r, a):
    mean, var = 0.0, 1.0
    loglik = 0.0
    for t in range(len(y)):
        mean = a * mean
        var = a * a * var + q
        innovation = y[t] - mean
        s = var + r
        gain = var / s
        mean = mean + gain * innovation
        var = (1 - gain) * var
        loglik -= 0.5 * (np.log(2 * np.pi * s) + innovation**2 / s)
    return loglik


def kalman_2d(y, A, H, Q, R):
    """Two states, two measurements, the 2x2 inverse written out; missing ones are skipped."""
    x = np.zeros(2)
    P = np.eye(2)
    loglik = 0.0
    for t in range(y.shape[0]):
        x = A @ x
        P = A @ P @ A.T + Q
        if t % 4 == 3:
            continue
        e = y[t] - H @ x
        S = H @ P @ H.T + R
        det = S[0, 0] * S[1, 1] - S[0, 1] * S[1, 0]
        Sinv = np.array([[S[1, 1], -S[0, 1]], [-S[1, 0], S[0, 0]]]) / det
        K = P @ H.T @ Sinv
        x = x + K @ e
        P = (np.eye(2) - K @ H) @ P
        loglik += -0.5 * (e @ Sinv @ e + np.log(det))
    return loglik


def kalman_solved(y, F, H, Q, R):
    """Any number of states and measurements, as it stands in textbooks."""
    x, P = np.zeros(F.shape[0]), np.eye(F.shape[0])
    total = 0.0
    for t in range(y.shape[0]):
        x = F @ x
        P = F @ P @ F.T + Q
        v = y[t] - H @ x
        S = H @ P @ H.T + R
        K = np.linalg.solve(S.T, H @ P.T).T
        x = x + K @ v
        P = (np.eye(len(x)) - K @ H) @ P
        total += v @ np.linalg.inv(S) @ v + np.log(np.linalg.det(S))
    return 0.5 * total + x @ np.linalg.solve(P, x)


def gaussian_factors(X, mean, cov):
    """The likelihood by a Cholesky factor, with a jitter that grows from turn to turn."""
    total = 0.0
    for k in range(3):
        L = np.linalg.cholesky(cov + 0.1 * k * np.eye(len(mean)))
        z = np.linalg.solve(L, (X - mean).T)
        sign, logdet = np.linalg.slogdet(cov @ cov + k * X.T @ X)
        total += np.sum(z * z) + 2 * np.sum(np.log(np.diag(L))) + sign * logdet
    return total


def rts_smoother(y, q, r):
    """A forward filter that is remembered, and the backward pass over it."""
    n = len(y)
    means, variances = np.empty(n), np.empty(n)
    predicted_means, predicted_variances = np.empty(n), np.empty(n)
    m, p = y[0], 1.0
    for t in range(n):
        m_pred, p_pred = 0.9 * m, 0.81 * p + q
        k = p_pred / (p_pred + r)
        m, p = m_pred + k * (y[t] - m_pred), (1 - k) * p_pred
        means[t], variances[t] = m, p
        predicted_means[t], predicted_variances[t] = m_pred, p_pred
    for t in range(n - 2, -1, -1):
        g = 0.9 * variances[t] / predicted_variances[t + 1]
        means[t] += g * (means[t + 1] - predicted_means[t + 1])
        variances[t] += g * g * (variances[t + 1] - predicted_variances[t + 1])
    return np.sum(means**2) + np.sum(np.log(variances))


def hmm_forward(log_start, log_trans, log_emit, observations):
    """In the log domain, the sum of exponentials by element loops."""
    k = len(log_start)
    alpha = np.empty(k)
    for i in range(k):
        alpha[i] = log_start[i] + log_emit[i, observations[0]]
    for o in observations[1:]:
        new = np.empty(k)
        for j in range(k):
            top = alpha[0] + log_trans[0, j]
            for i in range(1, k):
                v = alpha[i] + log_trans[i, j]
                if v > top:
                    top = v
            s = 0.0
            for i in range(k):
                s += np.exp(alpha[i] + log_trans[i, j] - top)
            new[j] = top + np.log(s) + log_emit[j, o]
        alpha = new
    return np.log(np.sum(np.exp(alpha - np.max(alpha)))) + np.max(alpha)


def hmm_scaled(start, trans, emit, observations):
    """Rabiner's scaling, forward and backward tables, posteriors."""
    n, k = len(observations), len(start)
    alpha, beta, c = np.zeros((n, k)), np.zeros((n, k)), np.zeros(n)
    alpha[0] = start * emit[:, observations[0]]
    c[0] = 1.0 / alpha[0].sum()
    alpha[0] *= c[0]
    for t in range(1, n):
        for j in range(k):
            alpha[t, j] = (alpha[t - 1] @ trans[:, j]) * emit[j, observations[t]]
        c[t] = 1.0 / np.sum(alpha[t])
        alpha[t] *= c[t]
    beta[n - 1] = c[n - 1]
    for t in range(n - 2, -1, -1):
        for i in range(k):
            for j in range(k):
                beta[t, i] += trans[i, j] * emit[j, observations[t + 1]] * beta[t + 1, j]
            beta[t, i] *= c[t]
    gamma = alpha * beta
    return -np.sum(np.log(c)) + np.sum(gamma[:, 0] ** 2)


def viterbi_score(start, trans, emit):
    """The best path, followed back through integer pointers, then scored again."""
    n, k = emit.shape
    score = start + emit[0]
    back = np.zeros((n, k), dtype=np.int64)
    for t in range(1, n):
        new = np.zeros(k)
        for j in range(k):
            best, arg = score[0] + trans[0, j], 0
            for i in range(1, k):
                if score[i] + trans[i, j] > best:
                    best, arg = score[i] + trans[i, j], i
            new[j] = best + emit[t, j]
            back[t, j] = arg
        score = new
    state = np.argmax(score)
    total = 0.0
    for t in range(n - 1, 0, -1):
        previous = back[t, state]
        total += emit[t, state] ** 2 + trans[previous, state]
        state = previous
    return total + start[state] + np.max(score)


def gaussian_mixture_em(x, means, weights):
    """Steps of expectation and maximisation, then the likelihood."""
    n, k = len(x), len(means)
    mu, w = means.copy(), weights.copy()
    for _ in range(3):
        total = np.zeros(k)
        moment = np.zeros(k)
        for i in range(n):
            p = np.empty(k)
            for j in range(k):
                p[j] = w[j] * np.exp(-0.5 * (x[i] - mu[j]) ** 2)
            p /= p.sum()
            total += p
            moment += p * x[i]
        mu = moment / total
        w = total / n
    loglik = 0.0
    for v in x:
        loglik += np.log(np.sum(w * np.exp(-0.5 * (v - mu) ** 2)))
    return loglik + mu[0] * mu[-1]


def metropolis(x0, scale, proposals, uniforms):
    """A chain with given random numbers; accepted moves carry the slope."""

    def energy(x):
        return 0.5 * (x / scale) ** 2 + np.cos(3 * x)

    x = x0
    e = energy(x)
    total = 0.0
    for i in range(len(proposals)):
        y = 0.8 * x + scale * proposals[i]
        e_new = energy(y)
        if np.log(uniforms[i]) < e - e_new:
            x, e = y, e_new
        total += x * x
    return total / len(proposals)


def kmeans(points, centres):
    """Lloyd's iterations: nearest centre by a loop, sums by index."""
    n, d = points.shape
    k = centres.shape[0]
    c = centres.copy()
    for _ in range(3):
        sums = np.zeros((k, d))
        counts = np.zeros(k)
        for i in range(n):
            best, label = np.inf, -1
            for j in range(k):
                dist = 0.0
                for a in range(d):
                    dist += (points[i, a] - c[j, a]) ** 2
                if dist < best:
                    best, label = dist, j
            sums[label] += points[i]
            counts[label] += 1.0
        for j in range(k):
            if counts[j] > 0:
                c[j] = 0.7 * sums[j] / counts[j] + 0.3 * c[j]
    return np.sum(c * c)


def gaussian_process_loglik(x, y, log_lengthscale, log_noise):
    n = len(x)
    lengthscale, noise = np.exp(log_lengthscale), np.exp(log_noise)
    K = np.zeros((n, n))
    for i in range(n):
        for j in range(i + 1):
            K[i, j] = np.exp(-0.5 * ((x[i] - x[j]) / lengthscale) ** 2)
        K[i, i] += noise
    z = np.zeros(n)
    logdet = 0.0
    for i in range(n):
        for j in range(i + 1):
            s = K[i, j] - K[i, :j] @ K[j, :j]
            K[i, j] = np.sqrt(s) if i == j else s / K[j, j]
        z[i] = (y[i] - K[i, :i] @ z[:i]) / K[i, i]
        logdet += np.log(K[i, i])
    return -0.5 * np.sum(z**2) - logdet


def density_estimate(x, data, bandwidth):
    total = 0.0
    for i in range(len(x)):
        density = 0.0
        for j in range(len(data)):
            u = (x[i] - data[j]) / bandwidth
            if abs(u) < 1.0:
                density += (1.0 - u * u) ** 3
        total += np.log(0.1 + density / len(data))
    return total


def cox_partial_likelihood(beta, features, times, events):
    """Risk sets by comparison of times; censored rows contribute to others only."""
    eta = features @ beta
    loglik = 0.0
    for i in range(len(times)):
        if not events[i]:
            continue
        risk = 0.0
        for j in range(len(times)):
            if times[j] >= times[i]:
                risk += np.exp(eta[j])
        loglik += eta[i] - np.log(risk)
    return loglik


def isotonic(y, w):
    """Pool adjacent violators, with a stack of blocks in arrays and its height in a variable."""
    n = len(y)
    value, weight = np.zeros(n), np.zeros(n)
    top = 0
    for i in range(n):
        value[top] = y[i]
        weight[top] = w[i]
        top += 1
        while top > 1 and value[top - 2] > value[top - 1]:
            both = weight[top - 2] + weight[top - 1]
            value[top - 2] = (
                weight[top - 2] * value[top - 2] + weight[top - 1] * value[top - 1]
            ) / both
            weight[top - 2] = both
            top -= 1
    total = 0.0
    for b in range(top):
        total += weight[b] * value[b] ** 2
    return total


def stochastic(rng, *shape):
    a = rng.uniform(0.2, 1.0, shape)
    return a / a.sum(-1, keepdims=True)


PROGRAMS = (
    Program(
        kalman_scalar, lambda r: (r.normal(size=10), 0.3, 0.5, 0.9), (0, 1, 2, 3), second_order=True
    ),
    Program(
        kalman_2d,
        lambda r: (
            r.normal(size=(9, 2)),
            np.array([[0.9, 0.2], [-0.1, 0.8]]),
            np.array([[1.0, 0.1], [0.3, 1.2]]),
            np.array([[0.3, 0.05], [0.05, 0.2]]),
            np.array([[0.5, 0.1], [0.1, 0.4]]),
        ),
        (0, 1, 2, 3, 4),
        second_order=True,
    ),
    Program(
        kalman_solved,
        lambda r: (
            r.normal(size=(6, 2)),
            np.eye(3) + 0.1 * r.normal(size=(3, 3)),
            r.normal(size=(2, 3)),
            0.3 * np.eye(3) + 0.05,
            0.5 * np.eye(2) + 0.1,
        ),
        (0, 1, 2, 3, 4),
        ("complex",),
        second_order=True,
    ),
    Program(
        gaussian_factors,
        lambda r: (r.normal(size=(6, 4)), r.normal(size=4), 2 * np.eye(4) + 0.3),
        (0, 1, 2),
        ("differences",),
        rtol=1e-6,
        second_order=True,
    ),
    Program(rts_smoother, lambda r: (r.normal(size=8), 0.3, 0.6), (0, 1, 2), second_order=True),
    Program(
        hmm_forward,
        lambda r: (
            np.log(stochastic(r, 3)),
            np.log(stochastic(r, 3, 3)),
            np.log(stochastic(r, 3, 4)),
            r.integers(0, 4, 7),
        ),
        (0, 1, 2),
        second_order=True,
    ),
    Program(
        hmm_scaled,
        lambda r: (stochastic(r, 3), stochastic(r, 3, 3), stochastic(r, 3, 4), r.integers(0, 4, 6)),
        (0, 1, 2),
    ),
    Program(
        viterbi_score,
        lambda r: (r.normal(size=3), r.normal(size=(3, 3)), r.normal(size=(6, 3))),
        (0, 1, 2),
    ),
    Program(
        gaussian_mixture_em,
        lambda r: (r.normal(size=8), np.array([-0.8, 0.9]), np.array([0.4, 0.6])),
        (0, 1, 2),
        second_order=True,
    ),
    Program(
        metropolis,
        lambda r: (0.3, 0.9, r.normal(size=12), r.uniform(size=12)),
        (0, 1, 2),
    ),
    Program(kmeans, lambda r: (r.normal(size=(9, 2)), r.normal(size=(3, 2))), (0, 1)),
    Program(
        gaussian_process_loglik,
        lambda r: (np.linspace(0, 3, 6), r.normal(size=6), -0.2, -1.0),
        (0, 1, 2, 3),
        second_order=True,
    ),
    Program(density_estimate, lambda r: (r.normal(size=4), r.normal(size=7), 0.8), (0, 1, 2)),
    Program(
        cox_partial_likelihood,
        lambda r: (
            r.normal(size=3),
            r.normal(size=(7, 3)),
            r.uniform(0, 5, 7),
            r.uniform(size=7) > 0.3,
        ),
        (0, 1),
    ),
    Program(isotonic, lambda r: (r.normal(size=9), r.uniform(0.5, 1.5, 9)), (0, 1)),
)
