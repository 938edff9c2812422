"""Functions with checks: `assert` and `raise` under conditions on traced values.

`PROGRAMS` maps a name to a function of arrays and floats, and argument tuples, on both sides of
its checks. Whether an exception is raised, and which, must be the same compiled.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from adjit import checkpoint, grad

Arguments = tuple[Any, ...]
PROGRAMS: dict[str, tuple[Callable[..., Any], Sequence[Arguments]]] = {}
NUMBERS = [(-2.0,), (-0.5,), (0.0,), (0.5,), (1.5,), (3.0,), (7.0,), (np.nan,)]
V = np.array([0.3, 1.2, 0.7, 2.5, 0.1])
VECTORS = [(V,), (V - 0.5,), (V * 2,), (-V,), (V[:2],), (V * np.nan,)]
PAIRS = [(V, 0.0), (V, 1.0), (V, 3.0), (V, 12.0), (V, -1.0), (V[:3], 1.0)]


def program(inputs: Sequence[Arguments]) -> Callable[[Any], Any]:
    def add(function: Any) -> Any:
        PROGRAMS[function.__name__] = (function, inputs)
        return function

    return add


@program(NUMBERS)
def guards(x):
    if x <= 0:
        raise ValueError("x must be positive")
    assert x < 5, "too large"
    return np.log(x) ** 2


@program(NUMBERS)
def without_text(x):
    assert x > 0
    if x > 5:
        raise OverflowError
    return x**3


@program(NUMBERS)
def raises_in_the_end(x):
    if x > 1:
        y = np.sin(x)
    elif x > 0:
        y = x**2
    else:
        raise ArithmeticError("negative", 3, None)
    return y * x


@program(NUMBERS)
def returns_or_raises(x):
    if x > 1:
        return x**3
    if x > 0:
        return np.sqrt(x)
    raise np.linalg.LinAlgError("not positive")


@program(NUMBERS)
def nested(x):
    y = x * x
    if x < 1:
        if x < 0:
            raise ValueError("negative")
        if y > 0.2:
            raise KeyError("between")
        y = y + 1
    else:
        if y > 40:
            raise RuntimeError("large")
        y = y * 2
    return y


@program(NUMBERS)
def raises_after_checks(x):
    if x < 1:
        assert x > -1, "first"
        if x < 0:
            raise ValueError("second")
        raise TypeError("third")
    return x**2


def positive(x, name):
    if not x > 0:
        raise ValueError(f"{name} must be positive")
    return x


@program(NUMBERS)
def in_a_call(x):
    return np.log(positive(x, "x")) + np.log(positive(5 - x, "5 - x"))


@program(NUMBERS)
def expressions(x):
    y = np.sqrt(x) if x > 0 else positive(x, "x in an expression")
    return y if x < 1 or positive(6 - x, "6 - x") > 1 else y * 2


@program(NUMBERS)
def handled_inside(x):
    if x > 1:
        try:
            raise ValueError("inside")
        except ValueError:
            y = x**2
    else:
        y = x
    return y * 2


@program(NUMBERS)
def passes_by(x):
    try:
        if x < 0:
            raise ValueError("not for this handler")
        y = x**2
    except KeyError:
        y = x
    finally:
        z = 2.0
    with np.errstate(all="ignore"):
        assert x < 5, "in a with"
    return y * z


@program(VECTORS)
def in_a_loop(x):
    s = 0.0
    for i in range(len(x)):
        if x[i] < 0:
            raise ValueError("negative entry")
        s = s + np.sqrt(x[i]) * s + x[i]
    return s


@program(VECTORS)
def loop_of_checks(x):
    for i in range(len(x)):
        assert x[i] > 0, "entry"
    for i in range(1, len(x)):
        for j in range(i):
            if x[i] == 5.0 and x[j] > 0:
                raise LookupError("five")
    return np.sum(np.log(x))


@program(VECTORS)
def stays_below(x):
    s = 0.0
    for v in x:
        s = s + v * v
        if s > 20:
            raise OverflowError("sum")
        if v > 2.4:
            break
        if v < 0:
            continue
        s = s * v
    else:
        raise LookupError("no large entry")
    return s


@program(NUMBERS)
def newton(x):
    y, k = x, 0
    while abs(y * y - x) > 1e-12:
        y = 0.5 * (y + x / y)
        k += 1
        if k > 8:
            raise RuntimeError("no convergence")
    return y


@program(NUMBERS)
def while_raises(x):
    while x > 2:
        raise ValueError("more than 2")
    return x**2


@program(NUMBERS)
def checks_in_a_condition(x):
    s = 1.0
    while positive(x, "x of the condition") > s:
        s = s * 1.5 + x * 0.1
    return s * x


@program(PAIRS)
def chosen_entry(x, c):
    k = 0
    while k < 12 and c > k:
        k += 1
    if k >= len(x):
        raise IndexError("no such entry")
    return x[k] * np.exp(x[k])


@program(PAIRS)
def guarded_index(x, c):
    k = np.argmax(x * c)
    s, names = 0.0, {"entry": "the entry"}
    for i in range(len(x)):
        j = i + k
        if j >= len(x) + 3:
            raise IndexError(f"{names['entry']} is {'too':>5} far")
        if j < len(x):
            s += x[i] * x[j]
    assert c >= 0, "c is %s" % "negative"
    return s


@program(PAIRS)
def gathered(x, c):
    k = np.floor(x * c).astype(np.int64)
    if k.max() >= len(x) + 2:
        raise ValueError("out of range")
    if np.max(k) >= len(x):
        k = k - 2
    if k.min() < 0:
        raise TypeError("before the beginning")
    return np.sum(x[k] * x) * c


@program(PAIRS)
def found(x, c):
    y = np.zeros(len(x))
    for i in range(len(x)):
        if x[i] > c:
            return x[i] ** 2 + np.sum(y)
        y[i] = x[i] * 2
        assert y[i] < 4.8, "while searching"
    raise LookupError("nothing found")


@program(PAIRS)
def in_a_checkpoint(x, c):
    @checkpoint
    def step(s, v):
        if v * s > 9:
            raise OverflowError("step")
        return s + np.sin(v * s) * c

    s = c + 0.5
    for v in x:
        s = step(s, v)
    return s**2


@program(PAIRS)
def only_checks(x, c):
    @checkpoint
    def check(v):
        assert v < 2.9, "large"

    def hidden(v):
        if v < 0:
            raise ValueError("negative")

    for v in x:
        check(v * c)
    hidden(c)
    return np.sum(x**2) * c


@program(PAIRS)
def in_an_inner_gradient(x, c):
    def energy(v):
        if c < 0:
            raise ValueError("negative stiffness")
        assert np.sum(v) > 2, "too little"
        return np.sum(c * v**4)

    return np.sum(grad(energy)(x) * x)


@program(VECTORS)
def whole_arrays(x):
    assert np.all(x > 0), "not all positive"
    if np.any(x > 4):
        raise ValueError("some large")
    if not np.isfinite(x).all():
        raise FloatingPointError("not finite")
    return np.sum(x * np.log(x))


@program(VECTORS)
def between_array_statements(x):
    y = x * 2
    if y.sum() < 0:
        raise ValueError("sum")
    z = y + np.exp(x)
    assert z[0] < 4, "first"
    return np.sum(y * z)


@program(VECTORS)
def changed_before(x):
    y = x.copy()
    y[0] = 3.0
    if y[1] < 0:
        raise ValueError("second")
    y[1] = y[0] * y[1]
    if y[1] > 6:
        raise ValueError("product")
    return np.sum(y**2)


@program(VECTORS)
def guarded(x):
    if x[0] < 0:
        raise np.linalg.LinAlgError('not "positive"')
    for v in x:
        assert v < 4, "too large"
    return np.sum(x**2)


@program(NUMBERS)
def sine_far_away(x):
    assert np.sin(x * 1e9) <= 1.0, "no sine"
    if x > 5:
        raise ValueError("too large")
    return np.cos(x * 1e9) * 0 + x**2


class Model:
    """Checks in methods and properties."""

    def __init__(self, x):
        self.x = x
        if self.x < 0:
            raise ValueError("model")

    @property
    def root(self):
        assert self.x < 5, "root"
        return np.sqrt(self.x)


@program(NUMBERS)
def methods(x):
    return Model(x).root * 2


@program(NUMBERS)
def from_a_handler(x):
    if x > 1:
        try:
            raise KeyError("first")
        except KeyError as error:
            if x > 4:
                raise
            raise ValueError("second") from error
    return x**2


@program(PAIRS)
def counted(x, c):
    n = 0
    while n < c:
        n += 1
    s = 0.0
    for i in range(n):
        if i >= len(x):
            raise IndexError("i")
        s += x[i] ** 2
    return s


@program(PAIRS)
def slices(x, c):
    n = 0
    while n < c:
        n += 1
    y = x * 2
    if n > len(x):
        raise IndexError("n")
    return np.sum(x[:n] ** 2) * c + np.sum(y * np.exp(x))


@program(VECTORS)
def factors(x):
    A = np.outer(x, x)
    for i in range(len(x)):
        for j in range(i + 1):
            if A[i, j] < 0:
                raise np.linalg.LinAlgError("negative")
            if i == j:
                assert A[i, i] < 7
                A[i, i] = np.sqrt(A[i, i])
            else:
                A[i, j] = A[i, j] / (1 + A[j, j])
    return np.sum(A)
