"""What the generated code looks like, on screen and as a module of its own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from adjit.codegen import numpy_form
from adjit.codegen.save import save_module
from adjit.errors import ArgumentError
from adjit.interface import interface_of
from adjit.runner import kernel_program

if TYPE_CHECKING:
    from adjit.specialize import Specialization

FORMS = ("numpy", "numba")


def source(spec: Specialization, form: str) -> str:
    """The text of the generated module."""
    _check_form(form)
    if form == "numpy":
        return numpy_form.emit(spec.graph, interface_of(spec)).source
    return spec.program.source


def save(spec: Specialization, path: Path, form: str) -> Path:
    """Write the module; return its path."""
    import adjit

    _check_form(form)
    kernel = kernel_program(spec, wide=True) if form == "numba" else None
    guards = [(g.size, g.op, g.value, g.truth) for g in spec.capture.size_guards]
    save_module(
        spec.graph,
        interface_of(spec, saved=True),
        path,
        kernel=kernel,
        layouts=spec.layouts,
        guards=guards,
        version=adjit.__version__,
    )
    return path


def _check_form(form: str) -> None:
    if form not in FORMS:
        raise ArgumentError(f"form={form!r} is not known", remedy=f"choose among {FORMS}")
