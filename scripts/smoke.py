"""Check an installed adjit from outside the repository: one gradient, right to the last digits."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np

import adjit


def loss(w: np.ndarray, x: np.ndarray) -> float:
    return np.sum(np.tanh(x @ w) ** 2)


def main() -> None:
    rng = np.random.default_rng(0)
    w, x = rng.standard_normal(3), rng.standard_normal((5, 3))
    t = np.tanh(x @ w)
    np.testing.assert_allclose(adjit.grad(loss)(w, x), x.T @ (2 * t * (1 - t**2)), rtol=1e-12)
    repository = Path(__file__).resolve().parent.parent
    if repository in Path(adjit.__file__).resolve().parents:
        sys.exit(f"not the installed package: {adjit.__file__}")
    outside = [name for name in ("tracer", "ir", "adjoint", "codegen") if find_spec(name)]
    if outside:
        sys.exit(f"installed as top-level packages: {outside}")
    print(f"adjit {adjit.__version__} from {Path(adjit.__file__).parent}: the gradient is right")


if __name__ == "__main__":
    main()
