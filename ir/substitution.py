"""Something in the place of a size's symbols: sizes, the numbers met while tracing, variables."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from adjit.ir.bounds import maximum, minimum
from adjit.ir.dims import Atom, Size, Symbol, floordiv, mod, symbol_size, symbols_of
from adjit.ir.errors import InternalError

_OPS: dict[str, Callable[[Size, Size], Size]] = {
    "//": floordiv,
    "%": mod,
    "min": minimum,
    "max": maximum,
}


def substitute(size: Size, table: Mapping[Symbol, Size]) -> Size:
    """`size` with symbols replaced by sizes."""
    if isinstance(size, int) or not table:
        return size
    total: Size = 0
    for monomial, coefficient in size.terms:
        term: Size = coefficient
        for atom in monomial:
            if isinstance(atom, Symbol):
                factor: Size = table.get(atom, symbol_size(atom))
            else:
                left, right = substitute(atom.left, table), substitute(atom.right, table)
                factor = _OPS[atom.op](left, right)
            term = term * factor
        total = total + term
    return total


def hint(size: Size) -> int | None:
    """The value of `size` under the hints of its symbols; None where a hint is missing."""
    table: dict[Symbol, Size] = {}
    for symbol in symbols_of(size):
        if symbol.hint is None:
            return None
        table[symbol] = symbol.hint
    value = substitute(size, table)
    if not isinstance(value, int):
        raise InternalError(f"size {size} does not evaluate under its hints")
    return value


def to_source(size: Size, name: Callable[[Symbol], str]) -> str:
    """`size` as a Python integer expression; `name` gives the variable of each symbol.

    The text is closed: it can stand as an operand of `*` without parentheses around it.
    """
    if isinstance(size, int):
        return str(size) if size >= 0 else f"({size})"
    text = ""
    for monomial, coefficient in size.terms:
        factors = [_atom_source(a, name) for a in monomial]
        if abs(coefficient) != 1 or not factors:
            factors.insert(0, str(abs(coefficient)))
        body = " * ".join(factors)
        if text:
            text += (" - " if coefficient < 0 else " + ") + body
        else:
            text = ("-" if coefficient < 0 else "") + body
    single = len(size.terms) == 1 and size.terms[0][1] == 1 and len(size.terms[0][0]) == 1
    return text if single else f"({text})"


def opened(text: str) -> str:
    """A closed text where it need not be: without the parentheses around all of it."""
    depth = 0
    for k, c in enumerate(text):
        depth += (c == "(") - (c == ")")
        if depth == 0:
            return text[1:-1] if c == ")" and k == len(text) - 1 else text
    return text


def _atom_source(atom: Atom, name: Callable[[Symbol], str]) -> str:
    if isinstance(atom, Symbol):
        return name(atom)
    left, right = to_source(atom.left, name), to_source(atom.right, name)
    if atom.op in ("min", "max"):
        return f"{atom.op}({left}, {right})"
    return f"({left} {atom.op} {right})"
