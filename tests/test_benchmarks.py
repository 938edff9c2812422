"""The benchmark runner works, without judging what it measures."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

RUN = Path(__file__).resolve().parent.parent / "benchmarks" / "run.py"


def test_table(tmp_path: Path) -> None:
    output = tmp_path / "results" / "table.md"
    options = ["--only=gravity,decays", "--peers=adjit", "--rounds=1", "--budget=0.001"]
    done = subprocess.run(
        [sys.executable, str(RUN), *options, f"--output={output}"],
        env=os.environ | {"ADJIT_BACKEND": "numpy"},
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    text = output.read_text(encoding="utf-8")
    assert "| problem | adjit |" in text
    assert "| tiny | 1.00 |" in text
    assert "| decays |" in text
