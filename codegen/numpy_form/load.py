"""Running generated source: a function from the text of a module."""

from __future__ import annotations

import linecache
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from adjit.codegen.program import Program


def load(program: Program) -> Callable[..., Any]:
    """The function of a program in the NumPy form.

    Tracebacks and `inspect.getsource` show its lines; the file name depends on the text only.
    """
    digest = sha256(program.source.encode()).hexdigest()[:16]
    file = f"<adjit {program.entry} {digest}>"
    linecache.cache[file] = (len(program.source), None, program.source.splitlines(True), file)
    namespace: dict[str, Any] = {"__name__": f"adjit_generated_{digest}"}
    exec(compile(program.source, file, "exec"), namespace)
    function: Callable[..., Any] = namespace[program.entry]
    return function
