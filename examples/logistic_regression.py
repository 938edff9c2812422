"""Logistic regression through scipy.optimize, compared with scikit-learn's own answer.

`value_and_grad(loss)` is what `scipy.optimize.minimize(..., jac=True)` expects. The data are the
Wisconsin breast cancer measurements that ship with scikit-learn.

    python examples/logistic_regression.py
"""

from __future__ import annotations

import argparse

import numpy as np
from scipy.optimize import minimize
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression

from adjit import value_and_grad

TOLERANCE = 1e-4


def loss(p, x, sign, strength):
    """Sum of log(1 + exp(-sign * score)), plus the L2 penalty on the weights but not the bias."""
    w, b = p[:-1], p[-1]
    score = x @ w + b
    return strength * np.sum(np.logaddexp(0, -sign * score)) + 0.5 * np.sum(w**2)


def fit(x: np.ndarray, sign: np.ndarray, strength: float) -> np.ndarray:
    start = np.zeros(x.shape[1] + 1)
    options = {"maxiter": 2000, "maxfun": 4000, "ftol": 1e-15, "gtol": 1e-8}
    found = minimize(
        value_and_grad(loss),
        start,
        args=(x, sign, strength),
        jac=True,
        method="L-BFGS-B",
        options=options,
    )
    print(f"L-BFGS-B: {found.nit} iterations, {found.nfev} gradients, loss {found.fun:.10f}")
    return found.x


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--strength", type=float, default=1.0, help="scikit-learn's C")
    parser.add_argument("--quick", action="store_true", help="the first 200 patients only")
    options = parser.parse_args()

    data = load_breast_cancer()
    rows = slice(200 if options.quick else None)
    x, y = data.data[rows], data.target[rows]
    x = (x - x.mean(axis=0)) / x.std(axis=0)

    ours = fit(x, np.where(y == 1, 1.0, -1.0), options.strength)
    peer = LogisticRegression(C=options.strength, tol=1e-10, max_iter=100_000).fit(x, y)
    theirs = np.append(peer.coef_[0], peer.intercept_)

    print(f"\n{'':26}{'adjit + SciPy':>14}{'scikit-learn':>14}")
    for name, a, b in zip([*data.feature_names, "intercept"], ours, theirs, strict=True):
        print(f"{name:26}{a:14.6f}{b:14.6f}")
    accuracy = np.mean((x @ ours[:-1] + ours[-1] > 0) == (y == 1))
    difference = np.max(np.abs(ours - theirs))
    print(f"\naccuracy on the same data {accuracy:.2%}, largest difference {difference:.1e}")
    if difference > TOLERANCE:
        raise SystemExit(f"expected a difference below {TOLERANCE}")


if __name__ == "__main__":
    main()
