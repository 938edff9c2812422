"""The language itself: every form of loop, branch and write that plain code uses."""

from dataclasses import dataclass

import numpy as np
from programs.case import Program


def else_of_a_loop(x, limit):
    """The sum stops at a limit, or is doubled where it never reached it."""
    total = 0.0
    for row in x:
        s = 0.0
        for v in row:
            s += v * v
            if s > limit:
                total += s
                break
        else:
            total += 2.0 * s
    return total


def while_else(x, target):
    i, total = 0, 0.0
    while i < len(x):
        total += x[i] ** 2
        if total > target:
            total = np.sqrt(total)
            break
        i += 1
    else:
        total = -total
    other, j = 1.0, 0
    while other < 50.0:
        other *= 1.5 + x[j % len(x)] ** 2
        j += 1
    else:
        other = np.log(other)
    return total + other


def nested_breaks(A, low, high):
    """Breaks of both loops through a flag, continue in the inner one."""
    total = 0.0
    stop = False
    for i in range(A.shape[0]):
        for j in range(A.shape[1]):
            if A[i, j] < low:
                continue
            if A[i, j] > high:
                stop = True
                break
            total += A[i, j] ** 3
        if stop:
            total *= 1.0 + i
            break
    return total


def return_from_nested_loops(A, threshold):
    best = 0.0
    for i in range(A.shape[0]):
        for j in range(A.shape[1]):
            best = best + A[i, j] * A[j, i % A.shape[1]]
            if best > threshold:
                return best * A[i, j]
    return best - 1.0


def returns_in_every_branch(x):
    def piece(v):
        if v < -1.0:
            return -2.0 * v - 1.0
        elif v < 0.0:
            return v * v
        if v < 1.0:
            return np.sin(v)
        return np.log(v) + np.sin(1.0)

    total = 0.0
    for v in x:
        total += piece(v) * (1.0 + 0.1 * total)
    return total


def chained_comparisons(x, a, b):
    total = 0.0
    for i in range(len(x)):
        if a < x[i] < b:
            total += (x[i] - a) * (b - x[i])
        elif not (a - 1 <= x[i] <= b + 1):
            total -= 0.1 * x[i] ** 2
        elif x[i] >= b or (x[i] < a and i % 2 == 0):
            total += 0.5 * np.exp(-x[i])
    return total


def conditional_expressions(x, y):
    total = 0.0
    for a, b in zip(x, y):
        low, high = (a, b) if a < b else (b, a)
        scale = 2.0 if low > 0 else (0.5 if high > 0 else 1.0)
        total += scale * (high - low) ** 2 + (a * b if a * b > 0 else -0.3 * a)
    return total


def guarded_index(x, links):
    """`and` and `or` keep an index from being used where it is not one."""
    n = len(x)
    total = 0.0
    for i in range(n):
        j = links[i]
        if j >= 0 and j < n and x[j] > 0:
            total += x[i] * x[j]
        if i == 0 or x[i - 1] < x[i]:
            total += 0.5 * x[i] ** 2
        if i + 2 < n and (x[i + 2] > 0.5 or x[i + 1] < -0.5):
            total -= x[i + 1] * x[i + 2]
    return total


def matched_modes(x, modes):
    """`match` on Python values, in a loop over a tuple of them."""
    y = x
    for mode in modes:
        match mode:
            case "square":
                y = y * y
            case ("scale", factor):
                y = factor * y
            case {"shift": amount}:
                y = y + amount
            case int(times):
                for _ in range(times):
                    y = np.tanh(y)
            case _:
                y = np.cumsum(y)
    return np.sum(y)


def defined_in_one_branch(x, use):
    total = 0.0
    for i in range(len(x)):
        if x[i] > 0:
            root = np.sqrt(x[i])
            positive = True
        else:
            positive = False
        if positive:
            total += root * (i + 1)
        else:
            total -= x[i]
    if use:
        extra = total**2
    if use:
        total += extra
    return total


