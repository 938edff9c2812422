"""Fit a curve by nonlinear least squares and compare with certified values.

Data set "Thurber" of the Statistical Reference Datasets, National Institute of Standards and
Technology (NIST), level of difficulty "higher": electron mobility (y) over the logarithm of density
(x), measured by R. Thurber. NIST certifies parameters and standard deviations to eleven digits.
https://www.itl.nist.gov/div898/strd/nls/data/thurber.shtml

    python examples/least_squares_fit.py
"""

from __future__ import annotations

import argparse

import numpy as np
from scipy.optimize import least_squares

from adjit import grad

# fmt: off
X = np.array([
    -3.067, -2.981, -2.921, -2.912, -2.840, -2.797, -2.702, -2.699, -2.633, -2.481, -2.363, -2.322,
    -1.501, -1.460, -1.274, -1.212, -1.100, -1.046, -0.915, -0.714, -0.566, -0.545, -0.400, -0.309,
    -0.109, -0.103, 0.010, 0.119, 0.377, 0.790, 0.963, 1.006, 1.115, 1.572, 1.841, 2.047, 2.200,
])
Y = np.array([
    80.574, 84.248, 87.264, 87.195, 89.076, 89.608, 89.868, 90.101, 92.405, 95.854, 100.696,
    101.060, 401.672, 390.724, 567.534, 635.316, 733.054, 759.087, 894.206, 990.785, 1090.109,
    1080.914, 1122.643, 1178.351, 1260.531, 1273.514, 1288.339, 1327.543, 1353.863, 1414.509,
    1425.208, 1421.384, 1442.962, 1464.350, 1468.705, 1447.894, 1457.628,
])
# fmt: on
STARTS = [
    [1000.0, 1000.0, 400.0, 40.0, 0.7, 0.3, 0.03],
    [1300.0, 1500.0, 500.0, 75.0, 1.0, 0.4, 0.05],
]
CERTIFIED = np.array(
    [
        [1.2881396800e03, 4.6647963344e00],
        [1.4910792535e03, 3.9571156086e01],
        [5.8323836877e02, 2.8698696102e01],
        [7.5416644291e01, 5.5675370270e00],
        [9.6629502864e-01, 3.1333340687e-02],
        [3.9797285797e-01, 1.4984928198e-02],
        [4.9727297349e-02, 6.5842344623e-03],
    ]
)
CERTIFIED_SQUARES = 5.6427082397e03
REQUIRED_DIGITS = 6


def model(b, x):
    """A ratio of two cubic polynomials: seven parameters `b` at one point `x`."""
    above = b[0] + x * (b[1] + x * (b[2] + x * b[3]))
    below = 1 + x * (b[4] + x * (b[5] + x * b[6]))
    return above / below


slope = grad(model)


def residuals(b: np.ndarray) -> np.ndarray:
    return model(b, X) - Y


def jacobian(b: np.ndarray) -> np.ndarray:
    """One row for each point: the gradient of the curve with respect to the parameters."""
    return np.array([slope(b, x) for x in X])


def squares(b):
    """What the fit minimises; its gradient must vanish at the answer."""
    return np.sum((model(b, X) - Y) ** 2)


def digits(value: np.ndarray, certified: np.ndarray) -> np.ndarray:
    """Number of leading decimal digits that agree (at most eleven are certified)."""
    error = np.abs(value - certified) / np.abs(certified)
    return np.minimum(11.0, -np.log10(np.maximum(error, 1e-300)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="only the nearer starting point")
    options = parser.parse_args()

    for start in STARTS[1:] if options.quick else STARTS:
        found = least_squares(
            residuals, start, jac=jacobian, method="lm", xtol=1e-15, ftol=1e-15, gtol=1e-15
        )
        J = jacobian(found.x)
        total = np.sum(found.fun**2)
        variance = total / (len(X) - len(found.x))
        deviation = np.sqrt(variance * np.diag(np.linalg.inv(J.T @ J)))
        scaled_slope = grad(squares)(found.x) * found.x / total

        print(f"from {start}: {found.nfev} steps")
        print(f"{'':4}{'fitted':>18}{'certified':>18}{'digits':>8}{'deviation':>16}{'digits':>8}")
        rows = zip(found.x, deviation, CERTIFIED, strict=True)
        for k, (value, error, certified) in enumerate(rows, start=1):
            agree = digits(np.array([value, error]), certified)
            print(
                f"b{k}  {value:18.10g}{certified[0]:18.10g}{agree[0]:8.1f}"
                f"{error:16.6g}{agree[1]:8.1f}"
            )
        print(f"sum of squares {total:.10g}, certified {CERTIFIED_SQUARES:.10g}")
        print(f"relative gradient of the sum of squares {np.max(np.abs(scaled_slope)):.1e}\n")

        worst = min(
            digits(found.x, CERTIFIED[:, 0]).min(), digits(deviation, CERTIFIED[:, 1]).min()
        )
        if worst < REQUIRED_DIGITS:
            raise SystemExit(f"expected {REQUIRED_DIGITS} digits, found {worst:.1f}")


if __name__ == "__main__":
    main()
