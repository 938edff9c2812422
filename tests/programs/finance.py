"""Options on trees and paths, rates, risk."""

import math

import numpy as np
from programs.case import Program
from scipy.special import ndtr


def american_put_tree(s0, strike, rate, sigma):
    """Cox, Ross and Rubinstein, early exercise by a comparison at each node."""
    n, T = 12, 1.0
    dt = T / n
    u = np.exp(sigma * np.sqrt(dt))
    d = 1.0 / u
    p = (np.exp(rate * dt) - d) / (u - d)
    discount = np.exp(-rate * dt)
    values = np.zeros(n + 1)
    for j in range(n + 1):
        values[j] = max(strike - s0 * u**j * d ** (n - j), 0.0)
    for i in range(n - 1, -1, -1):
        for j in range(i + 1):
            hold = discount * (p * values[j + 1] + (1 - p) * values[j])
            exercise = strike - s0 * u**j * d ** (i - j)
            if exercise > hold:
                values[j] = exercise
            else:
                values[j] = hold
    return values[0]


def european_tree_vector(s0, strike, rate, sigma):
    """The same recursion on slices that shrink."""
    n = 10
    dt = 0.1
    u = math.exp(sigma * math.sqrt(dt))
    p = (math.exp(rate * dt) - 1 / u) / (u - 1 / u)
    prices = s0 * u ** (2.0 * np.arange(n + 1) - n)
    v = np.maximum(prices - strike, 0.0)
    for i in range(n, 0, -1):
        v = math.exp(-rate * dt) * (p * v[1 : i + 1] + (1 - p) * v[:i])
    return v[0]


def early_exercise_paths(s0, strike, rate, sigma, barrier, normals):
    """Monte Carlo; the holder stops at the first time that a threshold is crossed."""
    paths, steps = normals.shape
    dt = 1.0 / steps
    total = 0.0
    for i in range(paths):
        s = s0
        payoff = 0.0
        for t in range(steps):
            s = s * np.exp((rate - 0.5 * sigma**2) * dt + sigma * np.sqrt(dt) * normals[i, t])
            if strike - s > barrier or t == steps - 1:
                if s < strike:
                    payoff = np.exp(-rate * (t + 1) * dt) * (strike - s)
                break
        total += payoff
    return total / paths


def barrier_option(s0, sigma, barrier, normals):
    """Knocked out paths are left early and pay a rebate."""
    total = 0.0
    for path in normals:
        s = s0
        for z in path:
            s *= 1.0 + 0.01 + sigma * z
            if s > barrier:
                total += 0.05 * s
                break
        else:
            if s > 1.0:
                total += s - 1.0
    return total / len(normals)


def asian_option(s0, sigma, normals):
    n, m = normals.shape
    payoffs = np.zeros(n)
    for i in range(n):
        s, average = s0, 0.0
        for j in range(m):
            s *= np.exp(-0.5 * sigma * sigma / m + sigma * normals[i, j] / np.sqrt(m))
            average += (s - average) / (j + 1)
        payoffs[i] = np.maximum(average - 1.0, 0.0)
    return np.mean(payoffs) + 0.1 * np.std(payoffs)


def black_scholes(s, k, t, r, sigma):
    """Calls and puts of a book, by a flag."""
    total = 0.0
    for i in range(len(k)):
        d1 = (np.log(s / k[i]) + (r + 0.5 * sigma**2) * t[i]) / (sigma * np.sqrt(t[i]))
        d2 = d1 - sigma * np.sqrt(t[i])
        call = s * ndtr(d1) - k[i] * np.exp(-r * t[i]) * ndtr(d2)
        if i % 2 == 0:
            total += call
        else:
            total += call - s + k[i] * np.exp(-r * t[i])
    return total


def implied_volatility(price, s, k):
    """Newton's method on the Black-Scholes formula until it fits."""
    sigma = 0.4
    for _ in range(50):
        d1 = np.log(s / k) / sigma + 0.5 * sigma
        value = s * ndtr(d1) - k * ndtr(d1 - sigma)
        vega = s * np.exp(-0.5 * d1 * d1) / np.sqrt(2 * np.pi)
        if np.abs(value - price) < 1e-10:
            break
        sigma = sigma - (value - price) / vega
    return sigma