def lists_of_arrays(x, w):
    """Lists that grow, shrink, are reversed and joined."""
    stages = []
    y = x
    for k in range(4):
        y = np.tanh(w[k] * y)
        stages.append(y)
    last = stages.pop()
    stages.insert(0, last * 2.0)
    stages.reverse()
    total = 0.0
    for k, stage in enumerate(stages):
        total += (k + 1) * np.sum(stage**2)
    return total + np.sum(np.concatenate(stages[1:3]))


def long_list(x, n):
    """One number is appended in each of many rounds."""
    values = []
    v = x[0]
    for i in range(n):
        v = 0.9 * v + x[i % len(x)]
        values.append(v)
    return np.sum(np.array(values) ** 2)


def dict_of_state(x, rate):
    state = {"mean": 0.0, "power": 0.0, "seen": 0}
    table = {"a": x[0], "b": x[1]}
    for i in range(len(x)):
        state["mean"] += rate * (x[i] - state["mean"])
        state["power"] = (1 - rate) * state["power"] + rate * x[i] ** 2
        state["seen"] += 1
        key = "a" if i % 2 else "b"
        table[key] = table[key] * x[i]
    return state["mean"] ** 2 + state["power"] + table["a"] + table["b"] / state["seen"]


class Oscillator:
    damping = 0.1

    def __init__(self, x, k):
        self.x = x
        self.v = 0.0
        self.k = k
        self.history = np.zeros(12)

    def step(self, i, dt):
        self.v += dt * self.acceleration()
        self.x += dt * self.v
        self.history[i] = self.x

    def acceleration(self):
        return -self.k * self.x - self.damping * self.v

    @property
    def energy(self):
        return 0.5 * self.v**2 + 0.5 * self.k * self.x**2


def attributes_of_an_object(x, k):
    o = Oscillator(x, k)
    for i in range(12):
        o.step(i, 0.1)
    return o.energy + np.sum(o.history**2)


@dataclass
class Layer:
    weights: np.ndarray
    bias: np.ndarray
    slope: float


def dataclasses_as_arguments(layers, x):
    for layer in layers:
        z = layer.weights @ x + layer.bias
        for i in range(len(z)):
            if z[i] < 0:
                z[i] *= layer.slope
        x = z
    return np.sum(x**2)


def integrate(f, a, b, n):
    h = (b - a) / n
    s = 0.5 * (f(a) + f(b))
    for i in range(1, n):
        s += f(a + i * h)
    return h * s


def functions_as_arguments(p, a, b):
    def bump(x):
        return np.exp(-p[0] * x * x) if x > 0.3 else p[1] * x

    pieces = [lambda x: np.sin(p[0] * x), lambda x: x**3 * p[1], bump]
    total = 0.0
    for f in pieces:
        total += integrate(f, a, b, 8)
    return total


def nonlocal_state(x):
    """A counter and an accumulator of the enclosing function."""
    calls = 0
    total = 0.0

    def add(v):
        nonlocal calls, total
        calls += 1
        if v > 0:
            total += v * calls
        else:
            total *= 0.5

    for v in x:
        add(v)
        add(v * v - 0.5)
    return total + calls


def rotated_buffers(x):
    """Tuple assignments that swap names, elements and rows."""
    a, b, c = x.copy(), 2.0 * x, np.zeros_like(x)
    for k in range(5):
        for i in range(len(x)):
            c[i] = np.sin(a[i]) + 0.5 * b[i - 1]
        a, b, c = b, c, a
    M = np.empty((3, len(x)))
    M[0], M[1], M[2] = a, b, c
    M[0], M[2] = M[2].copy(), M[0].copy()
    (p, q), *rest = (M[0, 0], M[0, 1]), M[1], M[2]
    return p * q + np.sum(rest[0] * rest[1])


def negative_steps(x):
    n = len(x)
    total = 0.0
    for i in range(n - 1, 0, -2):
        total += x[i] * x[i - 1] * i
    y = x[::-1]
    for i in range(n):
        total += 0.1 * y[i] * x[i] ** 2
    for i in reversed(range(1, n, 3)):
        total = 0.5 * total + x[-i]
    return total + np.sum(x[-2::-2])


