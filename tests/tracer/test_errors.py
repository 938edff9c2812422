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


def none_in_one_arm(x):
    y = None
    if x[0] > 0:
        y = x * 2
    return y + 1  # here: y


def bound_in_one_arm(x):
    if x[0] > 0:
        y = x
    return y  # here: y


def two_shapes(x):
    y = x[1:] if x[0] > 0 else x  # here: x[1:] if x[0] > 0 else x
    return y.sum()


def two_types_returned(x):
    if x[0] > 0:  # here: if x[0] > 0:
        return x
    return "negative"


def list_grows_in_one_arm(x):
    out = [x]
    if x[0] > 0:  # here: if x[0] > 0:
        out.append(x)
    return sum(out)


def list_grows_in_some_turns(x):
    out = []
    for v in x:
        if v > 1:  # here: if v > 1:
            out.append(v)  # noqa: PERF401
    return np.array(out)


def array_grows_in_while(x):
    while np.sum(x) < 100:  # here: while np.sum(x) < 100:
        x = np.append(x, 1.0)
    return x


def iterator_in_while(x):
    scales = iter([1.0, 2.0, 3.0])
    while x[0] < 5:  # here: while x[0] < 5:
        x = x * next(scales)
    return x


def int_traced(x):
    return [1, 2, 3][int(x[0])]  # here: int(x[0])


def bool_traced(x):
    return bool(x[0])  # here: bool(x[0])


def list_index(x):
    k = np.argmax(x)
    return [x, x, x][k]  # here: [x, x, x][k]


def count_as_list_index(x):
    s, k = x[0], 0
    while s < 10:
        s = s * 2
        k += 1
    return [x, x, x, x, x][k]  # here: [x, x, x, x, x][k]


def layers_of_traced_count(x):
    layers = [x] * 5
    for i in range(np.argmax(x)):  # here: for i in range(np.argmax(x)):
        x = layers[i] * x
    return x


class Stopped(ArithmeticError):
    """Compiled code raises Python's own exceptions only."""


def raise_traced(x):
    if x[0] < 0:
        raise Stopped("negative")  # here: raise Stopped("negative")
    return x


def print_in_loop(x):
    for v in x:
        print(v)  # here: print(v)
    return x


def generator(x):
    def doubled():
        for v in x:
            yield v * 2

    return sum(doubled())  # here: doubled()


def two_views(x):
    a, b = x.copy(), x.copy()
    if x[0] > 0:
        a = b
    a[0] = 5.0  # here: a[0] = 5.0
    return b


def assert_traced(x):
    try:
        assert np.all(x > 0)  # here: assert np.all(x > 0)
    except AssertionError:
        x = -x
    return x


def filter_traced(x):
    return [v for v in x if v > 0]  # here: v > 0


def sorted_traced(x):
    return sorted(x)  # here: sorted(x)


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
        return 1 if bool(v > 0) else 0  # here: bool(v > 0)

    return x * condition(x[0])


def async_comprehension(x):
    return int(np.sum(x))  # here: int(np.sum(x))


DATA = [
    none_in_one_arm,
    bound_in_one_arm,
    two_shapes,
    two_types_returned,
    list_grows_in_one_arm,
    list_grows_in_some_turns,
    array_grows_in_while,
    iterator_in_while,
    count_as_list_index,
    int_traced,
    bool_traced,
    list_index,
    layers_of_traced_count,
    filter_traced,
    sorted_traced,
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
    assert_traced,
    raise_traced,
    print_in_loop,
    generator,
    two_views,
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
    assert error.location.text.split("  # here: ")[0] == expected
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
            return x if bool(x[0]) else -x
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


def while_whole(x):
    while x > 1:  # here: while x > 1:
        x = x / 2
    return x


def if_whole(x):
    if x > 0:  # here: if x > 0:
        return x
    return -x


def conditional_whole(x):
    return x if x > 0 else -x  # here: return x if x > 0 else -x


def and_whole(x):
    return x > 0 and x < 2  # here: return x > 0 and x < 2


def not_whole(x):
    return not x  # here: return not x


def in_helper(x):
    s = 0.0
    for v in x:
        s += v if positive(x) else 0.0
    return s


def positive(x):
    if x > 0:  # here: if x > 0:
        return True
    return False


@pytest.mark.parametrize(
    "function", [while_whole, if_whole, conditional_whole, and_whole, not_whole, in_helper]
)
def test_truth_of_whole_arrays(function: Callable[..., Any]) -> None:
    with pytest.raises(ValueError, match="truth value of an array with more than one element"):
        function(X)
    with pytest.raises(ValueError, match="truth value of an array with more than one") as caught:
        trace(function, X)
    here = (positive if function is in_helper else function).__code__.co_firstlineno
    lines = FILE.read_text().splitlines()
    line = next(k for k in range(here, here + 5) if "# here:" in lines[k - 1])
    assert f"{FILE}:{line}" in str(caught.value.__notes__)


def test_runaway_unrolling() -> None:
    def f(x):
        scales = [1.0, 2.0, 3.0]
        for k in range(30_000):
            x = x + scales[k % 3]
        return x

    with (
        pytest.warns(
            RuntimeWarning, match="unrolled, one copy of its body for each of 30000 turns"
        ),
        pytest.raises(TraceError, match=r"grown to 200\d\d operations"),
    ):
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
