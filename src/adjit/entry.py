"""The generated call path of one specialisation.

A call must find out, in about a microsecond, whether this specialisation fits the arguments and
the state of the world, allocate the results, run the kernel and put the results together. The
text of that function is generated here from the structure of the arguments: no loops over leaves
and no dictionaries remain in it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from adjit.buffers import LARGE, recycled
from adjit.checks import MISS, Checked, EntryPlan, Writer, write_checks
from adjit.errors import UnsupportedError
from adjit.ir.dims import Size, Symbol, product, symbols_of
from adjit.ir.substitution import to_source
from adjit.results import result_expression

__all__ = ["MISS", "EntryPlan", "build_entry", "build_matcher", "replace_run"]


def build_entry(
    plan: EntryPlan, run: Callable[..., Any], *, outputs_passed: bool, name: str
) -> Callable[..., Any]:
    """The call path: a function of one value per parameter that returns the results or `MISS`.

    `run` takes the graph's inputs, then, when `outputs_passed`, an array for every output with
    axes; it returns a tuple of the other outputs (or of all of them).
    """
    w = Writer({"empty": np.empty, "recycled": recycled, "array": np.array})
    checked = write_checks(w, plan)
    _refuse_shared_memory(w, plan, checked)
    outputs = _run(w, plan, checked, run, outputs_passed)
    w.line(f"return {result_expression(plan.results, outputs, checked.leaves, w.bind)}")
    return w.compile(name, len(plan.structures))


def replace_run(entry: Callable[..., Any], run: Callable[..., Any]) -> None:
    """Let a call path made by `build_entry` run another function from now on."""
    entry.__globals__["run0"] = run


def build_matcher(plan: EntryPlan, *, name: str) -> Callable[..., bool]:
    """The checks of the call path alone: True where the call path would not return `MISS`."""
    w = Writer()
    write_checks(w, plan)
    w.line("return True")
    check = w.compile(name, len(plan.structures))
    return lambda *values: check(*values) is True


def _refuse_shared_memory(w: Writer, plan: EntryPlan, checked: Checked) -> None:
    """An argument that the function writes to must not overlap another: NumPy's result would then
    depend on it, and the graph takes them as separate."""
    arrays = [k for k, kind in enumerate(checked.kinds) if kind.form == "array"]
    for one in sorted(plan.written):
        for other in arrays:
            if one < other or (other < one and other not in plan.written):
                names = [plan.graph.inputs[k].name for k in (one, other)]
                w.line(
                    f"{w.bind('separate', require_separate)}({checked.inputs[one]}, "
                    f"{checked.inputs[other]}, {w.bind('C', names)})"
                )


def require_separate(
    a: np.ndarray[Any, Any], b: np.ndarray[Any, Any], names: Sequence[str]
) -> None:
    """Raise `UnsupportedError` when two arrays overlap in memory."""
    if np.may_share_memory(a, b) and np.shares_memory(a, b):
        raise UnsupportedError(
            f"{names[0]!r} and {names[1]!r} share memory, and the function writes to one of them",
            remedy=f"pass a copy of one of them: {names[1]}.copy()",
        )


def _run(
    w: Writer, plan: EntryPlan, checked: Checked, run: Callable[..., Any], outputs_passed: bool
) -> list[str]:
    """Allocate, call, and name the outputs."""
    arguments = [
        f"{v}[()]" if kind.form == "array" and not value.shape else v
        for v, kind, value in zip(checked.inputs, checked.kinds, plan.graph.inputs, strict=True)
    ]
    outputs = [f"r{k}" for k in range(len(plan.graph.outputs))]
    returned = outputs
    if outputs_passed:
        returned = []
        for variable, x in zip(outputs, plan.graph.outputs, strict=True):
            if x.shape:
                _allocate(w, variable, x.type.dtype, x.shape, checked.sizes)
                arguments.append(variable)
            else:
                returned.append(variable)
    if not outputs:  # nothing but constants is returned: there is nothing to run
        return outputs
    call = f"{w.bind('run', run)}({', '.join(arguments)})"
    if outputs_passed and len(returned) <= 1:
        w.line(f"{returned[0]} = {call}" if returned else call)
    else:
        w.line(f"{', '.join(returned)}, = {call}")
    return outputs


def _allocate(
    w: Writer, variable: str, dtype: Any, shape: Sequence[Size], names: Mapping[Symbol, str]
) -> None:
    for size in shape:
        if unknown := symbols_of(size) - set(names):
            raise UnsupportedError(
                f"a result has a size that depends on data ({', '.join(map(str, unknown))})",
                remedy="return something of fixed size, such as a sum, or use np.where",
            )
    d = w.bind("d", dtype)
    text = "(" + "".join(f"{to_source(n, names.__getitem__)}, " for n in shape) + ")"
    elements = product(shape)
    small = f"{variable} = empty({text}, {d})"
    limit = LARGE // dtype.itemsize
    if isinstance(elements, int):
        w.line(small if elements < limit else f"{variable} = recycled({text}, {d})")
    else:
        count = to_source(elements, names.__getitem__)
        w.line(f"{small} if {count} < {limit} else recycled({text}, {d})")
