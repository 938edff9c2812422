"""From generated source to a compiled function.

numba's disk cache lies beside the source file, in `__pycache__`, so a kernel that was compiled
before (by any process, from a file with the same text) loads in milliseconds.
"""

from __future__ import annotations

import linecache
import sys
import threading
import types as python_types
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numba import types
from numba.core.errors import NumbaWarning
from numba.np.numpy_support import from_dtype

from adjit.codegen.program import Program
from adjit.ir.graph import Graph
from adjit.ir.values import Type

Signature = tuple[Any, ...]

#: numba's compiler is not re-entrant: one kernel at a time, whichever thread asks.
LOCK = threading.RLock()


def signature_of(graph: Graph, layouts: Sequence[str]) -> Signature:
    """The numba types of a kernel's parameters: inputs, then outputs that have axes."""
    inputs = [_numba_type(v.type, layout)
              for v, layout in zip(graph.inputs, layouts, strict=True)]
    outputs = [_numba_type(x.type, "C") for x in graph.outputs if x.shape]
    return (*inputs, *outputs)


def _numba_type(type: Type, layout: str) -> Any:
    element = from_dtype(np.dtype(type.dtype))
    if not type.shape:
        return element
    # Read-only inputs are the caller's affair: nothing here writes to an input.
    return types.Array(element, type.ndim, layout or "C")


def compile_kernel(program: Program, signature: Signature) -> Callable[..., Any]:
    """Compile a program that has no file: for tests and for programs that are not kept.

    The result takes exactly the types of the signature; a call with other types raises TypeError.
    """
    name = f"<kernel {hash(program.source) & 0xFFFFFFFF:08x}>"
    linecache.cache[name] = (len(program.source), None, program.source.splitlines(True), name)
    return _compile(name, program.source, program.entry, signature, cached=False)


def load_kernel(path: Path, program: Program, signature: Signature) -> Callable[..., Any]:
    """Compile, or load from numba's cache beside it, the program whose text is the file `path`."""
    return _compile(str(path), program.source, program.entry, signature, cached=True)


def _compile(filename: str, source: str, entry: str, signature: Signature, *, cached: bool
             ) -> Callable[..., Any]:
    text = source if cached else source.replace("@njit(cache=True, ", "@njit(")
    code = compile(text, filename, "exec")
    with LOCK:
        module = python_types.ModuleType(f"adjit_kernel_{abs(hash((filename, text))):x}")
        module.__file__ = filename
        sys.modules.setdefault(module.__name__, module)
        exec(code, module.__dict__)
        dispatcher = getattr(module, entry)
        with warnings.catch_warnings():
            # numba warns where it cannot write its cache: the kernel is compiled all the same
            warnings.simplefilter("ignore", NumbaWarning)
            dispatcher.compile(signature)
        dispatcher.disable_compile()
    return dispatcher  # type: ignore[no-any-return]


__all__ = ["compile_kernel", "load_kernel", "signature_of"]
