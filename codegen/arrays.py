"""Arrays as source text: the constants that a saved module brings along."""

from __future__ import annotations

import textwrap
from typing import Any, Literal

import numpy as np

#: An array of so many elements is written as numbers; a larger one as its bytes.
READABLE = 64
#: A larger array is no text any more: it has to be passed.
MOST = 100_000
_WIDTH = 88


def array_text(x: np.ndarray[Any, Any]) -> str:
    """An expression for the array: same dtype, same numbers, same memory order."""
    fortran = x.ndim > 1 and x.flags.f_contiguous and not x.flags.c_contiguous
    if x.size <= READABLE and x.dtype.kind in "biuf" and not _is_special(x):
        dtype = (
            ""
            if x.dtype in (np.float64, np.int64, np.bool_) and x.size
            else (f", dtype=np.{x.dtype.name}")
        )
        laid_out = ', order="F"' if fortran else ""
        text = f"np.array({_numbers(x)}{dtype}{laid_out})"
        return "\n    ".join(
            textwrap.wrap(text, _WIDTH, break_long_words=False, break_on_hyphens=False)
        )
    order: Literal["F", "C"] = "F" if fortran else "C"
    plain = x.astype(x.dtype.newbyteorder("<"), copy=False)
    lines = textwrap.wrap(plain.tobytes(order).hex(), _WIDTH) or [""]
    text = "".join(f'\n    "{line}"' for line in lines)
    shape = f"{x.shape}" if order == "C" else f'{x.shape}, order="F"'
    return (
        f'np.frombuffer(bytes.fromhex({text}), "{plain.dtype.str}")'
        f".astype(np.{'bool_' if x.dtype.kind == 'b' else x.dtype.name}).reshape({shape})"
    )


def _numbers(x: np.ndarray[Any, Any]) -> str:
    if x.ndim == 0:
        return repr(x.item())
    return "[" + ", ".join(map(_numbers, x)) + "]"


def _is_special(x: np.ndarray[Any, Any]) -> bool:
    """True with infinities and NaNs, which have no literal."""
    return x.dtype.kind == "f" and not bool(np.all(np.isfinite(x)))
