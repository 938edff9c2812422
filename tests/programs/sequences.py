"""Alignments, run lengths, and other dynamic programs over sequences."""

import numpy as np
from programs.case import Program


def dynamic_time_warping(a, b):
    n, m = len(a), len(b)
    D = np.full((n + 1, m + 1), np.inf)
    D[0, 0] = 0.0
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            cost = (a[i - 1] - b[j - 1]) ** 2
            D[i, j] = cost + min(D[i - 1, j], D[i, j - 1], D[i - 1, j - 1])
    return np.sqrt(D[n, m])


def banded_warping(a, b, width):
    """Two rows, a band, and indices clipped by max and min of integers."""
    n, m = len(a), len(b)
    previous = np.full(m + 1, 1e6)
    previous[0] = 0.0
    for i in range(1, n + 1):
        current = np.full(m + 1, 1e6)
        for j in range(max(1, i - width), min(m, i + width) + 1):
            best = previous[j - 1]
            if previous[j] < best:
                best = previous[j]
            if current[j - 1] < best:
                best = current[j - 1]
            current[j] = abs(a[i - 1] - b[j - 1]) + best
        previous = current
    return previous[m]


def soft_warping(a, b, gamma):
    """The smooth minimum of three, with its own shift."""
    n, m = len(a), len(b)
    R = np.zeros((n + 1, m + 1)) + 1e4
    R[0, 0] = 0.0
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            r0, r1, r2 = -R[i - 1, j - 1] / gamma, -R[i - 1, j] / gamma, -R[i, j - 1] / gamma
            top = max(r0, r1, r2)
            s = np.exp(r0 - top) + np.exp(r1 - top) + np.exp(r2 - top)
            R[i, j] = (a[i - 1] - b[j - 1]) ** 2 - gamma * (np.log(s) + top)
    return R[n, m]


def local_alignment(scores, gap):
    """Smith-Waterman: scores that start again at zero; the best one anywhere."""
    n, m = scores.shape
    H = np.zeros((n + 1, m + 1))
    best = 0.0
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            h = max(0.0, H[i - 1, j - 1] + scores[i - 1, j - 1])
            h = max(h, H[i - 1, j] - gap)
            h = max(h, H[i, j - 1] - gap)
            H[i, j] = h
            if h > best:
                best = h
    return best + 0.01 * np.sum(H)


def soft_edit_distance(a, b, insert, delete):
    """Words of vectors, a smooth cost of replacing."""
    n, m = a.shape[0], b.shape[0]
    row = [insert * j for j in range(m + 1)]
    for i in range(n):
        last = row
        row = [last[0] + delete]
        for j in range(m):
            replace = last[j] + 1.0 - np.exp(-np.sum((a[i] - b[j]) ** 2))
            row.append(min(replace, last[j + 1] + delete, row[j] + insert))
    return row[-1]


def affine_gaps(s, open_gap, extend):
    n, m = s.shape
    low = -1e3
    M = np.full((n + 1, m + 1), low)
    X = np.full((n + 1, m + 1), low)
    Y = np.full((n + 1, m + 1), low)
    M[0, 0] = 0.0
    for i in range(1, n + 1):
        X[i, 0] = -open_gap - (i - 1) * extend
    for j in range(1, m + 1):
        Y[0, j] = -open_gap - (j - 1) * extend
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            M[i, j] = s[i - 1, j - 1] + max(M[i - 1, j - 1], X[i - 1, j - 1], Y[i - 1, j - 1])
            X[i, j] = max(M[i - 1, j] - open_gap, X[i - 1, j] - extend)
            Y[i, j] = max(M[i, j - 1] - open_gap, Y[i, j - 1] - extend)
    return max(M[n, m], X[n, m], Y[n, m])


def run_lengths(x, threshold):
    """Runs above a threshold count by their length and by their mean."""
    total = 0.0
    length = 0
    area = 0.0
    for i in range(len(x)):
        if x[i] > threshold:
            length += 1
            area += x[i] - threshold
        elif length > 0:
            total += length * (area / length) ** 2
            length = 0
            area = 0.0
    if length > 0:
        total += length * (area / length) ** 2
    return total


def longest_run(x):
    """The sum over the longest increasing run, whose place is found first."""
    start, best_start, best_length = 0, 0, 1
    for i in range(1, len(x)):
        if x[i] <= x[i - 1]:
            start = i
        if i - start + 1 > best_length:
            best_start, best_length = start, i - start + 1
    total = 0.0
    for i in range(best_start, best_start + best_length):
        total += x[i] ** 2
    return total / best_length


def run_length_encoding(x, tolerance):
    """Compress to lists of values and counts, then decode again."""
    values = np.zeros(len(x))
    counts = np.zeros(len(x), dtype=np.int64)
    n = 0
    i = 0
    while i < len(x):
        total, j = x[i], i + 1
        while j < len(x) and abs(x[j] - x[i]) < tolerance:
            total += x[j]
            j += 1
        values[n] = total / (j - i)
        counts[n] = j - i
        n += 1
        i = j
    decoded = np.zeros(len(x))
    at = 0
    for k in range(n):
        for _ in range(counts[k]):
            decoded[at] = values[k] * (k + 1)
            at += 1
    return np.sum(decoded**2)


