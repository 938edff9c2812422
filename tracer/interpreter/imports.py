"""Import statements inside functions."""

from __future__ import annotations

import ast
import importlib
import types
from collections.abc import Iterator
from typing import Any

from adjit.tracer.interpreter.attributes import load_attribute
from adjit.tracer.interpreter.frame import Frame


def import_modules(frame: Frame, node: ast.Import) -> Iterator[tuple[str, types.ModuleType]]:
    """The names that `import a.b, c as d` binds."""
    for alias in node.names:
        module = importlib.import_module(alias.name)
        if alias.asname is None:
            top = alias.name.split(".")[0]
            yield top, importlib.import_module(top)
        else:
            yield alias.asname, module


def import_from(frame: Frame, node: ast.ImportFrom) -> Iterator[tuple[str, Any]]:
    """The names that `from a import b` binds."""
    name = "." * node.level + (node.module or "")
    package = frame.globals.get("__package__") or frame.globals.get("__name__", "")
    module = importlib.import_module(name, package)
    for alias in node.names:
        try:
            found = load_attribute(frame, module, alias.name)
        except AttributeError:
            try:
                found = importlib.import_module(f"{module.__name__}.{alias.name}")
            except ModuleNotFoundError:
                raise ImportError(
                    f"cannot import name {alias.name!r} from {module.__name__!r}"
                ) from None
        yield alias.asname or alias.name, found
