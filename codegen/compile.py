"""From generated source to a compiled function.

numba keeps its machine code beside the source file, in `__pycache__`, so that a kernel which any
process compiled before, from a file of the same text, loads in milliseconds.

What is returned is numba's entry point without its dispatcher: it takes 0.1 to 0.2 µs less a call,
and it takes the caller's word for the dtypes, the numbers of axes and the layouts of the arrays.
An argument that is no array, or no number where one is expected, raises TypeError.
"""

from __future__ import annotations

import hashlib
import linecache
import sys
import threading
import types as python_types
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from numba import types
from numba.core.errors import NumbaWarning
from numba.np.numpy_support import from_dtype

from adjit.codegen.collector import paused
from adjit.codegen.program import Program
from adjit.ir.errors import InternalError
from adjit.ir.graph import Graph
from adjit.ir.values import Type

Signature = tuple[Any, ...]
Kernel = Callable[..., Any]

#: One kernel at a time, whichever thread asks: numba's compiler is not re-entrant.
LOCK = threading.RLock()


def signature_of(graph: Graph, layouts: Sequence[str]) -> Signature:
    """The numba types of a kernel's parameters: inputs, then the outputs that have axes."""
    inputs = [numba_type(v.type, layout) for v, layout in zip(graph.inputs, layouts, strict=True)]
    outputs = [numba_type(x.type, "C") for x in graph.outputs if x.shape]
    return (*inputs, *outputs)


def numba_type(type: Type, layout: str) -> Any:
    """The numba type of a value; scalars are passed as numbers."""
    dtype: Any = type.dtype
    element: Any = from_dtype(dtype)
    array: Any = types.Array
    return array(element, type.ndim, layout or "C") if type.shape else element


def compile_kernel(program: Program, signature: Signature) -> Kernel:
    """Compile a program that has no file: its lines show in tracebacks, nothing is kept on disk."""
    name = f"<kernel {_digest(program.source)}>"
    linecache.cache[name] = (len(program.source), None, program.source.splitlines(True), name)
    with LOCK, paused():
        return _entry_point(_dispatcher(name, program, cached=False), signature)


def load_kernel(path: Path, program: Program, signature: Signature) -> Kernel:
    """Compile the program whose text is the file `path`, or load it from numba's cache beside it.

    A damaged cache entry raises whatever unpickling it comes upon.
    """
    with LOCK, paused():
        return _entry_point(_dispatcher(str(path), program, cached=True), signature)


def _dispatcher(filename: str, program: Program, *, cached: bool) -> Any:
    """Run the module; its function has numba's dispatcher, not compiled yet."""
    text = program.source
    if not cached:
        text = text.replace("@njit(cache=True, ", "@njit(")
    # numba's cache names the module: it must be the same in every process, and importable.
    module = python_types.ModuleType(f"adjit_kernel_{_digest(filename + text)}")
    module.__file__ = filename
    sys.modules[module.__name__] = module
    exec(compile(text, filename, "exec"), module.__dict__)
    return getattr(module, program.entry)


def _entry_point(dispatcher: Any, signature: Signature) -> Kernel:
    with warnings.catch_warnings():
        # A folder that numba cannot write to: compiled all the same.
        warnings.simplefilter("ignore", NumbaWarning)
        dispatcher.compile(signature)
    compiled = list(dispatcher.overloads.values())
    if len(compiled) != 1:
        raise InternalError(f"{len(compiled)} versions of one kernel")
    # The entry point keeps its machine code alive by itself.
    entry: Kernel = compiled[0].entry_point
    return entry


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


__all__ = ["Kernel", "Signature", "compile_kernel", "load_kernel", "numba_type", "signature_of"]
