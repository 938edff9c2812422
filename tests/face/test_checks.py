"""`assert` and `raise` under traced conditions: compiled code raises where the function does."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from check_programs import PROGRAMS, V
from interpreted import Interpreted

from adjit import check_grads, errors, grad, jit, options, value_and_grad
from adjit.codegen.program import FAILURE
from adjit.ir.primitives.effects import ERRORS

COMPILED = (
    "guards",
    "nested",
    "in_a_loop",
    "newton",
    "chosen_entry",
    "gathered",
    "in_a_checkpoint",
    "only_checks",
    "changed_before",
    "sine_far_away",
)
SECOND = ("guards", "in_a_loop", "stays_below", "in_a_checkpoint", "in_an_inner_gradient", "nested")


def outcome(function: Callable[..., Any], arguments: Any) -> Any:
    """What a call returns; of an exception of the user's the class and the arguments."""
    try:
        with np.errstate(all="ignore"):
            return function(*arguments)
    except errors.AdjitError:
        raise
    except Exception as error:
        return type(error), error.args


def compare(name: str, transforms: Any, other: int = 0) -> None:
    function, inputs = PROGRAMS[name]
    made = [transform(function) for transform in transforms]
    raised = 0
    for arguments in inputs:
        expected = outcome(function, arguments)
        raised += isinstance(expected, tuple)
        for compiled in made:
            got = outcome(compiled, arguments)
            if isinstance(expected, tuple):
                assert got == expected
            else:
                assert not isinstance(got, tuple), f"{got} raised for {arguments}"
                if compiled is made[0]:
                    np.testing.assert_allclose(got, expected, rtol=1e-12)
    assert raised < len(inputs)


@pytest.mark.parametrize("name", PROGRAMS)
def test_exceptions_are_those_of_the_function(name):
    """Gradients are compared with differences besides (ADJIT_CHECK)."""
    compare(name, (jit, grad))


@pytest.mark.compiled
@pytest.mark.parametrize("name", COMPILED)
def test_kernels_raise_the_same(name):
    compare(name, (value_and_grad_value,))


@pytest.mark.parametrize("name", sorted(set(PROGRAMS) - set(COMPILED)))
def test_kernels_run_by_python_raise_the_same(name):
    compare(name, (kernel_run_by_python,))


