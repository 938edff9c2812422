"""Signatures of C functions, for NumPy releases in which `inspect` does not find them."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from typing import Any

import numpy as np

NO_VALUE: Any = getattr(np, "_NoValue")  # noqa: B009

# fmt: off
_LAMBDAS: dict[Callable[..., Any], Callable[..., Any]] = {
    math.hypot: lambda *coordinates: None,
    math.log: lambda x, base=math.e, /: None,
    np.arange: lambda start_or_stop, /, stop=None, step=1, *, dtype=None, device=None,
        like=None: None,
    np.array: lambda object, dtype=None, *, copy=True, order="K", subok=False, ndmin=0,
        ndmax=0, like=None: None,
    np.asanyarray: lambda a, dtype=None, order=None, *, device=None, copy=None, like=None: None,
    np.asarray: lambda a, dtype=None, order=None, *, device=None, copy=None, like=None: None,
    np.ascontiguousarray: lambda a, dtype=None, *, like=None: None,
    np.asfortranarray: lambda a, dtype=None, *, like=None: None,
    np.bincount: lambda x, /, weights=None, minlength=0: None,
    np.can_cast: lambda from_, to, casting="safe": None,
    np.concatenate: lambda arrays, /, axis=0, out=None, *, dtype=None, casting="same_kind": None,
    np.copyto: lambda dst, src, casting="same_kind", where=True: None,
    np.dot: lambda a, b, out=None: None,
    np.empty: lambda shape, dtype=None, order="C", *, device=None, like=None: None,
    np.empty_like: lambda prototype, /, dtype=None, order="K", subok=True, shape=None, *,
        device=None: None,
    np.inner: lambda a, b, /: None,
    np.promote_types: lambda type1, type2, /: None,
    np.putmask: lambda a, /, mask, values: None,
    np.ravel_multi_index: lambda multi_index, dims, mode="raise", order="C": None,
    np.result_type: lambda *arrays_and_dtypes: None,
    np.unravel_index: lambda indices, shape, order="C": None,
    np.vdot: lambda a, b, /: None,
    np.where: lambda condition, x=None, y=None, /: None,
    np.zeros: lambda shape, dtype=None, order="C", *, device=None, like=None: None,
}
_UFUNC_METHODS: dict[str, Callable[..., Any]] = {
    "reduce": lambda array, /, axis=0, dtype=None, out=None, keepdims=False,
        initial=NO_VALUE, where=True: None,
    "accumulate": lambda array, /, axis=0, dtype=None, out=None: None,
    "outer": lambda A, B, /, **kwargs: None,
    "at": lambda a, indices, b=None, /: None,
}
# fmt: on


def signature_of(function: Callable[..., Any]) -> inspect.Signature:
    """The signature that a call of `function` is bound by."""
    owner = getattr(function, "__self__", None)
    if isinstance(owner, np.ufunc):
        return inspect.signature(_UFUNC_METHODS[function.__name__])
    if function in _LAMBDAS:
        try:
            return inspect.signature(function)
        except ValueError:
            return inspect.signature(_LAMBDAS[function])
    return inspect.signature(function)