def rows_and_pairs(A, w):
    """Iteration over rows, `enumerate` and `zip` over arrays, rows written in place."""
    A = A.copy()
    total = 0.0
    for row in A:
        row *= 0.5
        row[0] += 1.0
    for i, row in enumerate(A):
        for j, v in enumerate(row):
            total += (i + 1) * v / (j + 1.0)
    for k, (a, b, c) in enumerate(zip(A[0], w, A[1][::-1])):
        total += k * a * b - c
    for left, right in zip(A[:-1], A[1:]):
        total += left @ right
    return total


def symmetric_writes(x):
    n = len(x)
    a = np.zeros((n, n))
    for i in range(n):
        for j in range(i, n):
            a[i, j] = a[j, i] = x[i] * np.exp(-(x[j] ** 2))
    b = c = a
    b[0, 0] += 1.0
    return np.sum(c @ a) + c[0, 0]


def out_arguments(x, y):
    """NumPy's own `out=`, `copyto`, `fill`, in a loop."""
    buffer = np.empty_like(x)
    other = np.empty(len(x))
    total = 0.0
    for k in range(4):
        np.add(x, k * y, out=buffer)
        np.multiply(buffer, buffer, out=buffer)
        np.copyto(other, buffer)
        np.sqrt(other, out=other)
        other[0] = 0.0
        total += np.sum(other) + np.dot(buffer, y)
        if k == 2:
            buffer.fill(1.0)
            total += np.sum(buffer * x)
        np.tanh(y, out=y)
    return total


def masked_writes(x, k):
    x = x.copy()
    for step in range(4):
        x[x > 1.0] = 0.5
        x[x < -1.0] *= 0.25
        small = np.abs(x) < 0.4
        x[small] = k * x[small] + 0.1 * step
        x = x + 0.3 * np.roll(x, 1)
    return np.sum(x**2)


def overlapping_slices(x):
    """A slice of an array assigned to another slice of itself."""
    a = x.copy()
    for k in range(1, 4):
        a[k:] = a[:-k] * 0.5
        a[:-1] += a[1:]
        a[::2] -= 0.1 * a[::-1][::2]
        a[1:-1] = 0.25 * (a[:-2] + 2 * a[1:-1] + a[2:])
    return np.sum(a**2)


def empty_slices(A):
    """Rows up to the diagonal: the first one is empty."""
    n = A.shape[0]
    total = 0.0
    for i in range(n):
        total += np.sum(A[i, :i] ** 2) + A[i, :i] @ A[:i, i]
        before = A[i, :i]
        after = A[i, i + 1 :]
        if len(before) > 0:
            total += before[-1] * A[i, i]
        if len(after):
            total -= after.max()
    return total


def buffers_filled_later(x):
    """`np.empty`, part by part."""
    n = len(x)
    table = np.empty((n, 3))
    for i in range(n):
        table[i, 0] = x[i]
    for i in range(n):
        table[i, 1] = table[n - 1 - i, 0] ** 2
    table[:, 2] = np.cos(table[:, 0]) * table[:, 1]
    out = np.empty(2 * n)
    out[::2] = table[:, 2]
    for i in range(n):
        out[2 * i + 1] = out[2 * i] * x[i]
    return np.sum(out)


def writes_to_arguments(x, A, s):
    """All that the caller passes in is overwritten; it must not notice."""
    for i in range(len(x)):
        s += x[i]
        x[i] = s
        A[i % A.shape[0]] += x[i]
    A *= 0.5
    A[0, :] = A[-1, :]
    x[:] = x[::-1]
    return np.sum(A**2) + np.dot(x, x)


def normalise(v, out):
    out[:] = v / np.sqrt(np.sum(v**2) + 1.0)
    return out


def helper_returns_its_out(x):
    """What comes back is the buffer itself: later writes show in both names."""
    work = np.zeros_like(x)
    total = 0.0
    for k in range(3):
        u = normalise(x * (k + 1), work)
        u[0] += 1.0
        total += work[0] * np.sum(u)
        work[-1] = u[0] * 0.5
        total += u[-1]
    return total


