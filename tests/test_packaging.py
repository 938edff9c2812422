"""What is installed: every folder of the package, under one name, importing in one direction."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
SETUPTOOLS = PROJECT["tool"]["setuptools"]
FOLDERS = {name: ROOT / folder for name, folder in SETUPTOOLS["package-dir"].items()}
INNER = {"ir": {"ir"}, "tracer": {"ir", "tracer"}, "adjoint": {"ir", "adjoint"}}
INNER["codegen"] = {"ir", "codegen"}


def packages_on_disk() -> set[str]:
    """Dotted names of all folders with Python files, as they are installed."""
    found = set()
    for name, folder in FOLDERS.items():
        for file in folder.rglob("*.py"):
            found.add(".".join((name, *file.parent.relative_to(folder).parts)))
    return found


def modules_on_disk() -> set[str]:
    """Paths inside the wheel of all Python files of the package."""
    return {
        "/".join((*name.split("."), *file.relative_to(folder).parts))
        for name, folder in FOLDERS.items()
        for file in folder.rglob("*.py")
    }


def imported_names(file: Path) -> set[str]:
    """Every module that the file imports; `from a import b` counts as `a.b`, too."""
    names = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(str(node.module))
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def test_every_folder_is_listed() -> None:
    assert sorted(SETUPTOOLS["packages"]) == sorted(packages_on_disk())


def test_every_folder_is_a_regular_package() -> None:
    missing = [
        package
        for name, folder in FOLDERS.items()
        for package in {file.parent for file in folder.rglob("*.py")}
        if not (package / "__init__.py").exists()
    ]
    assert not missing


@pytest.mark.parametrize("folder", sorted(INNER))
def test_imports_point_inwards(folder: str) -> None:
    for file in sorted((ROOT / folder).rglob("*.py")):
        parts = [name.split(".") for name in imported_names(file)]
        ours = [[*part, ""] for part in parts if part[0] == "adjit"]
        outside = {part[1] for part in ours} - INNER[folder] - {""}
        assert not outside, f"{file.relative_to(ROOT)} imports adjit.{sorted(outside)}"


def test_import_is_light() -> None:
    """sympy and scipy cost most of a second and are needed by few calls."""
    code = (
        "import sys, adjit; print(*{'IPython', 'matplotlib', 'scipy', 'sympy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "", "")


def test_public_names() -> None:
    import adjit

    assert adjit.__version__ == PROJECT["project"]["version"]
    assert len(set(adjit.__all__)) == len(adjit.__all__)
    assert all(hasattr(adjit, name) for name in adjit.__all__)


def test_versions_in_changelog() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text()
    assert re.search(r"^## \[Unreleased\]", changelog, re.MULTILINE)


@pytest.fixture(scope="module")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel and an sdist, built in a copy so that nothing is left in the checkout."""
    pytest.importorskip("setuptools", minversion="77", reason="the build backend is not installed")
    copy = tmp_path_factory.mktemp("checkout")
    for entry in ["pyproject.toml", "README.md", "LICENSE", "MANIFEST.in", "CHANGELOG.md"]:
        shutil.copy(ROOT / entry, copy)
    skip = shutil.ignore_patterns("__pycache__", "*.egg-info")
    for folder in FOLDERS.values():
        shutil.copytree(folder, copy / folder.relative_to(ROOT), ignore=skip)
    out = tmp_path_factory.mktemp("dist")
    code = "import sys; from setuptools import build_meta as b; b.{}(sys.argv[1])"
    for hook in ("build_wheel", "build_sdist"):
        command = [sys.executable, "-c", code.format(hook), str(out)]
        done = subprocess.run(command, cwd=copy, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    return out


def test_wheel_holds_the_package_and_nothing_else(distributions: Path) -> None:
    (wheel,) = distributions.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names} == {
        "adjit",
        f"adjit-{PROJECT['project']['version']}.dist-info",
    }
    assert {name for name in names if name.endswith(".py")} == modules_on_disk()
    assert "adjit/py.typed" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_sdist_holds_the_sources(distributions: Path) -> None:
    (sdist,) = distributions.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    sources = {str(f.relative_to(ROOT)) for d in FOLDERS.values() for f in d.rglob("*.py")}
    assert sources | {"pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md"} <= names
