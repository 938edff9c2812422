"""The cache folder: private, atomic, healed when damaged, never stale."""

import os
import subprocess
import sys
import warnings

import numpy as np
import pytest

from adjit import cache, grad
from adjit.errors import CacheError

PROGRAM = """
import numpy as np
from adjit import value_and_grad
value, dx = value_and_grad(lambda x: np.sum(np.exp(x) * {k}))(np.array([0.0, 1.0]))
print(repr(float(value)), dx.tolist())
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    made = tmp_path / "cache"
    monkeypatch.setenv("ADJIT_CACHE_DIR", str(made))
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    return made


def run(k=2.0, **env):
    out = subprocess.run(
        [sys.executable, "-W", "default", "-c", PROGRAM.format(k=k)],
        capture_output=True,
        text=True,
        env={**os.environ, **env},
        check=True,
    )
    return out.stdout, out.stderr


def test_the_folder_is_private(folder):
    assert cache.cache_folder() == folder
    assert folder.stat().st_mode & 0o777 == 0o700
    folder.chmod(0o770)
    with pytest.raises(CacheError, match="others can write"):
        cache.cache_folder()


def test_the_same_source_is_written_once(folder):
    a = cache.store_source("x = 1\n", "f")
    stamp = a.stat().st_mtime_ns
    assert cache.store_source("x = 1\n", "f") == a
    assert a.stat().st_mtime_ns == stamp
    assert cache.store_source("x = 2\n", "f") != a
    modules, used = cache.size()
    assert (modules, used) == (2, 12)
    assert cache.clear() == 12
    assert cache.size() == (0, 0)


def test_a_damaged_source_is_replaced_with_a_warning(folder):
    path = cache.store_source("x = 1\n", "f")
    path.write_text("x = 66666\n")
    with pytest.warns(RuntimeWarning, match="damaged"):
        assert cache.store_source("x = 1\n", "f") == path
    assert path.read_text() == "x = 1\n"


@pytest.mark.compiled
def test_a_second_process_loads_and_a_damaged_entry_is_a_miss(folder):
    first, _ = run()
    files = sorted((folder / "__pycache__").glob("*.nb?"))
    assert files, "numba kept the machine code beside the source"
    stamps = [f.stat().st_mtime_ns for f in files]
    assert run()[0] == first
    assert [f.stat().st_mtime_ns for f in files] == stamps, "nothing was compiled again"
    for cut in (0, 20):
        for f in files:
            f.write_bytes(f.read_bytes()[:cut])
        out, err = run()
        assert out == first
        assert "damaged" in err
        assert run() == (first, "")
    assert run(k=3.0)[0] != first


@pytest.mark.compiled
def test_two_processes_at_once(folder):
    commands = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM.format(k=2.0)],
            text=True,
            stdout=subprocess.PIPE,
            env=os.environ.copy(),
        )
        for _ in range(3)
    ]
    outputs = {p.communicate()[0] for p in commands}
    assert len(outputs) == 1
    assert all(p.returncode == 0 for p in commands)


def test_no_temporary_files_stay(folder):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        grad(lambda x: np.sum(x**2))(np.ones(3))
        cache.store_source("x = 3\n", "f")
    assert not list(folder.glob("*.tmp"))
