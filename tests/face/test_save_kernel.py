"""Saved kernels import numpy and numba alone, and give the numbers of adjit."""

from __future__ import annotations

import pickle
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from adjit import value_and_grad

pytestmark = pytest.mark.compiled

# Runs saved modules where nobody can import adjit, nor scipy, which numba needs for np.dot.
RUNNER = """
import pickle, sys
import numba

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("adjit", "scipy"):
            raise ImportError(name)

sys.meta_path.insert(0, Refuse())
with open("calls.pickle", "rb") as file:
    calls = pickle.load(file)
results = []
for module, name, calls_of_one in calls:
    loaded = __import__(module)
    results.append([getattr(loaded, name)(*arguments) for arguments in calls_of_one])
assert "adjit" not in sys.modules
with open("results.pickle", "wb") as file:
    pickle.dump(results, file)
"""
rng = np.random.default_rng(0)


def network(params, x, labels):
    for W, b in params[:-1]:
        x = np.tanh(x @ W + b)
    W, b = params[-1]
    scores = x @ W + b
    scores = scores - np.max(scores, axis=1, keepdims=True)
    chosen = scores[np.arange(len(labels)), labels]
    return np.mean(np.log(np.sum(np.exp(scores), axis=1)) - chosen)


def attention(q, k, v):
    scores = q @ np.swapaxes(k, -1, -2) / np.sqrt(q.shape[-1])
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights = weights / weights.sum(axis=-1, keepdims=True)
    return np.sum((weights @ v) ** 2)


def softmax(x):
    e = np.exp(x - x.max())
    return np.sum((e / e.sum()) ** 2) + np.min(np.maximum(x, 0.5) * 1.5) + np.prod(x[:3])


def waves(x):
    return np.sum(np.sin(x) * np.cos(2.0 * x) * np.sin(2.0 * x) + np.arctan(x) ** 3)


def places(x, where):
    y = np.zeros_like(x)
    y[1:] += x[:-1] * 2.0
    y[where] *= x[where]
    np.add.at(y, where, x[where] ** 2)
    y[y > 1.0] -= 0.5
    return np.sum(np.cumsum(y) * x)


def convolution(image, kernel):
    h, w = kernel.shape
    out = np.zeros((image.shape[0] - h + 1, image.shape[1] - w + 1))
    for i in range(h):
        for j in range(w):
            out += kernel[i, j] * image[i : i + out.shape[0], j : j + out.shape[1]]
    return np.sum(np.maximum(out, 0.0) ** 2)


def exp(x):
    """A name that the kernel's helpers have too."""
    return np.sum(np.exp(-x * x) + np.floor(x) * x + np.remainder(x, 0.7) + np.abs(x) ** 1.5)


def moments(X, w):
    P = X.T @ X
    return np.sum(np.sqrt(np.exp(P @ w))) + np.sum(np.outer(w, w) @ P.T)


def normal(*shape: int, dtype: Any = np.float64) -> Any:
    return rng.normal(size=shape).astype(dtype)


def layers(dtype: Any) -> Any:
    return [(normal(a, b, dtype=dtype), normal(b, dtype=dtype)) for a, b in ((6, 9), (9, 5))]


CASES: list[tuple[Any, tuple[Any, ...], list[tuple[Any, ...]], float]] = [
    (
        network,
        (0,),
        [(layers(np.float64), normal(n, 6), rng.integers(0, 5, n)) for n in (8, 11)],
        1e-12,
    ),
    (
        network,
        (0,),
        [(layers(np.float32), normal(8, 6, dtype=np.float32), rng.integers(0, 5, 8))],
        1e-5,
    ),
    (
        attention,
        (0, 1, 2),
        [tuple(normal(2, 3, 7, 4) for _ in range(3)), tuple(normal(2, 3, 5, 4) for _ in range(3))],
        1e-12,
    ),
    (softmax, (0,), [(normal(40),)], 1e-12),
    (softmax, (0,), [(normal(40, dtype=np.float32),)], 1e-5),
    (waves, (0,), [(normal(50) * 3,), (np.array([0.5, 1e9, 1e15]),)], 1e-12),
    (waves, (0,), [(normal(50, dtype=np.float32),)], 1e-5),
    (places, (0,), [(normal(30), rng.integers(0, 30, 12))], 1e-12),
    (convolution, (0, 1), [(normal(12, 11), normal(3, 2)), (normal(9, 10), normal(3, 2))], 1e-12),
    (exp, (0,), [(normal(20),)], 1e-12),
    (
        moments,
        (0, 1),
        [
            (normal(8, 5) * 0.3, normal(5)),
            (np.asfortranarray(normal(8, 5) * 0.3), normal(5)),
            (normal(16, 5)[::2] * 0.3, normal(5)),
        ],
        1e-12,
    ),
]


def flat(x: Any) -> list[Any]:
    return [y for part in x for y in flat(part)] if isinstance(x, (list, tuple)) else [x]


def test_saved_kernels_need_no_adjit(tmp_path: Any) -> None:
    calls, expected = [], []
    for number, (function, argnums, arguments, _) in enumerate(CASES):
        f = value_and_grad(function, argnums=argnums if len(argnums) > 1 else argnums[0])
        path = f.save(tmp_path / f"saved{number}.py", *arguments[0], form="numba")
        text = path.read_text(encoding="utf-8")
        imports = {
            line.split()[1].split(".")[0]
            for line in text.splitlines()
            if line.startswith(("import ", "from "))
        }
        assert imports <= {"numpy", "numba", "math"}
        calls.append((path.stem, f"{function.__name__}_value_and_grad", arguments))
        expected.append([f(*a) for a in arguments])
    (tmp_path / "calls.pickle").write_bytes(pickle.dumps(calls))
    (tmp_path / "run.py").write_text(RUNNER, encoding="utf-8")
    subprocess.run([sys.executable, "-W", "error", "run.py"], cwd=tmp_path, check=True)
    results = pickle.loads((tmp_path / "results.pickle").read_bytes())
    for (_, _, _, tolerance), found, wanted in zip(CASES, results, expected, strict=True):
        for one, other in zip(flat(found), flat(wanted), strict=True):
            assert np.asarray(one).dtype == np.asarray(other).dtype
            scale = np.max(np.abs(other))
            np.testing.assert_allclose(one, other, rtol=tolerance, atol=tolerance * scale)
