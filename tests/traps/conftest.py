"""Traps are tested in the interpreted mode; tests of compiled code ask for `compiled`."""

import numpy as np
import pytest


@pytest.fixture(autouse=True)
def backend(monkeypatch, request):
    name = "numba" if "compiled" in request.keywords else "numpy"
    monkeypatch.setenv("ADJIT_BACKEND", name)
    with np.errstate(all="ignore"):
        yield name