def peaks(signal, floor):
    """Heights of local maxima and the distances between them."""
    last = -1
    score = 0.0
    for i in range(1, len(signal) - 1):
        if signal[i] > floor and signal[i - 1] < signal[i] > signal[i + 1]:
            if last >= 0:
                score += (signal[i] - signal[last]) ** 2 / (i - last)
            else:
                score += signal[i]
            last = i
    return score


def ctc_loss(logits, labels, blank):
    """Connectionist temporal classification, probabilities scaled at each step."""
    T = logits.shape[0]
    S = 2 * len(labels) + 1
    alpha = np.zeros(S)
    loss = 0.0
    for t in range(T):
        p = np.exp(logits[t] - np.max(logits[t]))
        p /= np.sum(p)
        new = np.zeros(S)
        for s in range(S):
            symbol = blank if s % 2 == 0 else labels[s // 2]
            if t == 0:
                if s < 2:
                    new[s] = p[symbol]
                continue
            a = alpha[s]
            if s > 0:
                a += alpha[s - 1]
            if s > 1 and s % 2 == 1 and labels[s // 2] != labels[s // 2 - 1]:
                a += alpha[s - 2]
            new[s] = a * p[symbol]
        scale = np.sum(new)
        loss -= np.log(scale)
        alpha = new / scale
    return loss - np.log(alpha[S - 1] + alpha[S - 2])


def chain_crf(unary, pairwise, labels):
    n = unary.shape[0]
    score = unary[0, labels[0]]
    for t in range(1, n):
        score += unary[t, labels[t]] + pairwise[labels[t - 1], labels[t]]
    alpha = unary[0]
    for t in range(1, n):
        m = alpha[:, None] + pairwise
        top = m.max(axis=0)
        alpha = unary[t] + top + np.log(np.exp(m - top).sum(axis=0))
    return np.log(np.exp(alpha).sum()) - score


def matrix_chain(d):
    """The cheapest order of products: intervals by length."""
    n = len(d) - 1
    cost = np.zeros((n, n))
    for length in range(2, n + 1):
        for i in range(n - length + 1):
            j = i + length - 1
            cost[i, j] = np.inf
            for k in range(i, j):
                c = cost[i, k] + cost[k + 1, j] + d[i] * d[k + 1] * d[j + 1]
                if c < cost[i, j]:
                    cost[i, j] = c
    return cost[0, n - 1]


def soft_knapsack(values, weights, capacity):
    """Capacity counted down, as the one-row table needs it."""
    best = np.zeros(capacity + 1)
    for i in range(len(values)):
        for c in range(capacity, weights[i] - 1, -1):
            best[c] = np.logaddexp(best[c], best[c - weights[i]] + values[i])
    return best[capacity]


PROGRAMS = (
    Program(dynamic_time_warping, lambda r: (r.normal(size=6), r.normal(size=7)), (0, 1)),
    Program(banded_warping, lambda r: (r.normal(size=7), r.normal(size=8), 2), (0, 1)),
    Program(
        soft_warping,
        lambda r: (r.normal(size=5), r.normal(size=6), 0.7),
        (0, 1, 2),
        second_order=True,
    ),
    Program(local_alignment, lambda r: (r.normal(size=(6, 5)), 0.3), (0, 1)),
    Program(
        soft_edit_distance,
        lambda r: (0.5 * r.normal(size=(4, 2)), 0.5 * r.normal(size=(5, 2)), 0.6, 0.7),
        (0, 1, 2, 3),
        tags=frozenset({"unrolled"}),
    ),
    Program(affine_gaps, lambda r: (r.normal(size=(5, 6)), 0.8, 0.2), (0, 1, 2)),
    Program(run_lengths, lambda r: (r.normal(size=16), -0.1), (0, 1), second_order=True),
    Program(longest_run, lambda r: (r.normal(size=14),)),
    Program(
        run_length_encoding,
        lambda r: (np.repeat([0.3, 1.1, -0.4, 0.9], [3, 1, 4, 2]) + 0.02 * r.normal(size=10), 0.3),
        (0,),
    ),
    Program(peaks, lambda r: (r.normal(size=15), -0.2), (0,)),
    Program(
        ctc_loss,
        lambda r: (r.normal(size=(7, 4)), np.array([1, 2, 2]), 0),
        (0,),
        second_order=True,
    ),
    Program(
        chain_crf,
        lambda r: (r.normal(size=(6, 3)), r.normal(size=(3, 3)), r.integers(0, 3, 6)),
        (0, 1),
        second_order=True,
    ),
    Program(matrix_chain, lambda r: (r.uniform(1, 5, 7),)),
    Program(
        soft_knapsack,
        lambda r: (r.normal(size=4), np.array([2, 3, 1, 4]), 7),
        (0,),
        kinds=("wide", "differences"),
    ),
)
