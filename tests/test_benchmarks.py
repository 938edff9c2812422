"""The benchmark runner works, and what it compares with is right; nothing is said about speed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).resolve().parent.parent / "benchmarks"


@pytest.fixture(scope="module", autouse=True)
def _importable():
    sys.path.insert(0, str(BENCHMARKS))
    yield
    sys.path.remove(str(BENCHMARKS))


def run(tmp_path: Path, *options: str) -> str:
    output = tmp_path / "results" / "table.md"
    done = subprocess.run(
        [sys.executable, str(BENCHMARKS / "run.py"), *options, f"--output={output}"],
        env=os.environ | {"ADJIT_BACKEND": "numpy"},
        capture_output=True,
        encoding="utf-8",
        timeout=240,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return output.read_text(encoding="utf-8")


def test_table(tmp_path: Path) -> None:
    text = run(tmp_path, "--only=gravity,decays", "--peers=adjit", "--rounds=1", "--budget=0.001")
    assert "| problem | adjit |" in text
    assert "| tiny | 1.00 |" in text
    assert "| decays |" in text


def test_table_of_loops(tmp_path: Path) -> None:
    options = ["--only=thomas", "--peers=limit,autograd", "--rounds=1", "--budget=0.001"]
    text = run(tmp_path, *options)
    assert "| thomas_1000, 2000 | 2.0 |" in text
    assert "| median | 1.00 |" in text


def test_gradients_by_hand_agree_with_differences() -> None:
    """The limits run as Python here, so that nothing is compiled."""
    from loops import SERIES

    for series in SERIES:
        arguments = series.make(np.random.default_rng(0), series.tiny)
        value, gradients = series.limit(*arguments)
        np.testing.assert_allclose(value, series.function(*arguments), 1e-12, err_msg=series.name)
        rng = np.random.default_rng(1)
        for k, gradient in zip(series.argnums, gradients, strict=True):
            x = arguments[k]
            assert gradient.shape == x.shape, series.name
            direction = rng.standard_normal(x.shape) * np.mean(np.abs(x))

            def along(h, k=k, x=x, direction=direction):
                moved = (*arguments[:k], x + h * direction, *arguments[k + 1 :])
                return series.function(*moved)

            expected = min(
                ((along(h) - along(-h)) / (2 * h) for h in (1e-4, 1e-5, 1e-6)),
                key=lambda slope: abs(slope - np.sum(gradient * direction)),
            )
            np.testing.assert_allclose(
                np.sum(gradient * direction), expected, 1e-6, err_msg=f"{series.name}, {k}"
            )
