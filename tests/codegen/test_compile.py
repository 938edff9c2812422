"""Kernels from files: kept on disk, loaded by another process, run by many threads."""

from __future__ import annotations

import pickle
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from graph_checks import make

from adjit.codegen.compile import compile_kernel, load_kernel, signature_of
from adjit.codegen.numba_form import emit
from adjit.ir import GraphBuilder, Operand
from adjit.ir.primitives import elementwise as ew

# Temporaries above the size from which kernels keep them.
X = np.random.default_rng(4).normal(size=(300, 40))

LOAD = """
import sys
from pathlib import Path
import numpy as np
from numba import float64, types
from adjit.codegen.compile import load_kernel
from adjit.codegen.program import Program
path = Path(sys.argv[1])
array = types.Array(float64, 2, "C")
kernel = load_kernel(path, Program(path.read_text(), "kernel", "numba"), (array, array))
out = np.empty((40, 40))
print(kernel(np.ones((300, 40)), out), out[0, 0], "exp" in sys.modules)
"""


def build(b: GraphBuilder, x: Operand) -> tuple[Operand, Operand]:
    e = b.emit(ew.tanh, x)
    from adjit.ir.primitives import structural as st

    square = b.emit(st.contract, e, e, a_axes=(0, 1), b_axes=(0, 2), out_axes=(1, 2))
    return b.reduce(e, "sum", (0, 1)), square


GRAPH = make(build, X, symbolic=True)
PROGRAM = emit(GRAPH, ["C"])
SIGNATURE = signature_of(GRAPH, ["C"])


def test_a_second_process_loads_what_the_first_compiled(tmp_path: Path) -> None:
    path = tmp_path / "kernel_of_f.py"
    path.write_text(PROGRAM.source)
    kernel = load_kernel(path, PROGRAM, SIGNATURE)
    out = np.empty((40, 40))
    assert kernel(X, out) == pytest.approx(np.tanh(X).sum())
    np.testing.assert_allclose(out, np.tanh(X).T @ np.tanh(X))
    machine_code = {p: p.stat().st_mtime_ns for p in tmp_path.glob("__pycache__/*.nb*")}
    assert len(machine_code) == 2
    done = subprocess.run(
        [sys.executable, "-P", "-c", LOAD, str(path)],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    value, entry, _ = done.stdout.split()
    assert float(value) == pytest.approx(12000 * np.tanh(1.0))
    assert float(entry) == pytest.approx(300 * np.tanh(1.0) ** 2)
    assert machine_code == {p: p.stat().st_mtime_ns for p in tmp_path.glob("__pycache__/*.nb*")}


def test_damaged_machine_code_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "kernel_of_f.py"
    path.write_text(PROGRAM.source)
    load_kernel(path, PROGRAM, SIGNATURE)
    for entry in tmp_path.glob("__pycache__/*.nbc"):
        entry.write_bytes(entry.read_bytes()[:500])
    with pytest.raises((pickle.UnpicklingError, EOFError)):
        load_kernel(path, PROGRAM, SIGNATURE)


def test_threads_do_not_share_temporaries() -> None:
    kernel = compile_kernel(PROGRAM, SIGNATURE)
    inputs = [X * (k + 1) for k in range(4)]
    wrong: list[int] = []

    def run(k: int) -> None:
        expected = np.tanh(inputs[k]).T @ np.tanh(inputs[k])
        for _ in range(50):
            out = np.empty((40, 40))
            kernel(inputs[k], out)
            if not np.allclose(out, expected):
                wrong.append(k)

    threads = [threading.Thread(target=run, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_what_is_no_array_is_refused() -> None:
    kernel = compile_kernel(PROGRAM, SIGNATURE)
    with pytest.raises(TypeError):
        kernel(3.0, np.empty((40, 40)))
