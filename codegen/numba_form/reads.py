"""Which stored elements a statement reads, through all the recipes that it computes in place."""

from __future__ import annotations

from collections.abc import Iterator

from adjit.codegen.numba_form.lower import Lowering
from adjit.codegen.numba_form.space import Index
from adjit.codegen.numba_form.statements import Statement, Term
from adjit.ir.dims import Dim, Size, symbols_of
from adjit.ir.values import Value

Read = tuple[Value, Index]


def reads(low: Lowering, statement: Statement) -> list[Read]:
    """All reads of stored values and array inputs, each once."""
    found: dict[Read, None] = {}
    seen: set[Term] = set()
    stack = list(start(low, statement))
    for read in low.space.reads(statement.write):
        guard = low.guard_of(read)
        if guard is not None:
            found[guard, ()] = None
    for size in _sizes(statement):
        for value in _bound(low, size):
            found[value, ()] = None
    while stack:
        term = stack.pop()
        if term in seen:
            continue
        seen.add(term)
        x, index = term
        stack.extend(_indices(low, index, found))
        if not isinstance(x, Value):
            continue
        if x in low.views:
            base, recipe = low.views[x]
            stack.extend((base, at) for _, at in recipe.terms(index))
        elif x in low.memories:
            found[x, index] = None
        elif x in low.recipes:
            stack.extend(expand(low, x, index, found))
    return list(found)


def start(low: Lowering, statement: Statement) -> Iterator[Term]:
    """The terms of a statement; the statement of a stored recipe computes it."""
    for x, index in statement.terms:
        if x is statement.value:
            yield from low.recipes[statement.value].terms(index)
        else:
            yield x, index
    for read in low.space.reads(statement.write):
        yield read.operand, read.at


def expand(low: Lowering, x: Value, index: Index, found: dict[Read, None]) -> list[Term]:
    """What a virtual value is computed from."""
    recipe = low.recipes[x]
    if recipe.number is not None:
        number = recipe.number(index)
        for value in _bound(low, number):
            found[value, ()] = None
        return list(_indices(low, (number,), found))
    return recipe.terms(index)


def _indices(low: Lowering, index: Index, found: dict[Read, None]) -> Iterator[Term]:
    for read in low.space.reads(index):
        yield read.operand, read.at
        guard = low.guard_of(read)
        if guard is not None:
            found[guard, ()] = None
    for size in index:
        for value in _bound(low, size):
            found[value, ()] = None


def _bound(low: Lowering, size: Size) -> Iterator[Value]:
    if low.bound and isinstance(size, Dim):
        for symbol in sorted(symbols_of(size), key=str):
            if symbol in low.bound:
                yield low.bound[symbol]


def _sizes(statement: Statement) -> Iterator[Size]:
    for axis in statement.axes:
        yield axis.size
    yield from statement.value.shape
    for _, index in statement.terms:
        yield from index
