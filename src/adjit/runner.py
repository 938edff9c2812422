"""Running a specialisation's program: the compiled kernel, or the reader's form interpreted."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from adjit import cache
from adjit.codegen import numpy_form
from adjit.codegen.program import EMPTY, FAILURE, INDEFINITE, SINGULAR, TOO_LARGE, Failure, Program
from adjit.errors import IndexingError, MatrixError, ShapeError
from adjit.interface import interface_of
from adjit.ir.primitives.effects import ERRORS
from adjit.ir.substitution import hint

if TYPE_CHECKING:
    from adjit.specialize import Specialization

Run = Callable[..., Any]


def make_runner(spec: Specialization) -> Run:
    """The function that the call path runs: graph inputs (and result arrays) in, results out."""
    if spec.backend == "numpy":
        return _interpreted(spec)
    if spec.backend == "auto" and is_long(spec):
        warnings.warn(
            f"adjit: {spec.task.name} has become {len(spec.graph.equations)} operations, because a "
            "Python loop in it is unrolled; compiling that would take long, so it is interpreted. "
            "Replace the loop by operations on whole arrays, or set ADJIT_BACKEND=numba to "
            "compile it",
            RuntimeWarning,
            stacklevel=2,
        )
        return interpret_once(spec)
    return _compiled(spec)


#: Operations, and lines of the kernel, from which a graph is not compiled unasked: it would take a
#: quarter of a minute and more.
LONG, LONG_TEXT = 3_000, 2_500
#: Elements that an interpreted first call may compute in all; beyond, compiling pays at once.
LITTLE_WORK = 1_000_000


def is_long(spec: Specialization) -> bool:
    """True when compiling would take so long that it is not done unasked."""
    return len(spec.graph.equations) > LONG or spec.program.source.count("\n") > LONG_TEXT


def worth_interpreting(spec: Specialization) -> bool:
    """True when the first call had better be interpreted: it is little work, in time and memory,
    and no compiled code is kept from earlier."""
    if spec.backend != "auto" or is_long(spec):
        return False
    sizes = [hint(v.type.size) for eqn in spec.graph.equations for v in eqn.outputs]
    if any(n is None for n in sizes) or sum(n or 0 for n in sizes) > LITTLE_WORK:
        return False
    path = cache.store_source(spec.program.source, spec.task.generated_name)
    return not cache.has_machine_code(path)


def interpret_once(spec: Specialization) -> Run:
    """The interpreted form, called as the compiled one: results are written where they go."""
    function = _interpreted(spec)
    inputs = len(spec.graph.inputs)

    def run(*values: Any) -> Any:
        places = iter(values[inputs:])
        scalars = []
        for x, result in zip(spec.graph.outputs, function(*values[:inputs]), strict=True):
            if x.shape:
                next(places)[...] = result
            else:
                scalars.append(result)
        return scalars[0] if len(scalars) == 1 else tuple(scalars)

    return run


def _interpreted(spec: Specialization) -> Run:
    function = numpy_form.load(numpy_form.emit(spec.graph, interface_of(spec), flat=True))

    def run(*values: Any) -> Any:
        # NumPy's arithmetic, not Python's: 1.0 / 0.0 is inf, (-1.0) ** 0.5 is nan
        numbers = [np.float64(v) if type(v) is float else v for v in values]
        with np.errstate(all="ignore"):
            return function(*numbers)

    return run


def _compiled(spec: Specialization, *, wide: bool = False) -> Run:
    program = kernel_program(spec, wide=True) if wide else spec.program
    kernel = _load(spec, program)
    return _checked(spec, kernel, program.failures) if program.checked else kernel


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
        warnings.warn(
            f"adjit: the compiled code kept for {path.name} was damaged; it is compiled anew",
            RuntimeWarning,
            stacklevel=2,
        )
        return load_kernel(path, program, signature)


def _exception(failure: Failure) -> Exception:
    """The exception that the user's code raises."""
    error = ERRORS[failure.error](*failure.arguments)
    if failure.location is not None:
        error.add_note(f"raised by the compiled code of {failure.location}")
    return error


def _checked(spec: Specialization, kernel: Run, failures: Sequence[Failure]) -> Run:
    """Turn the kernel's status into an exception, or into a run of the wide variant."""
    wide: list[Run] = []
    alone = all(x.shape for x in spec.graph.outputs)  # the status is all that it returns

    def recover(status: int, values: tuple[Any, ...]) -> Any:
        if status & TOO_LARGE:
            if not wide:
                wide.append(_compiled(spec, wide=True))
            return wide[0](*values)
        if status >= FAILURE:
            raise _exception(failures[status // FAILURE - 1])
        if status & EMPTY:
            raise ShapeError(
                f"{spec.task.name} takes the maximum or minimum of an empty array",
                remedy="pass initial=, or an array with elements",
                location=spec.task.location,
            )
        if status & (SINGULAR | INDEFINITE):
            raise MatrixError(
                "Singular matrix" if status & SINGULAR else "Matrix is not positive definite",
                remedy="set ADJIT_BACKEND=numpy to run it statement by statement",
                location=spec.task.location,
            )
        raise IndexingError(
            f"an index is out of range in {spec.task.name}",
            remedy="set ADJIT_BACKEND=numpy to run it statement by statement",
            location=spec.task.location,
        )

    def run(*values: Any) -> Any:
        returned = kernel(*values)
        status = returned if alone else returned[0]
        if status:
            return recover(status, values)
        if alone:
            return None
        return returned[1] if len(returned) == 2 else returned[1:]

    return run
