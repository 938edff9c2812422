"""Names in generated code: valid identifiers, unique, the user's own where possible.

Only what `identifier` returns reaches generated source; it depends on nothing but its argument.
"""

from __future__ import annotations

import keyword
import unicodedata
from collections.abc import Iterable

#: Names that generated code uses itself: a user's variable of this name gets an underscore.
RESERVED = frozenset(
    {
        "ArithmeticError",
        "AssertionError",
        "Exception",
        "FloatingPointError",
        "IndexError",
        "KeyError",
        "LookupError",
        "NotImplementedError",
        "OverflowError",
        "RuntimeError",
        "TypeError",
        "ValueError",
        "ZeroDivisionError",
        "__debug__",
        "bool",
        "dataclasses",
        "dict",
        "erf",
        "erfc",
        "float",
        "int",
        "isinstance",
        "len",
        "list",
        "math",
        "max",
        "min",
        "nb",
        "njit",
        "np",
        "numba",
        "numpy",
        "prange",
        "range",
        "reserve",
        "reversed",
        "scipy",
        "slice",
        "tuple",
        "type",
        "zip",
    }
)


def identifier(text: str, fallback: str = "t") -> str:
    """A valid identifier as close to `text` as possible; `fallback` where nothing is left.

    Python compares identifiers after NFKC normalisation, so two names that look different may be
    the same: the normal form is what is returned.
    """
    plain = unicodedata.normalize("NFKC", text)
    kept = "".join(c if ("a" + c).isidentifier() else "_" for c in plain)
    if not kept.strip("_"):
        return fallback
    if not kept.isidentifier():
        kept = "_" + kept
    if keyword.iskeyword(kept) or kept in RESERVED or kept.startswith("__"):
        kept = kept.lstrip("_") + "_" if kept.startswith("__") else kept + "_"
    return kept if kept.isidentifier() else fallback


class Names:
    """Hands out unique names: the wish where it is free, else numbered."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self.taken: set[str] = {*taken, *RESERVED}

    def fresh(self, wish: str) -> str:
        """`wish`, else `wish_1`, `wish_2`, ..."""
        base = name = identifier(wish)
        k = 0
        while name in self.taken:
            k += 1
            name = f"{base}_{k}"
        self.taken.add(name)
        return name

    def numbered(self, stem: str) -> str:
        """`stem1`, `stem2`, ...: the first that is free."""
        k = 1
        while f"{stem}{k}" in self.taken:
            k += 1
        self.taken.add(f"{stem}{k}")
        return f"{stem}{k}"