def heston_paths(v0, kappa, theta, xi, normals):
    """Full truncation: variances that go below zero are clipped."""
    n, m, _ = normals.shape
    dt = 1.0 / m
    total = 0.0
    for i in range(n):
        x, v = 0.0, v0
        for t in range(m):
            vp = v if v > 0.0 else 0.0
            x += -0.5 * vp * dt + np.sqrt(vp * dt) * normals[i, t, 0]
            v += kappa * (theta - vp) * dt + xi * np.sqrt(vp * dt) * normals[i, t, 1]
        total += np.exp(x) ** 2
    return total / n


def loan(principal, rate, payment):
    """Months until the loan is paid; the last payment is smaller."""
    balance, interest, month = principal, 0.0, 0
    while balance > 0:
        charge = balance * rate
        interest += charge
        if balance + charge <= payment:
            interest += 0.01 * (balance + charge)
            balance = 0.0
        else:
            balance += charge - payment
        month += 1
    return interest + 0.1 * month


def bootstrap_curve(swap_rates):
    """Discount factors one by one; a recursion over all earlier ones."""
    n = len(swap_rates)
    discount = np.zeros(n)
    for i in range(n):
        annuity = 0.0
        for j in range(i):
            annuity += discount[j]
        discount[i] = (1.0 - swap_rates[i] * annuity) / (1.0 + swap_rates[i])
    forward = np.zeros(n)
    forward[0] = 1.0 / discount[0] - 1.0
    forward[1:] = discount[:-1] / discount[1:] - 1.0
    return np.sum(forward**2) * 100


def rebalanced_portfolio(returns, weights, cost):
    """Traded only when the drift is large; a dictionary holds the state."""
    state = {"wealth": 1.0, "trades": 0}
    w = weights.copy()
    for r in returns:
        grown = w * (1.0 + r)
        growth = np.sum(grown)
        state["wealth"] = state["wealth"] * growth
        w = grown / growth
        drift = np.sum(np.abs(w - weights))
        if drift > 0.15:
            state["wealth"] -= cost * drift * state["wealth"]
            state["trades"] += 1
            w = weights.copy()
    return np.log(state["wealth"]) + 0.01 * state["trades"]


PROGRAMS = (
    Program(american_put_tree, lambda r: (1.03, 1.1, 0.04, 0.3), (0, 1, 2, 3), second_order=True),
    Program(european_tree_vector, lambda r: (1.03, 1.0, 0.03, 0.25), (0, 1, 2, 3)),
    Program(
        early_exercise_paths,
        lambda r: (1.0, 1.05, 0.03, 0.4, 0.2, r.normal(size=(8, 6))),
        (0, 1, 2, 3),
        second_order=True,
    ),
    Program(barrier_option, lambda r: (1.0, 0.15, 1.3, r.normal(size=(7, 8))), (0, 1)),
    Program(asian_option, lambda r: (1.05, 0.3, r.normal(size=(6, 5))), (0, 1, 2)),
    Program(
        black_scholes,
        lambda r: (1.1, np.array([0.9, 1.0, 1.1, 1.3]), np.array([0.5, 1.0, 0.7, 2.0]), 0.03, 0.25),
        (0, 1, 2, 3, 4),
        kinds=("complex", "differences"),
        second_order=True,
    ),
    Program(
        implied_volatility,
        lambda r: (0.17, 1.05, 1.0),
        (0, 1, 2),
        kinds=("complex", "differences"),
    ),
    Program(heston_paths, lambda r: (0.05, 1.5, 0.06, 0.9, r.normal(size=(5, 7, 2))), (0, 1, 2, 3)),
    Program(loan, lambda r: (10.0, 0.013, 0.47), (0, 1, 2)),
    Program(bootstrap_curve, lambda r: (np.array([0.02, 0.025, 0.028, 0.03, 0.031]),)),
    Program(
        rebalanced_portfolio,
        lambda r: (0.15 * r.normal(size=(10, 3)), np.array([0.5, 0.3, 0.2]), 0.02),
        (0, 1, 2),
    ),
)
