"""`np.einsum`: subscripts with ellipses, repeated and omitted labels, any number of operands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import combinations
from math import prod
from typing import Any

import numpy as np

from adjit.ir.errors import ArgumentError
from adjit.ir.values import Operand
from adjit.tracer.surface import kit
from adjit.tracer.surface.contractions import diagonals, product, summed_alone
from adjit.tracer.surface.table import lowers
from adjit.tracer.trace import Trace

Labels = tuple[int, ...]
_ELLIPSIS = -1000


@lowers(np.einsum)
def einsum(t: Trace, *operands: Any, optimize: Any = False, dtype: Any = None) -> Any:
    arrays, inputs, output = _parse(t, operands)
    xs = [kit.array(t, x) for x in arrays]
    common = np.result_type(*(x.dtype for x in xs)) if dtype is None else np.dtype(dtype)
    labels = [_expanded(t, names, x.ndim) for names, x in zip(inputs, xs, strict=True)]
    out = _output_labels(t, labels, output)
    if len(xs) == 1 and set(labels[0]) == set(out) and common == xs[0].dtype:
        view = _view(t, xs[0], labels[0], out)
        if view is not None:
            return view
    values = [kit.operand(t, x, common) for x in xs]
    return t.wrap(_contracted(t, values, labels, out))


def _view(t: Trace, x: Any, labels: Labels, out: Labels) -> Any:
    """A transposition is a view of the operand, as in NumPy."""
    if len(set(labels)) != len(labels):
        return None
    return x.transpose_view(tuple(labels.index(label) for label in out))


def _parse(t: Trace, operands: Sequence[Any]) -> tuple[list[Any], list[Any], Any]:
    """(arrays, the labels of each, the output's labels or None) from either calling form."""
    if not operands:
        raise t.error(ArgumentError, "einsum without operands", "give subscripts and arrays")
    if not isinstance(operands[0], str):
        return _parse_lists(t, operands)
    text = operands[0].replace(" ", "")
    left, arrow, right = text.partition("->")
    terms = left.split(",")
    arrays = list(operands[1:])
    if len(terms) != len(arrays):
        raise t.error(
            ArgumentError,
            f"einsum: {len(terms)} terms in {operands[0]!r}, {len(arrays)} arrays given",
            "write one term for each array",
        )
    inputs = [_letters(t, term, operands[0]) for term in terms]
    return arrays, inputs, _letters(t, right, operands[0]) if arrow else None


def _letters(t: Trace, term: str, text: str) -> list[int]:
    """Labels as numbers in the alphabet's order (A-Z before a-z, as NumPy sorts them)."""
    names = term.replace("...", ".")
    if not all(c == "." or (c.isascii() and c.isalpha()) for c in names) or names.count(".") > 1:
        raise t.error(
            ArgumentError,
            f"einsum: {term!r} in {text!r} is not made of letters",
            "name the axes by letters, and the others by one ellipsis",
        )
    return [_ELLIPSIS if c == "." else ord(c) for c in names]


def _parse_lists(t: Trace, operands: Sequence[Any]) -> tuple[list[Any], list[Any], Any]:
    output = operands[-1] if len(operands) % 2 else None
    pairs = operands[: len(operands) // 2 * 2]

    def numbers(term: Sequence[Any]) -> list[int]:
        return [_ELLIPSIS if k is Ellipsis else int(k) for k in term]

    return (
        list(pairs[::2]),
        [numbers(term) for term in pairs[1::2]],
        None if output is None else numbers(output),
    )


def _expanded(t: Trace, names: Sequence[int], ndim: int) -> Labels:
    """The labels with the ellipsis written out; its axes count from the right: -1, -2, ..."""
    missing = ndim - (len(names) - (_ELLIPSIS in names))
    if missing < 0 or (missing and _ELLIPSIS not in names):
        raise t.error(
            ArgumentError,
            f"einsum: {len(names)} labels for an array with {ndim} axes",
            "write one label for each axis",
        )
    out: list[int] = []
    for name in names:
        out += range(-missing, 0) if name == _ELLIPSIS else [name]
    return tuple(out)


def _output_labels(t: Trace, labels: Sequence[Labels], output: Sequence[int] | None) -> Labels:
    """The output's labels: those given, else the ellipsis and every label that occurs once."""
    broadcast = sorted({n for names in labels for n in names if n < 0})
    if output is None:
        once = Counter(n for names in labels for n in names if n >= 0)
        return (*broadcast, *sorted(n for n, times in once.items() if times == 1))
    out: list[int] = []
    for name in output:
        out += broadcast if name == _ELLIPSIS else [name]
    known = {n for names in labels for n in names}
    if len(set(out)) != len(out) or not set(out) <= known:
        raise t.error(
            ArgumentError,
            "einsum: an output label is repeated or in no input",
            "name each axis of the output once, by a label of the inputs",
        )
    return tuple(out)


def _contracted(
    t: Trace, values: Sequence[Operand], labels: Sequence[Labels], out: Labels
) -> Operand:
    """Products of two operands at a time, the pair first that makes the arrays smallest."""
    left = list(zip(values, labels, strict=True))
    while len(left) > 1:
        i, j = _next_pair(left, out)
        (y, y_labels), (x, x_labels) = left.pop(j), left.pop(i)
        kept = out if not left else _kept(x_labels, y_labels, [n for _, n in left], out)
        left.append((product(t, x, x_labels, y, y_labels, kept), kept))
    x, names = diagonals(t, *left[0])
    x, names = summed_alone(t, x, names, set(out))
    return t.builder.transpose(x, [names.index(label) for label in out])


def _kept(x: Labels, y: Labels, rest: Sequence[Labels], out: Labels) -> Labels:
    """The labels of a product that the output or another operand still needs."""
    needed = {n for names in rest for n in names} | set(out)
    return tuple(n for n in dict.fromkeys((*x, *y)) if n in needed)


def _next_pair(left: Sequence[tuple[Operand, Labels]], out: Labels) -> tuple[int, int]:
    """The pair whose product grows least over its operands, at the sizes met while tracing."""
    sizes: dict[int, int] = {}
    for x, names in left:
        for name, n in zip(names, x.shape, strict=True):
            sizes[name] = max(sizes.get(name, 1), kit.hint(n))

    def growth(pair: tuple[int, int]) -> int:
        x, y = (left[k][1] for k in pair)
        rest = [names for k, (_, names) in enumerate(left) if k not in pair]
        return (
            prod(sizes[n] for n in _kept(x, y, rest, out))
            - prod(sizes[n] for n in x)
            - prod(sizes[n] for n in y)
        )

    return min(combinations(range(len(left)), 2), key=growth)
