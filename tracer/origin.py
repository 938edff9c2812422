"""Whose code is it: the user's (interpreted, guarded) or a library's (trusted)."""

from __future__ import annotations

import functools
import site
import sys
import sysconfig
import types
from pathlib import Path
from typing import Any

import adjit.ir

#: Standard modules that only move objects about: traced values may pass through them.
SAFE_MODULES = frozenset(
    {
        "functools",
        "itertools",
        "operator",
        "_operator",
        "collections",
        "copy",
        "dataclasses",
        "typing",
        "types",
        "contextlib",
        "enum",
        "abc",
        "_functools",
        "_collections",
        "_abc",
        "collections.abc",
    }
)


@functools.cache
def _library_folders() -> tuple[str, ...]:
    paths = set(sysconfig.get_paths().values())
    folders = {sysconfig.get_path(k) for k in ("stdlib", "platstdlib", "purelib", "platlib")}
    folders |= set(site.getsitepackages()) | {site.getusersitepackages()} & paths
    # a .pth file or PYTHONPATH can add the packages of another environment
    folders |= {p for p in sys.path if Path(p).name in ("site-packages", "dist-packages")}
    folders |= {str(Path(p).resolve()) for p in folders}
    own = {str(Path(p).resolve()) for p in (__file__, adjit.ir.__file__)}
    folders |= {str(Path(p).parent) for p in own}
    folders |= {str(Path(p).resolve()) for p in sys.modules["adjit"].__path__}
    return tuple(f.rstrip("/\\") + ("/" if "/" in f else "\\") for f in sorted(folders))


@functools.lru_cache(maxsize=4096)
def is_library_file(file: str) -> bool:
    """True for files of the standard library, installed packages, and adjit itself."""
    if not file or file.startswith("<frozen"):
        return True
    if file.startswith("<"):
        return False
    resolved = str(Path(file).resolve())
    return any(f.startswith(folder) for folder in _library_folders() for f in (file, resolved))


def is_user_function(function: Any) -> bool:
    """True for a Python function that the user wrote."""
    return isinstance(function, types.FunctionType) and not is_library_file(
        function.__code__.co_filename
    )


def is_user_module(module: types.ModuleType) -> bool:
    """True for modules whose attributes the user may change between calls."""
    name = module.__name__.split(".")[0]
    if name == "__main__":
        return True
    if name in sys.stdlib_module_names or name in ("numpy", "scipy", "adjit"):
        return False
    file = getattr(module, "__file__", None)
    return file is None or not is_library_file(file)


def is_user_class(cls: type) -> bool:
    """True for classes defined in the user's code."""
    if not cls.__flags__ & (1 << 9):  # Py_TPFLAGS_HEAPTYPE: a static type is a library's
        return False
    module = sys.modules.get(cls.__module__)
    if module is None or not isinstance(module, types.ModuleType):
        return True
    return is_user_module(module)
