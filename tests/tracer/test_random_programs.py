"""Random programs of views, aliases and in-place writes give what NumPy gives."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from traced import assert_same, trace

from adjit.ir.errors import AdjitError

SLICES = [
    slice(None),
    slice(1, None),
    slice(None, -1),
    slice(None, None, -1),
    slice(None, None, 2),
    slice(2, 0, -1),
]
STEPS = [
    "alias",
    "slice",
    "row",
    "transpose",
    "ravel",
    "reshape",
    "newaxis",
    "copy",
    "swap",
    "flip",
    "gather",
    "mask",
    "write",
    "write_row",
    "add",
    "scale",
    "write_slice",
    "write_mask",
    "write_gather",
    "rebind",
    "squeeze",
    "sum_row",
]
programs = st.lists(
    st.tuples(st.sampled_from(STEPS), st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=12
)


def run(start, program):
    """A small machine over a list of arrays; each step makes a view, a copy, or writes."""
    arrays = [start]
    for name, i, j in program:
        x = arrays[i % len(arrays)]
        y = arrays[j % len(arrays)]
        part = SLICES[j % len(SLICES)]
        if name == "alias":
            arrays.append(x)
        elif name == "slice" and x.ndim:
            arrays.append(x[part])
        elif name == "row" and x.ndim > 1 and x.shape[0] > 0:
            arrays.append(x[j % x.shape[0]])
        elif name == "transpose":
            arrays.append(x.T)
        elif name == "ravel":
            arrays.append(x.ravel())
        elif name == "reshape" and x.size > 0:
            arrays.append(x.reshape((-1, 1) if j % 2 else (1, -1)))
        elif name == "newaxis":
            arrays.append(x[None] if j % 2 else x[..., None])
        elif name == "copy":
            arrays.append(x.copy())
        elif name == "swap" and x.ndim > 1:
            arrays.append(np.swapaxes(x, 0, -1))
        elif name == "flip" and x.ndim:
            arrays.append(np.flip(x, 0))
        elif name == "gather" and x.ndim and x.shape[0] > 0:
            arrays.append(x[[0, -1, 0]])
        elif name == "mask" and x.ndim == 1 and x.shape[0] > 1:
            x[x > j] += 1.0
        elif name == "write" and x.ndim and x.shape[0] > 0:
            x[-1] = float(j)
        elif name == "write_row" and x.ndim > 1 and x.shape[0] > 1:
            x[0] = x[1]
        elif name == "add" and x.shape == y.shape:
            x += y
        elif name == "scale":
            x *= 1.5
        elif name == "write_slice" and x.ndim and x.shape[0] > 2:
            x[1:] = x[:-1]
        elif name == "write_mask":
            x[x < j] = -1.0
        elif name == "write_gather" and x.ndim and x.shape[0] > 1:
            x[[1, 0]] = x[[0, 1]]
        elif name == "rebind" and x.ndim:
            arrays[i % len(arrays)] = x * 2.0
        elif name == "squeeze":
            arrays.append(x.squeeze())
        elif name == "sum_row" and x.ndim:
            arrays.append(np.asarray(x.sum(axis=0)))
    return arrays


STARTS = [
    np.arange(6.0),
    np.arange(12.0).reshape(3, 4),
    np.arange(24.0).reshape(2, 3, 4),
    np.asfortranarray(np.arange(12.0).reshape(3, 4)),
]


@settings(max_examples=150)
@given(st.sampled_from(range(len(STARTS))), programs)
def test_program(which: int, program: Any) -> None:
    start = STARTS[which]
    expected = run(start.copy(order="K"), program)
    try:
        traced = trace(lambda x: run(x, program), start.copy(order="K"))
    except AdjitError as error:
        assert "memory layout" in error.reason  # noqa: PT017
        return
    assert traced.holds(start)
    assert_same(traced(start), expected)