def types_that_change(x):
    """An integer that becomes a float in the first round, and a bool that becomes a count."""
    s = 0
    top = None
    found = False
    for v in x:
        s = s + v
        if top is None or v > top:
            top = v
        found = found or s > 1.0
    bonus = 2.0 if found else 0.5
    return s * bonus + top**2


def integers_in_loops(x, n):
    """Integer arithmetic beside float: quotients, remainders, bits, powers of two."""
    total = 0.0
    k = 1
    for i in range(n):
        k = (5 * k + 3) % 16
        total += x[k % len(x)] * (1 << (i % 3)) / (1 + i // 2)
        if k & 1:
            total -= 0.1 * x[i % len(x)] ** 2
    while k > 0:
        total *= 1.0 + 0.01 * (k % 3)
        k //= 2
    return total


def sieve_of_rows(A, keep):
    """Counted rows are written to the front of a buffer, which is then cut."""
    out = np.zeros_like(A)
    n = 0
    for i in range(len(A)):
        if np.sum(A[i]) > keep:
            out[n] = A[i] ** 2
            n += 1
    total = np.sum(out[:n])
    for k in range(n):
        total += (k + 1) * np.sum(out[k] ** 2)
    return total


def loop_variable_afterwards(x):
    """The index and the element after the loop; a loop that never runs."""
    last = -1.0
    for i in range(len(x)):
        if x[i] > 1.0:
            break
        last = x[i]
    total = x[i] ** 2 + last * i
    for j in range(3, 3):
        total += 1e3 * j
    for k, v in enumerate(x[1:]):
        pass
    return total + v * k


def assertions_and_names(x):
    """Plain Python between: asserts on shapes, try, del, walrus, star arguments, f-strings."""
    assert x.ndim == 1, f"shape {x.shape}"
    assert len(x) > 2

    def norm(*parts, power=2.0):
        total = 0.0
        for p in parts:
            total += abs(p) ** power
        return total

    try:
        total = norm(*x[:3], power=3.0)
    except TypeError:
        total = 0.0
    i = 0
    while (v := x[i]) < 0.8 and i < len(x) - 1:
        total += v * v
        i += 1
    del i
    return total + v


def running_extremes(x):
    """max, min, abs and sum of builtins on traced numbers."""
    high, low = x[0], x[0]
    total = 0.0
    for i in range(1, len(x)):
        high = max(high, x[i])
        low = min(low, x[i], 0.5)
        total += (high - low) ** 2 + abs(x[i])
    return total + sum(v * v for v in x) + max(x) * min(abs(v) for v in x)


def comprehensions_in_loops(A, w):
    total = 0.0
    for i in range(A.shape[0]):
        parts = [a * w[j] for j, a in enumerate(A[i]) if j != i]
        total += np.prod(np.array(parts)) + sum(parts)
    norms = {k: np.sqrt(A[k] @ A[k]) for k in range(len(A))}
    return total + sum(norms.values()) / len(norms)


def recursion(x, depth):
    """A tree of halves, down to a depth in Python."""

    def area(lo, hi, level):
        mid = 0.5 * (lo + hi)
        if level == 0:
            return (hi - lo) * np.sin(mid * x[0]) * x[1]
        return area(lo, mid, level - 1) + area(mid, hi, level - 1)

    return area(0.0, x[2], depth)


def odd_pairs(n):
    for i in range(n):
        for j in range(i + 1, n):
            if (i + j) % 2:
                yield i, j


def generator_of_pairs(x):
    """A generator function feeds the loop."""
    total = 0.0
    for i, j in odd_pairs(5):
        total += (x[i] - x[j]) ** 2 if x[i] > x[j] else np.cos(x[i])
    return total


PROGRAMS = (
    Program(else_of_a_loop, lambda r: (r.normal(size=(5, 4)), 2.0), (0,)),
    Program(while_else, lambda r: (r.normal(size=6), 40.0), (0,)),
    Program(nested_breaks, lambda r: (r.normal(size=(5, 6)), -0.6, 2.1), (0,), second_order=True),
    Program(return_from_nested_loops, lambda r: (r.normal(size=(5, 4)), 3.0), (0,)),
    Program(
        returns_in_every_branch,
        lambda r: (np.array([0.3, -1.7, 2.2, -0.4, 1.4, -0.9]),),
        second_order=True,
    ),
    Program(chained_comparisons, lambda r: (2 * r.normal(size=12), -0.5, 1.2), (0, 1, 2)),
    Program(conditional_expressions, lambda r: (r.normal(size=7), r.normal(size=7)), (0, 1)),
    Program(
        guarded_index,
        lambda r: (r.normal(size=8), np.array([3, -1, 9, 0, 7, 2, 8, 1])),
        (0,),
        second_order=True,
    ),
    Program(
        matched_modes,
        lambda r: (r.normal(size=4), (("scale", 0.7), "square", {"shift": 0.3}, 2, None)),
        (0,),
    ),
    Program(
        defined_in_one_branch,
        lambda r: (r.normal(size=7), True),
        (0,),
        tags=frozenset({"refused"}),
    ),
    Program(lists_of_arrays, lambda r: (r.normal(size=3), r.normal(size=4)), (0, 1)),
    Program(long_list, lambda r: (r.normal(size=5), 40), (0,)),
    Program(dict_of_state, lambda r: (r.normal(size=6), 0.3), (0, 1), tags=frozenset({"unrolled"})),
    Program(attributes_of_an_object, lambda r: (1.2, 2.5), (0, 1), second_order=True),
    Program(
        dataclasses_as_arguments,
        lambda r: (
            [
                Layer(r.normal(size=(4, 3)), r.normal(size=4), 0.2),
                Layer(r.normal(size=(2, 4)), r.normal(size=2), 0.5),
            ],
            r.normal(size=3),
        ),
        (0, 1),
    ),
    Program(functions_as_arguments, lambda r: (np.array([1.3, 0.6]), 0.05, 1.45), (0, 1, 2)),
    Program(nonlocal_state, lambda r: (r.normal(size=6),)),
    Program(rotated_buffers, lambda r: (r.normal(size=5),), second_order=True),
    Program(negative_steps, lambda r: (r.normal(size=8),)),
    Program(rows_and_pairs, lambda r: (r.normal(size=(4, 3)), r.normal(size=3)), (0, 1)),
    Program(symmetric_writes, lambda r: (r.normal(size=4),), second_order=True),
    Program(out_arguments, lambda r: (r.uniform(0.5, 1, 5), r.uniform(0.5, 1, 5)), (0, 1)),
    Program(masked_writes, lambda r: (1.2 * r.normal(size=9), 0.7), (0, 1)),
    Program(overlapping_slices, lambda r: (r.normal(size=9),), second_order=True),
    Program(empty_slices, lambda r: (r.normal(size=(5, 5)),)),
    Program(buffers_filled_later, lambda r: (r.normal(size=5),), second_order=True),
    Program(
        writes_to_arguments, lambda r: (r.normal(size=5), r.normal(size=(3, 2)), 0.4), (0, 1, 2)
    ),
    Program(helper_returns_its_out, lambda r: (r.normal(size=4),), second_order=True),
    Program(types_that_change, lambda r: (r.normal(size=6),)),
    Program(integers_in_loops, lambda r: (r.normal(size=5), 11), (0,)),
    Program(sieve_of_rows, lambda r: (r.normal(size=(7, 3)), 0.2), (0,)),
    Program(loop_variable_afterwards, lambda r: (np.array([0.3, -0.5, 0.8, 1.6, 0.2]),)),
    Program(assertions_and_names, lambda r: (np.array([0.4, -0.3, 0.6, 0.7, 1.1]),)),
    Program(running_extremes, lambda r: (r.normal(size=8),)),
    Program(
        comprehensions_in_loops,
        lambda r: (r.normal(size=(3, 4)), r.normal(size=4)),
        (0, 1),
        tags=frozenset({"unrolled"}),
    ),
    Program(recursion, lambda r: (np.array([1.3, 0.7, 1.9]), 3), (0,)),
    Program(generator_of_pairs, lambda r: (r.normal(size=5),)),
)
