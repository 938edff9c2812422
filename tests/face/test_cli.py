"""The command line."""

import pytest

from adjit.cli import main

MODEL = """
import numpy as np
from adjit import grad

@grad
def loss(w, x):
    y = np.tanh(w * x)
    return np.sum(y ** 2)

def plain(w):
    return np.sum(w ** 3)

loss(np.ones(3), np.ones(3))
"""


@pytest.fixture
def model(tmp_path, monkeypatch):
    monkeypatch.setenv("ADJIT_CACHE_DIR", str(tmp_path / "cache"))
    file = tmp_path / "model.py"
    file.write_text(MODEL)
    return file


def test_show(model, capsys):
    assert main(["show", f"{model}:loss"]) == 0
    text = capsys.readouterr().out
    assert "y = np.tanh(w * x)" in text
    assert "def loss_grad(w, x):" in text
    assert main(["show", f"{model}:plain", "--args", "np.ones(4)"]) == 0
    assert "def plain_value_and_grad(w):" in capsys.readouterr().out
    assert main(["show", f"{model}:loss", "--form", "graph"]) == 0
    assert "tanh(" in capsys.readouterr().out
    assert main(["show", f"{model}:loss", "--form", "explain"]) == 0
    assert "tanh" in capsys.readouterr().out
    assert main(["show", f"{model}:loss", "--form", "numba"]) == 0
    assert "njit" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("nowhere.py:f", "existing file"),
        ("{}:nothing", "no function 'nothing'"),
        ("{}:plain", "--args"),
        ("{}", "FILE.py:FUNC"),
    ],
)
def test_show_errors(model, capsys, target, words):
    assert main(["show", target.format(model)]) == 1
    assert words in capsys.readouterr().err


def test_cache(model, capsys, tmp_path):
    assert main(["cache"]) == 0
    assert str(tmp_path / "cache") in capsys.readouterr().out
    assert main(["cache", "clear"]) == 0
    assert "freed" in capsys.readouterr().out
