"""Every example runs as a user starts it, in its short form, and prints what it promises."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"

# What must be seen in the output of each; an example without a line here fails the first test.
PROMISED = {
    "backprop_rules.py": [
        "dJ/dW = dz xᵀ",
        "db2 = dz2",
        "dW2 = np.outer(dz2, y1)",
        "dy1 = W2.T @ dz2",
        "slope of max(0, x) at 0: 0",
    ],
    "least_squares_fit.py": ["certified 5642.70824"],
    "logistic_regression.py": ["largest difference"],
    "mlp_digits.py": ["epoch  3", "dW1 = x.T @ dz1", "digits_loss.png", "test accuracy 9"],
}


def run(name: str, *arguments: str, backend: str, folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-P", str(EXAMPLES / name), "--quick", *arguments],
        cwd=folder,
        env=os.environ
        | {
            "ADJIT_CHECK": "0",
            "ADJIT_BACKEND": backend,
            "PYTHONIOENCODING": "utf-8",
            "COLUMNS": "100",
        },
        capture_output=True,
        encoding="utf-8",
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_every_example_is_run() -> None:
    assert sorted(PROMISED) == sorted(file.name for file in EXAMPLES.glob("*.py"))


@pytest.mark.parametrize("backend", ["numpy", "numba"])
@pytest.mark.parametrize("name", sorted(PROMISED))
def test_example(name: str, backend: str, tmp_path: Path) -> None:
    pictures = ["--output", str(tmp_path)] if name == "mlp_digits.py" else []
    output = run(name, *pictures, backend=backend, folder=tmp_path)
    for promise in PROMISED[name]:
        assert promise in output
    if pictures:
        assert {path.suffix for path in tmp_path.iterdir()} == {".png"}
