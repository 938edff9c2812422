"""README and docs tell the truth: their code runs, their output is what is printed.

The Python blocks of a page run in order in one namespace. A `text` block right after one is its
output. `ADJIT_UPDATE_GOLDEN=1` writes the output into the pages instead of comparing it.
"""

from __future__ import annotations

import doctest
import importlib
import io
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)#]+)")
FOLDERS = {"adjit": "src/adjit", "adjit.ir": "ir", "adjit.tracer": "tracer"}
FOLDERS |= {"adjit.adjoint": "adjoint", "adjit.codegen": "codegen"}
UPDATE = os.environ.get("ADJIT_UPDATE_GOLDEN") == "1"


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text, and where its text stands in the page."""

    language: str
    text: str
    start: int
    end: int


def blocks(page: Path) -> list[Block]:
    found = FENCE.finditer(page.read_text())
    return [Block(m[1], m[2], m.start(2), m.end(2)) for m in found]


def commands(language: str = "console") -> Iterator[str]:
    for page in PAGES:
        for block in blocks(page):
            if block.language == language:
                yield from block.text.splitlines()


def run_page(page: Path, folder: Path) -> list[tuple[Block, str]]:
    """Run the Python blocks; return every output block with what was printed before it.

    Each block is a file of its own, as a cell of a notebook is, so that its functions have a
    source; blank lines before it make the line numbers those of the page.
    """
    text = page.read_text()
    namespace = {"__name__": page.stem.lower()}
    every = blocks(page)
    outputs = []
    for block, following in zip(every, [*every, None][1:], strict=True):
        if block.language != "python":
            continue
        line = text.count("\n", 0, block.start)
        file = folder / f"{page.stem.lower()}_{line}.py"
        file.write_text("\n" * line + block.text)
        printed = io.StringIO()
        with redirect_stdout(printed):
            exec(compile(file.read_text(), file, "exec", dont_inherit=True), namespace)
        gap = text[block.end + len("```") : following.start] if following else ""
        if following and following.language == "text" and gap.split() == ["```text"]:
            outputs.append((following, printed.getvalue()))
        else:
            assert not printed.getvalue()
    return outputs


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_code_runs_and_prints_what_is_shown(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if page.name == "functions.md" and np.lib.NumpyVersion(np.__version__) < "2.2.0":
        pytest.skip("the page lists functions of newer versions of NumPy")
    monkeypatch.chdir(tmp_path)
    if page.name == "conventions.md":  # it is about kinks, which differences do not see
        monkeypatch.setenv("ADJIT_CHECK", "0")
    text = page.read_text()
    for block, printed in reversed(run_page(page, tmp_path)):
        if UPDATE:
            text = text[: block.start] + printed.rstrip("\n") + "\n" + text[block.end :]
        else:
            assert printed.rstrip("\n") == block.text.rstrip("\n")
    if UPDATE:
        page.write_text(text)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    targets = [link for link in LINK.findall(FENCE.sub("", page.read_text())) if "://" not in link]
    assert [link for link in targets if not (page.parent / link).exists()] == []


def test_install_commands_are_the_ones_that_ci_runs() -> None:
    script = (ROOT / ".ci" / "run").read_text().splitlines()
    ours = [line for line in commands() if not line.startswith("adjit ")]
    assert ours
    assert [line for line in ours if f"  {line}" not in script] == []


@pytest.mark.parametrize("line", [line for line in commands() if line.startswith("adjit ")])
def test_command_line(line: str, tmp_path: Path) -> None:
    code = "import sys; from adjit.cli import main; sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-P", "-c", code, *shlex.split(line)[1:]],
        cwd=ROOT,
        env=os.environ | {"ADJIT_CACHE_DIR": str(tmp_path / "cache")},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout


def modules_with_examples() -> Iterator[str]:
    for name, folder in FOLDERS.items():
        for file in sorted((ROOT / folder).rglob("*.py")):
            if ">>> " in file.read_text():
                parts = file.relative_to(ROOT / folder).with_suffix("").parts
                yield ".".join((name, *parts)).removesuffix(".__init__")


@pytest.mark.parametrize("name", list(modules_with_examples()))
def test_docstrings(name: str) -> None:
    found = doctest.testmod(importlib.import_module(name))
    assert found.attempted > 0
    assert found.failed == 0
