"""Running a specialisation's program: the compiled kernel, or the reader's form interpreted."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from adjit import cache
from adjit.codegen import numpy_form
from adjit.errors import IndexingError
from adjit.interface import interface_of

if TYPE_CHECKING:
    from adjit.codegen.program import Program
    from adjit.specialize import Specialization

Run = Callable[..., Any]

#: Bits of a kernel's status.
OUT_OF_RANGE, TOO_LARGE = 1, 2


def make_runner(spec: Specialization) -> Run:
    """The function that the call path runs: graph inputs (and result arrays) in, results out."""
    return _interpreted(spec) if spec.backend == "numpy" else _compiled(spec)


def _interpreted(spec: Specialization) -> Run:
    function = numpy_form.load(numpy_form.emit(spec.graph, interface_of(spec), flat=True))

    def run(*values: Any) -> Any:
        with np.errstate(all="ignore"):
            return function(*values)

    return run


def _compiled(spec: Specialization) -> Run:
    program = kernel_program(spec)
    kernel = _load(spec, program)
    return _checked(spec, kernel, program) if program.checked else kernel


def kernel_program(spec: Specialization, *, wide: bool = False) -> Program:
    """The numba form; `wide` is the variant for arguments of sin and cos beyond the fast range."""
    from adjit.codegen import numba_form

    return numba_form.emit(spec.graph, spec.layouts, wide=wide)


def _load(spec: Specialization, program: Program) -> Run:
    from adjit.codegen.compile import load_kernel, signature_of

    path = cache.store_source(program.source, spec.task.generated_name)
    signature = signature_of(spec.graph, spec.layouts)
    try:
        return load_kernel(path, program, signature)
    except Exception:
        # Damaged machine code raises whatever unpickling it comes upon. Without it the kernel is
        # compiled anew; an error of the kernel itself comes again.
        if not cache.forget_machine_code(path):
            raise
        warnings.warn(f"adjit: the compiled code kept for {path.name} was damaged; it is compiled "
                      "anew", RuntimeWarning, stacklevel=2)
        return load_kernel(path, program, signature)


def _checked(spec: Specialization, kernel: Run, program: Program) -> Run:
    """Turn the kernel's status into an exception, or into a run of the wide variant."""
    wide: list[Run] = []

    def run(*values: Any) -> Any:
        status, *results = kernel(*values)
        if status & TOO_LARGE:
            if not wide:
                wide.append(_load(spec, kernel_program(spec, wide=True)))
            status, *results = wide[0](*values)
        if status & OUT_OF_RANGE:
            raise IndexingError(
                f"an index is out of range in {spec.task.name}",
                remedy="set ADJIT_BACKEND=numpy to run it statement by statement",
                location=spec.task.location)
        return results[0] if len(results) == 1 else tuple(results)

    return run