def kernel_run_by_python(function):
    """The value by the kernel of `value_and_grad`."""
    made = value_and_grad(function)

    def call(*arguments):
        kernel = Interpreted(made.graph(*arguments))
        value, *_ = kernel(*arguments)
        if kernel.status:
            failure = kernel.program.failures[kernel.status // FAILURE - 1]
            raise ERRORS[failure.error](*failure.arguments)
        return value

    return call


def value_and_grad_value(function):
    made = value_and_grad(function)
    return lambda *arguments: made(*arguments)[0]


@pytest.mark.parametrize("name", SECOND)
def test_second_order(name):
    function, inputs = PROGRAMS[name]
    second = grad(lambda *arguments: np.sum(grad(function)(*arguments) ** 2))
    for arguments in inputs:
        expected = outcome(function, arguments)
        if isinstance(expected, tuple):
            assert outcome(second, arguments) == expected
        elif not np.isnan(arguments[0]).any() and not isinstance(outcome(second, arguments), tuple):
            with contextlib.suppress(*{AssertionError, ValueError, OverflowError, KeyError}):
                check_grads(function, arguments, order=2)


@pytest.mark.parametrize("policy", ["sqrt", "revolve:2"])
def test_loops_that_are_run_once_more(policy):
    def function(x):
        s = x[0]
        for i in range(len(x)):
            s = np.sin(s) * 0.5 + s + x[i]
            if s > 9:
                raise OverflowError("sum")
        return s * s

    with options(checkpoint=policy):
        made = grad(function)
        np.testing.assert_allclose(made(V), grad(function)(V))
        with pytest.raises(OverflowError, match="sum"):
            made(V * 9)


def test_what_is_checked_stays_without_readers():
    def function(x, y):
        for v in y:
            assert v > 0
        if y[0] > 9:
            raise ValueError("large")
        return x * 2

    made = grad(function)
    assert made(1.0, V) == 2
    with pytest.raises(AssertionError):
        made(1.0, -V)
    with pytest.raises(ValueError, match="large"):
        made(1.0, V + 9)
    assert made.source().count("raise") == 2


def test_a_check_runs_once():
    def function(x):
        s = 1.0
        while s < 50:
            s = s * x
            assert s < 100, "too far"
        return np.log(s)

    made = grad(function)
    made(1.5)
    assert made.source().count("too far") == 1


# Texts.


def test_texts_are_constants_or_show_the_expression():
    limit = 5

    def function(x, n):
        assert x.sum() < limit, f"more than {limit:03d} in {x}, {n}"
        if x[0] > 1:
            raise ValueError("x[0] is %s" % x[0], x[0], n + 0.5)
        return x.sum()

    made = grad(function)
    made(V, 3)
    with pytest.raises(AssertionError) as caught:
        made(V * 9, 3)
    assert caught.value.args == ("more than 005 in {x}, {n}",)
    with pytest.raises(ValueError, match="is") as other:
        made(np.array([2.0, 0.1]), 3)
    assert other.value.args == ("'x[0] is %s' % x[0]", "x[0]", "n + 0.5")


def test_notes_say_where():
    def function(x):
        assert x > 0
        return x

    made = jit(function)
    with pytest.raises(AssertionError):
        made(-1.0)
    assert "assert x > 0" in made.source() or "if not (x > 0)" in made.source()


# Saved modules.


guarded, _ = PROGRAMS["guarded"]


@pytest.mark.compiled
@pytest.mark.parametrize("form", ["numpy", "numba"])
def test_saved_functions_raise_too(form, tmp_path):
    made = grad(guarded)
    made(V)
    made.save(tmp_path / "saved.py", form=form)
    names: dict[str, Any] = {}
    exec((tmp_path / "saved.py").read_text(), names)
    saved = names["guarded_grad"]
    np.testing.assert_allclose(saved(V), 2 * V)
    for x in (-V, V * 10):
        assert outcome(saved, (x,)) == outcome(guarded, (x,))


def test_explanations_show_checks():
    made = grad(guarded)
    assert "LinAlgError" in str(made.explain(V))


# Refused.


def with_handler(x):
    try:
        if x < 0:
            raise ValueError("handled outside of the branch")
        y = x
    except (KeyError, ValueError):
        y = -x
    return y


def with_handler_of_all(x):
    try:
        assert x > 0
    except:  # noqa: E722
        x = -x
    return x


def with_suppression(x):
    y = x
    with contextlib.suppress(ValueError):
        if x < 0:
            raise ValueError("suppressed")
        y = x * 2
    return y


def with_leaving_finally(x):
    try:
        if x < 0:
            raise ValueError("swallowed")
        y = x * 2
    finally:
        return x
    return y


def handler_in_a_caller(x):
    def inner(v):
        if v < 0:
            raise ArithmeticError("found by the caller")
        return v

    try:
        y = inner(x)
    except ArithmeticError:
        y = 0 * x
    return y


class Mine(ValueError):
    """An exception that compiled code does not know."""


def other_class(x):
    if x < 0:
        raise Mine("mine")
    return x


def other_contents(x):
    if x < 0:
        raise ValueError("text", [1, 2])
    return x


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (with_handler, "handles it"),
        (with_handler_of_all, "handles it"),
        (with_suppression, "handles it"),
        (with_leaving_finally, "handles it"),
        (handler_in_a_caller, "handles it"),
        (other_class, "Mine is raised"),
        (other_contents, "more in it than text"),
    ],
)
def test_refused(function, reason):
    with pytest.raises(errors.UnsupportedError, match=reason) as caught:
        grad(function)(1.0)
    text = caught.value.location.text
    assert text.startswith(("if", "assert", "raise"))
