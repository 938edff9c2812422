"""The face is tested in the interpreted mode; tests of compiled code ask for `compiled`."""

import pytest


@pytest.fixture(autouse=True)
def interpreted(monkeypatch, request):
    monkeypatch.setenv("ADJIT_DEBUG", "1")
    if "compiled" not in request.keywords:
        monkeypatch.setenv("ADJIT_BACKEND", "numpy")


def pytest_configure(config):
    config.addinivalue_line("markers", "compiled: runs with numba")
