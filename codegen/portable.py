"""A kernel's source without adjit: the helpers that it imports, written out before it."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from adjit.codegen.vecmath.functions import FUNCTIONS
from adjit.codegen.vecmath.source import WIDE, vecmath_source
from adjit.ir.errors import InternalError

_IMPORT = re.compile(r"from adjit\.[\w.]+ import (.+)")
_NAME = r"(?<![\w.\"']){}\b"
#: Modules whose definitions can be copied: beside them they use numpy, numba and math alone.
_SOURCES = ("portable_helpers.py", "polygamma.py", "matrices.py")
_VECTOR = (*FUNCTIONS, *WIDE)

# One function for both dtypes: integers count as float64, as do mixed arguments.
_DISPATCH = '''
import numpy as np
from numba import types
from numba.extending import overload


def {name}({parameters}):
    """Chooses by dtype."""


@overload({name}, jit_options={{"fastmath": False, "forceinline": True}})
def _{name}({parameters}):
    if {single}:
        return lambda {parameters}: {name}_float32({parameters})
    return lambda {parameters}: {name}_float64({converted})
'''


@dataclass(slots=True)
class _Definitions:
    """The top level of a module: text by name, names that each uses, imports by name."""

    texts: dict[str, list[str]] = field(default_factory=dict)
    uses: dict[str, set[str]] = field(default_factory=dict)
    imports: dict[str, ast.Import | ast.ImportFrom] = field(default_factory=dict)


def names() -> frozenset[str]:
    """The helpers that a saved module can hold."""
    return frozenset(_copied().texts) | frozenset(_VECTOR)


def standalone(
    source: str, dtypes: Collection[str], taken: Collection[str] = (), *, entry: str = "kernel"
) -> tuple[str, str]:
    """The module of a kernel with its helpers in it, and the name of its function.

    Parameters
    ----------
    source:
        The module; its imports from adjit name the helpers.
    dtypes:
        The names of the dtypes that the kernel computes with.
    taken:
        Names that the rest of the module defines: functions of the kernel give way to them.
    """
    lines = source.strip().split("\n")
    wanted = [name for line in lines for name in _imported(line)]
    # numba's cache would bind the machine code to the name under which the module is imported.
    text = "\n".join(line for line in lines if not _imported(line)).replace(
        "@njit(cache=True, ", "@njit("
    )
    kernel = _read(text)
    body = text[text.index(start) :] if (start := _start(text)) else text
    helpers = _definitions(wanted, dtypes)
    chosen = list(_closure(wanted, helpers))
    used = {name for helper in chosen for name in helpers.uses[helper]}
    parts = [t for name in helpers.texts if name in set(chosen) for t in helpers.texts[name]]
    head = _import_lines(
        {**{n: helpers.imports[n] for n in sorted(used & set(helpers.imports))}, **kernel.imports}
    )
    blocks = "\n\n\n".join([*parts, body])
    for name in {*chosen, *kernel.texts} & set(taken):
        free = f"{name}_"
        while re.search(_NAME.format(free), blocks) or free in taken:
            free += "_"
        blocks = _renamed(blocks, name, free)
        entry = free if name == entry else entry
    return f"{head}\n\n\n{blocks}", entry


def _imported(line: str) -> list[str]:
    found = _IMPORT.fullmatch(line)
    return found[1].split(", ") if found else []


def _start(text: str) -> str:
    """The first line that is no import."""
    return next(
        (line for line in text.split("\n") if line and not line.startswith(("import ", "from "))),
        "",
    )


def _renamed(text: str, name: str, other: str) -> str:
    return "\n".join(
        line if line.lstrip().startswith("#") else re.sub(_NAME.format(name), other, line)
        for line in text.split("\n")
    )


def _definitions(wanted: Collection[str], dtypes: Collection[str]) -> _Definitions:
    """All that a kernel that wants these helpers may need."""
    vector = [name for name in wanted if name in _VECTOR]
    out = _Definitions()
    _add(out, _copied())
    if not vector:
        return out
    if "float32" not in dtypes:
        _add(out, _read(vecmath_source(vector)))
        return out
    for dtype in ("float64", "float32"):
        _add(out, _read(vecmath_source(vector, dtype, suffix=f"_{dtype}")))
    for name in vector:
        _add(out, _read(_dispatch(name)))
    return out


def _dispatch(name: str) -> str:
    row = FUNCTIONS.get(name)
    parameters = ["x", "y"][: row.parameters if row else 1]
    return _DISPATCH.format(
        name=name,
        parameters=", ".join(parameters),
        single=" and ".join(f"{x} == types.float32" for x in parameters),
        converted=", ".join(f"np.float64({x})" for x in parameters),
    )


def _add(out: _Definitions, more: _Definitions) -> None:
    out.texts.update(more.texts)
    out.uses.update(more.uses)
    out.imports.update(more.imports)


@cache
def _copied() -> _Definitions:
    out = _Definitions()
    for name in _SOURCES:
        _add(out, _read(files("adjit.codegen").joinpath(name).read_text(encoding="utf-8")))
    return out


def _closure(wanted: Collection[str], helpers: _Definitions) -> Iterator[str]:
    """The wanted definitions and those that they use."""
    seen: set[str] = set()
    waiting = list(wanted)
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        if name not in helpers.texts:
            raise InternalError(f"{name} has no definition that can be saved")
        seen.add(name)
        unknown = helpers.uses[name] - set(helpers.texts) - set(helpers.imports)
        if unknown - set(dir(builtins)):
            raise InternalError(f"{name} uses {sorted(unknown)}")
        waiting += sorted(helpers.uses[name] & set(helpers.texts))
        yield name


def _read(text: str) -> _Definitions:
    """The definitions of a module, without annotations and comments."""
    out = _Definitions()
    for node in map(_unannotated, ast.parse(text).body):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in node.names:
                if isinstance(node, ast.Import):
                    out.imports[alias.asname or alias.name] = ast.Import([alias])
                else:
                    out.imports[alias.asname or alias.name] = ast.ImportFrom(
                        node.module, [alias], node.level
                    )
        elif isinstance(node, ast.FunctionDef):
            _add_text(out, _registered(node) or node.name, _plain(node))
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            _add_text(out, node.targets[0].id, node)
    return out


def _add_text(out: _Definitions, name: str, node: ast.stmt) -> None:
    found = [n for n in ast.walk(node) if isinstance(n, ast.Name)]
    local = {n.arg for n in ast.walk(node) if isinstance(n, ast.arg)}
    local |= {n.name for n in ast.walk(node) if isinstance(n, ast.FunctionDef)}
    local |= {n.id for n in found if isinstance(n.ctx, ast.Store)}
    out.texts.setdefault(name, []).append(ast.unparse(node))
    out.uses.setdefault(name, set()).update({n.id for n in found} - local - {name})


def _registered(node: ast.FunctionDef) -> str:
    """The name for which numba is given this overload."""
    for call in node.decorator_list:
        if (
            isinstance(call, ast.Call)
            and isinstance(call.func, ast.Name)
            and call.func.id == "overload"
            and isinstance(call.args[0], ast.Name)
        ):
            return call.args[0].id
    return ""


def _plain(node: ast.FunctionDef) -> ast.FunctionDef:
    """Without annotations."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.arg):
            inner.annotation = None
        elif isinstance(inner, ast.FunctionDef):
            inner.returns = None
        body = getattr(inner, "body", None)
        if isinstance(body, list):
            inner.body = [_unannotated(line) for line in body]  # type: ignore[attr-defined]
    return node


def _unannotated(line: ast.stmt) -> ast.stmt:
    if isinstance(line, ast.AnnAssign) and line.value is not None:
        return ast.copy_location(ast.Assign([line.target], line.value), line)
    return line


def _import_lines(imports: Mapping[str, ast.Import | ast.ImportFrom]) -> str:
    """One line for each module: the standard library, then numpy, then numba."""
    plain = {ast.unparse(node) for node in imports.values() if isinstance(node, ast.Import)}
    members: dict[str, set[str]] = {}
    for node in imports.values():
        if isinstance(node, ast.ImportFrom) and node.module:
            members.setdefault(node.module, set()).update(a.name for a in node.names)
    own = sorted(line for line in plain if not line.startswith("import num"))
    others = sorted(plain - set(own), reverse=True)
    others += [
        f"from {module} import {', '.join(sorted(found))}"
        for module, found in sorted(members.items())
    ]
    return "\n".join([*own, *([""] if own and others else []), *others])
