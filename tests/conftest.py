"""Settings that every test runs under: a private cache folder, few threads, repeatable draws."""

from __future__ import annotations

import os
import shutil
import tempfile

import pytest
from hypothesis import HealthCheck, settings

# pytest-xdist starts its workers after this file ran in the main process, so they inherit the
# environment. One worker per core: more BLAS threads than that only wait for one another.
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
for variable in THREADS:
    os.environ.setdefault(variable, "1")
os.environ.setdefault("MPLBACKEND", "Agg")
# What is not tested in the interpreted mode is tested compiled, from the first call on.
os.environ.setdefault("ADJIT_BACKEND", "numba")
os.environ.setdefault("ADJIT_DEBUG", "1")  # verify the graph after every pass
# Gradients are compared with differences of the plain function, but in tests marked `unchecked`.
os.environ.setdefault("ADJIT_CHECK", "1")

settings.register_profile(
    "repeatable",
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("explore", parent=settings.get_profile("repeatable"), derandomize=False)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))


@pytest.fixture(autouse=True)
def check_gradients(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """At kinks and ties, and where the time or number of calls is looked at, nothing is checked."""
    if request.node.get_closest_marker("unchecked") is not None:
        monkeypatch.setenv("ADJIT_CHECK", "0")


_MADE = "ADJIT_TESTS_MADE_CACHE"


def pytest_configure(config: pytest.Config) -> None:
    """Give the whole run one fresh cache folder; its workers share it, as users' processes do."""
    if not hasattr(config, "workerinput"):
        os.environ[_MADE] = os.environ["ADJIT_CACHE_DIR"] = tempfile.mkdtemp(prefix="adjit-tests-")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the folder again, in the process that made it."""
    if not hasattr(config, "workerinput") and _MADE in os.environ:
        shutil.rmtree(os.environ.pop(_MADE), ignore_errors=True)
