"""What cannot be captured is an error that names file, line, expression, reason and remedy."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.linalg
from traced import compare, trace

from adjit.ir.errors import (
    AdjitError,
    DataDependentError,
    LeakedTraceError,
    ShapeError,
    TraceError,
    UnsupportedError,
)

X = np.array([1.0, 2.0, 3.0])
RNG = np.random.default_rng(0)
FILE = Path(__file__).resolve()


def if_traced(x):
    if x[0] > 0:  # here: x[0] > 0
        return x
    return -x


def if_sum(x):
    y = x * 2
    if np.sum(y):  # here: np.sum(y)
        return x
    return y


def while_traced(x):
    s = x[0]
    while s > 1:  # here: s > 1
        s = s / 2
    return s


def conditional_traced(x):
    return x if x[0] > 0 else -x  # here: x if x[0] > 0 else -x


def and_traced(x):
    return x[0] > 0 and x[1] > 0  # here: x[0] > 0 and x[1] > 0


def not_traced(x):
    return not x[0]  # here: not x[0]


def chained_comparison(x):
    return 0 < x[0] < 1  # here: 0 < x[0] < 1


def int_traced(x):
    return [1, 2, 3][int(x[0])]  # here: int(x[0])


def bool_traced(x):
    return bool(x[0])  # here: bool(x[0])


def list_index(x):
    k = np.argmax(x)
    return [x, x, x][k]  # here: [x, x, x][k]


def range_traced(x):
    for _ in range(np.argmax(x)):  # here: range(np.argmax(x))
        x = x + 1
    return x


def assert_traced(x):
    assert np.all(x > 0)  # here: np.all(x > 0)
    return x


def filter_traced(x):
    return [v for v in x if v > 0]  # here: [v for v in x if v > 0]


def sorted_traced(x):
    return sorted(x)  # here: sorted(x)


def any_traced(x):
    return any(x > 2)  # here: any(x > 2)


def f_string(x):
    return f"{x[0]}"  # here: f"{x[0]}"


def percent(x):
    return "%f" % x[0]  # here: "%f" % x[0]


def print_traced(x):
    print("x", x)  # here: print("x", x)
    return x


def print_list(x):
    print([x])  # here: print([x])
    return x


def dict_key(x):
    return {x[0]: 1}  # here: {x[0]: 1}


def match_traced(x):
    match x[0]:
        case 1.0:  # here: match x[0]:
            return x
    return -x


def round_to_int(x):
    return round(x[0])  # here: round(x[0])


def int_of_round(x):
    return x[int(np.round(x[0]))]  # here: int(np.round(x[0]))


def unknown_function(x):
    return scipy.linalg.expm(x)  # here: scipy.linalg.expm(x)


def unknown_in_list(x):
    return scipy.linalg.block_diag(*[x, x])  # here: scipy.linalg.block_diag(*[x, x])


def unknown_method(x):
    return x.tobytes()  # here: x.tobytes


def random_numbers(x):
    return x + np.random.normal(size=3)  # here: np.random.normal(size=3)


def random_generator(x):
    return x + RNG.normal(size=3)  # here: RNG.normal(size=3)


def random_fresh(x):
    return x + np.random.default_rng(0).normal(size=3)  # here: np.random.default_rng(0)


def random_module(x):
    return x * random.random()  # here: random.random()


def clock(x):
    return x * time.time()  # here: time.time()


def reads_file(x):
    return x * len(open("/etc/hostname").read())  # here: open("/etc/hostname")


def evaluates(x):
    return eval("x")  # here: eval("x")


def complex_number(x):
    return x * 1j  # here: x * 1j


def shape_mismatch(x):
    y = np.ones(5)
    return x + y  # here: x + y


def assigns_shape(x):
    x.shape = (3, 1)  # here: x.shape = (3, 1)
    return x


def in_array(x):
    return 2.0 in x  # here: 2.0 in x


def in_list(x):
    return x[0] in [1.0, 2.0]  # here: x[0] in [1.0, 2.0]


def equal_lists(x):
    return [x[0]] == [1.0]  # here: [x[0]] == [1.0]


def inner_function(x):
    def condition(v):
        return 1 if v > 0 else 0  # here: 1 if v > 0 else 0

    return x * condition(x[0])


def async_comprehension(x):
    return int(np.sum(x))  # here: int(np.sum(x))


DATA = [
    if_traced,
    if_sum,
    while_traced,
    conditional_traced,
    and_traced,
    not_traced,
    chained_comparison,
    int_traced,
    bool_traced,
    list_index,
    range_traced,
    assert_traced,
    filter_traced,
    sorted_traced,
    any_traced,
    f_string,
    percent,
    in_array,
    in_list,
    int_of_round,
    inner_function,
    round_to_int,
    async_comprehension,
    match_traced,
]
UNSUPPORTED = [
    unknown_function,
    unknown_in_list,
    unknown_method,
    random_numbers,
    random_generator,
    random_fresh,
    random_module,
    clock,
    reads_file,
    evaluates,
    print_traced,
    print_list,
    assigns_shape,
]
OTHERS = [complex_number, shape_mismatch, dict_key, equal_lists]


@pytest.mark.parametrize("function", DATA + UNSUPPORTED + OTHERS)
def test_location(function: Callable[..., Any]) -> None:
    with pytest.raises((AdjitError, TypeError)) as caught:
        trace(function, X)
    lines = FILE.read_text().splitlines()
    first = function.__code__.co_firstlineno
    line = next(k for k in range(first, first + 12) if "# here:" in lines[k - 1])
    expected = lines[line - 1].split("# here: ")[1]
    error = caught.value
    if not isinstance(error, AdjitError):
        assert f"{FILE}:{line}" in "".join(error.__notes__)
        return
    assert error.location is not None
    assert Path(error.location.file).resolve() == FILE
    assert error.location.text == expected
    assert error.location.line == (line - 1 if function is match_traced else line)
    assert error.remedy
    assert str(error).startswith(f"{error.location.file}:{error.location.line}, in ")


@pytest.mark.parametrize("function", DATA)
def test_data_dependent(function: Callable[..., Any]) -> None:
    with pytest.raises(DataDependentError):
        trace(function, X)


@pytest.mark.parametrize("function", UNSUPPORTED)
def test_unsupported(function: Callable[..., Any]) -> None:
    with pytest.raises(UnsupportedError):
        trace(function, X)


def test_shapes_are_named() -> None:
    with pytest.raises(ShapeError, match=r"\(3,\) and \(5,\)"):
        trace(shape_mismatch, X)


def test_own_exceptions_pass_with_a_note() -> None:
    class Mine(Exception):
        pass

    def check(n):
        if n < 10:
            raise Mine(f"too short: {n}")

    def f(x):
        check(len(x))
        return x

    with pytest.raises(Mine, match="too short: 3") as caught:
        trace(f, X)
    (note,) = caught.value.__notes__
    assert str(FILE) in note
    assert "in check" in note
    assert 'raise Mine(f"too short: {n}")' in note


def test_handlers_do_not_swallow() -> None:
    def catches_all(x):
        try:
            return x if x[0] > 0 else -x
        except Exception:
            return x

    def catches_type_error(x):
        try:
            k = int(x[0])
        except TypeError:
            k = 0
        return x[k]

    def returns_in_finally(x):
        try:
            return bool(x[0])
        finally:
            return x

    def suppresses(x):
        import contextlib

        with contextlib.suppress(Exception):
            return int(x[0])
        return x

    for function in (catches_all, catches_type_error, returns_in_finally, suppresses):
        with pytest.raises(DataDependentError):
            trace(function, X)


def test_runaway_unrolling() -> None:
    def f(x):
        for _ in range(30_000):
            x = x + 1
        return x

    with pytest.raises(TraceError, match=r"grown to 200\d\d operations"):
        trace(f, X)


def test_control_flow_without_source() -> None:
    space: dict[str, Any] = {}
    exec("def f(x):\n    return x if x[0] > 0 else -x", space)
    with pytest.raises(DataDependentError):
        trace(space["f"], X)


def test_other_threads() -> None:
    from concurrent.futures import ThreadPoolExecutor

    space: dict[str, Any] = {"pool": ThreadPoolExecutor(1)}
    exec("def run(f):\n    return pool.submit(f).result()", space)
    run = space["run"]

    def f(x):
        return run(lambda: x + 1)

    with pytest.raises(LeakedTraceError, match=r"thread|after its trace"):
        trace(f, X)


def test_async_functions() -> None:
    async def f(x):
        return x

    with pytest.raises((UnsupportedError, TypeError)):
        trace(lambda x: f(x) + 1, X)


def test_source_edited_since_import(tmp_path: Path) -> None:
    import importlib.util
    import linecache

    path = tmp_path / "edited_module.py"
    path.write_text("def f(x):\n    return x * 2\n")
    spec = importlib.util.spec_from_file_location("edited_module", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    path.write_text("def f(x):\n    return x * 3\n")
    linecache.clearcache()
    compare(module.f, X)


def test_static_raise_is_guarded() -> None:
    def f(x):
        if x.shape[0] > 5:
            raise ValueError("too long")
        return x

    traced = trace(f, X)
    assert traced.holds(np.ones(4))
    assert not traced.holds(np.ones(6))
