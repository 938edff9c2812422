"""The folder that generated code lives in: owned by one user, written atomically.

A generated module is a real file, so that tracebacks and debuggers show its lines and numba can
keep the machine code beside it. Its name is a hash of all that it depends on: the source itself,
adjit's own code that it is compiled with, the versions of Python, numba and llvmlite.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import os
import platform
import shutil
import stat
import sys
import tempfile
import warnings
from pathlib import Path

import platformdirs

from adjit.errors import CacheError

VARIABLE = "ADJIT_CACHE_DIR"


def cache_folder() -> Path:
    """The cache folder, created with mode 0700.

    `ADJIT_CACHE_DIR` names it; else it is the user's cache folder (platformdirs). Raises
    `CacheError` when it belongs to, or can be written by, somebody else: machine code is loaded
    from it.
    """
    named = os.environ.get(VARIABLE)
    folder = Path(named).expanduser() if named else Path(platformdirs.user_cache_dir("adjit"))
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise CacheError(
            f"the cache folder {folder} cannot be created: {error}",
            remedy=f"set {VARIABLE} to a folder that you can write to",
        ) from error
    _refuse_foreign(folder)
    return folder


def _refuse_foreign(folder: Path) -> None:
    if not hasattr(os, "getuid"):
        return
    status = folder.stat()
    if status.st_uid != os.getuid():
        raise CacheError(
            f"the cache folder {folder} belongs to another user, who could change "
            "the code that runs here",
            remedy=f"set {VARIABLE} to a folder of yours",
        )
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise CacheError(
            f"others can write to the cache folder {folder} and so change the code that runs here",
            remedy=f"chmod 700 {folder}, or set {VARIABLE}",
        )


@functools.cache
def fingerprint() -> str:
    """Hash of what generated code depends on beside its own text."""
    import adjit.codegen

    digest = hashlib.sha256()
    versions = [importlib.metadata.version(name) for name in ("numba", "llvmlite", "numpy")]
    digest.update("\n".join([sys.version, platform.machine(), *versions]).encode())
    for root in adjit.codegen.__path__:
        for path in sorted(Path(root).rglob("*.py")):
            digest.update(path.name.encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def store_source(text: str, name: str) -> Path:
    """Write generated source to its file in the cache folder, unless it is there; return the path.

    Two processes may do so at once: each writes a temporary file and renames it.
    """
    digest = hashlib.sha256((fingerprint() + text).encode()).hexdigest()
    path = cache_folder() / f"{name}_{digest[:24]}.py"
    data = text.encode()
    try:
        if path.read_bytes() == data:
            return path
        warnings.warn(
            f"adjit: the cached file {path} was damaged and is written anew",
            RuntimeWarning,
            stacklevel=2,
        )
        forget(path)
    except FileNotFoundError:
        pass
    _write_atomically(path, data)
    return path


def _write_atomically(path: Path, data: bytes) -> None:
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".writing_", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def forget(path: Path) -> None:
    """Remove a generated module and the machine code beside it."""
    forget_machine_code(path)
    path.unlink(missing_ok=True)


def has_machine_code(path: Path) -> bool:
    """True when machine code is kept for a generated module."""
    return bool(_machine_code(path))


def forget_machine_code(path: Path) -> bool:
    """Remove the machine code kept for a generated module; False where there was none."""
    found = _machine_code(path)
    for item in found:
        item.unlink(missing_ok=True)
    return bool(found)


def _machine_code(path: Path) -> list[Path]:
    folders = [path.parent / "__pycache__"]
    if "NUMBA_CACHE_DIR" in os.environ:
        folders += [p for p in Path(os.environ["NUMBA_CACHE_DIR"]).glob("*") if p.is_dir()]
    return [p for folder in folders for p in folder.glob(f"{path.stem}.*.nb?")]


def size() -> tuple[int, int]:
    """Number of generated modules in the cache folder, and the bytes of everything in it."""
    folder = cache_folder()
    files = [p for p in folder.rglob("*") if p.is_file()]
    return sum(p.suffix == ".py" for p in files), sum(p.stat().st_size for p in files)


def clear() -> int:
    """Empty the cache folder; return the bytes that were freed."""
    _, freed = size()
    folder = cache_folder()
    for path in folder.glob("*.py"):
        path.unlink(missing_ok=True)
    shutil.rmtree(folder / "__pycache__", ignore_errors=True)
    return freed
