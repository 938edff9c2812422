"""Twins of a program's module: the same source, in which every float is another kind of number.

A twin is the module loaded a second time, with stand-ins for its globals `np`, `math`, `abs` and
`float`: buffers made from scratch (`np.zeros(n)`) hold complex or longdouble numbers too.
"""

from __future__ import annotations

import builtins
import dataclasses
import importlib.util
import math
import sys
from collections.abc import Callable
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np
from programs.trees import is_float, map_leaves

DTYPES = {"complex": np.complex128, "wide": np.longdouble}
#: Functions that make an array from nothing, by how many positional arguments precede `dtype`.
_MAKERS = {"zeros": 1, "ones": 1, "empty": 1, "eye": 3, "identity": 1, "full": 2, "linspace": 9}
_OF_DATA = ("array", "asarray", "full_like")
_MATH = {"asin": "arcsin", "acos": "arccos", "atan": "arctan", "atan2": "arctan2"}


def _magnitude(x: Any) -> Any:
    """`abs` that is analytic on either side of 0."""
    return np.where(np.real(x) < 0, -x, x)[()]


def _variance(x: Any) -> Any:
    """Without complex conjugation."""
    return np.mean((x - np.mean(x)) ** 2)


_VARIANCES = {"var": _variance, "std": lambda x: np.sqrt(_variance(x))}


class _Numpy:
    """`numpy`, with floats of `dtype`."""

    def __init__(self, dtype: Any) -> None:
        self._dtype = dtype
        self.linalg = _Linalg()
        self.float64 = dtype

    def __getattr__(self, name: str) -> Any:
        if name in ("abs", "absolute") and self._dtype is np.complex128:
            return _magnitude
        if name in ("var", "std") and self._dtype is np.complex128:
            return _VARIANCES[name]
        made = getattr(np, name)
        if name in _MAKERS:
            return self._maker(made, _MAKERS[name])
        if name in _OF_DATA:
            return self._of_data(made)
        return made

    def _maker(self, made: Callable[..., Any], before: int) -> Callable[..., Any]:
        def make(*args: Any, **kwargs: Any) -> Any:
            if len(args) <= before:
                kwargs["dtype"] = self._wanted(kwargs.get("dtype", float))
            return made(*args, **kwargs)

        return make

    def _of_data(self, made: Callable[..., Any]) -> Callable[..., Any]:
        def make(*args: Any, **kwargs: Any) -> Any:
            kwargs = {k: self._wanted(v) if k == "dtype" else v for k, v in kwargs.items()}
            out = made(*args, **kwargs)
            return out.astype(self._dtype) if out.dtype == np.float64 else out

        return make

    def _wanted(self, dtype: Any) -> Any:
        return self._dtype if dtype in (float, np.float64, self._dtype) else dtype


class _Linalg:
    """`norm` of vectors without complex conjugation; solutions and determinants are analytic."""

    solve = staticmethod(np.linalg.solve)
    inv = staticmethod(np.linalg.inv)
    det = staticmethod(np.linalg.det)

    @staticmethod
    def norm(x: Any) -> Any:
        return np.sqrt(np.sum(x * x))


class _Math:
    """`math`, by NumPy's functions."""

    def __getattr__(self, name: str) -> Any:
        if name in ("pi", "inf", "e", "nan"):
            return getattr(math, name)
        return getattr(np, _MATH.get(name, name))


def _load(name: str, kind: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        f"{kind}_twin_of_{name}", sys.modules[name].__file__
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@cache
def twin(name: str, kind: str) -> ModuleType:
    """The twin of the module with this name."""
    module = _load(name, kind)
    dtype = DTYPES[kind]
    module.np = _Numpy(dtype)  # type: ignore[attr-defined]
    module.math = _Math()  # type: ignore[attr-defined]
    if kind == "complex":
        module.abs = _magnitude  # type: ignore[attr-defined]
    module.float = lambda x: x if isinstance(x, dtype) else dtype(builtins.float(x))  # type: ignore[attr-defined]
    return module


def as_twin(module: ModuleType, kind: str, tree: Any) -> Any:
    """Arguments with every float converted, and the twin's classes for the module's."""

    def leaf(x: Any) -> Any:
        if not is_float(x):
            return x
        return x.astype(DTYPES[kind]) if isinstance(x, np.ndarray) else DTYPES[kind](x)

    return _with_classes(module, map_leaves(leaf, tree))


def _with_classes(module: ModuleType, tree: Any) -> Any:
    if isinstance(tree, (list, tuple)) and not hasattr(tree, "_fields"):
        return type(tree)(_with_classes(module, x) for x in tree)
    if dataclasses.is_dataclass(tree):
        parts = {x.name: getattr(tree, x.name) for x in dataclasses.fields(tree)}
        return getattr(module, type(tree).__name__)(**parts)
    return tree
