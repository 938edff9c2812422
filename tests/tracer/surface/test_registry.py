"""The tables as a whole: every row is shown by a sample, no argument is accepted and ignored."""

from __future__ import annotations

import dis
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from surface_run import trace_call
from surface_samples import SAMPLES

from adjit.ir.errors import ArgumentError, UnsupportedError
from adjit.tracer import dispatch, surface
from adjit.tracer.surface.signatures import signature_of
from adjit.tracer.surface.table import Row, parameters_taken

ROWS = {f: row for f, row in surface.LOWERINGS.items() if isinstance(row, Row)}
BY_METHOD = {name: row for name, row in surface.METHODS.items() if isinstance(row, Row)}
#: Parameters that change nothing of what a function does with plain arrays.
WITHOUT_EFFECT = {
    "kind": "sorted arrays are the same by every algorithm",
    "stable": "the sort is always stable",
    "optimize": "the order of the products is chosen from the sizes anyway",
}


def used_names(function: Callable[..., Any]) -> set[str]:
    """Local variables that a function reads, in itself or in the functions inside it."""
    codes, names = [function.__code__], set()
    while codes:
        code = codes.pop()
        codes += [c for c in code.co_consts if inspect.iscode(c)]
        for step in dis.get_instructions(code):
            if step.opname.startswith(("LOAD_FAST", "LOAD_DEREF", "LOAD_CLOSURE")):
                names |= set(step.argval if isinstance(step.argval, tuple) else (step.argval,))
    return names


def test_every_row_has_a_sample() -> None:
    shown = {f for sample in SAMPLES for f in (sample.function, *sample.covers)}
    names = {dispatch.qualified_name(f) for f in shown if dispatch.LOWERINGS.get(f) is None}
    missing = [f for f in surface.LOWERINGS if f not in shown]
    assert not missing
    short = {name.rpartition(".")[2] for name in names}
    assert not [name for name in surface.QUALIFIED if name.rpartition(".")[2] not in short]


@pytest.mark.parametrize("row", ROWS.values(), ids=lambda row: row.name)
def test_every_parameter_is_used_or_refused(row: Row) -> None:
    taken = parameters_taken(row.lower)
    known = set(row.signature().parameters)
    assert taken <= known | {"constant_values", "kwargs", "dtype"}, "a parameter that NumPy has not"
    unused = taken - used_names(row.lower) - set(WITHOUT_EFFECT)
    assert row.name in ("np.iscomplexobj", "np.isrealobj") or not unused


def _refusable() -> list[tuple[Callable[..., Any], str]]:
    return [
        (f, name)
        for f, row in ROWS.items()
        for name, p in signature_of(f).parameters.items()
        if name not in parameters_taken(row.lower)
        and name != "out"
        and p.kind in (p.KEYWORD_ONLY, p.POSITIONAL_OR_KEYWORD)
        and p.default is not p.empty
    ]


@pytest.mark.parametrize(("function", "name"), _refusable())
def test_what_a_row_leaves_out_is_refused(function: Callable[..., Any], name: str) -> None:
    positional = [
        p
        for p in signature_of(function).parameters.values()
        if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]
    args = [np.ones((2, 2)) for _ in positional]
    with pytest.raises(UnsupportedError, match=f"argument {name}="):
        trace_call(function, tuple(args), {name: "something else"})


def test_defaults_may_be_written_out() -> None:
    x = np.ones((2, 3))
    trace_call(np.sort, (x,), {"axis": -1, "kind": None, "order": None})
    trace_call(np.sum, (x,), {"axis": None, "dtype": None, "out": None})
    trace_call(np.concatenate, ([x, x],), {"axis": 0, "out": None, "casting": "same_kind"})


@pytest.mark.parametrize("name", ["order", "subok", "signature", "extobj"])
def test_ufuncs_refuse_what_they_do_not_honour(name: str) -> None:
    with pytest.raises((UnsupportedError, TypeError)):
        trace_call(np.add, (np.ones(2), np.ones(2)), {name: "dd->d"})


def test_every_method_has_a_sample() -> None:
    names = {
        name
        for sample in SAMPLES
        if inspect.isfunction(sample.function)
        for name in _attributes(sample.function.__code__)
    }
    assert set(surface.METHODS) - names == {"trace"}


def _attributes(code: Any) -> set[str]:
    inner = [_attributes(c) for c in code.co_consts if inspect.iscode(c)]
    return set(code.co_names).union(*inner)


def test_unknown_arguments_are_errors() -> None:
    with pytest.raises(ArgumentError, match=r"ndarray\.sum: got an unexpected keyword"):
        trace_call(lambda x: x.sum(axes=0), (np.ones(3),))
    with pytest.raises(ArgumentError, match=r"np\.clip: missing a required argument"):
        trace_call(np.clip, (), {})


def test_aliases_are_one_row() -> None:
    for one, other in (
        ("abs", "absolute"),
        ("divide", "true_divide"),
        ("mod", "remainder"),
        ("acos", "arccos"),
        ("pow", "power"),
        ("concat", "concatenate"),
    ):
        if hasattr(np, one):
            assert surface.LOWERINGS[getattr(np, one)] is not None
            assert getattr(np, other) in surface.LOWERINGS
