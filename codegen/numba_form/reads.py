"""Which stored elements a statement reads, through all the recipes that it computes in place."""

from __future__ import annotations

from collections.abc import Iterator

from adjit.codegen.numba_form.lower import Lowering
from adjit.codegen.numba_form.space import Index
from adjit.codegen.numba_form.statements import Statement, Term
from adjit.ir.dims import Dim, Size, symbols_of
from adjit.ir.values import Value

Read = tuple[Value, Index]


def reads(l: Lowering, statement: Statement) -> list[Read]:
    """All reads of stored values and array inputs, each once."""
    found: dict[Read, None] = {}
    seen: set[Term] = set()
    stack = list(start(l, statement))
    for read in l.space.reads(statement.write):
        guard = l.guard_of(read)
        if guard is not None:
            found[guard, ()] = None
    for size in _sizes(statement):
        for value in _bound(l, size):
            found[value, ()] = None
    while stack:
        term = stack.pop()
        if term in seen:
            continue
        seen.add(term)
        x, index = term
        stack.extend(_indices(l, index, found))
        if not isinstance(x, Value):
            continue
        if x in l.views:
            base, recipe = l.views[x]
            stack.extend((base, at) for _, at in recipe.terms(index))
        elif x in l.memories:
            found[x, index] = None
        elif x in l.recipes:
            stack.extend(expand(l, x, index, found))
    return list(found)


def start(l: Lowering, statement: Statement) -> Iterator[Term]:
    """The terms of a statement; the statement of a stored recipe computes it."""
    for x, index in statement.terms:
        if x is statement.value:
            yield from l.recipes[statement.value].terms(index)
        else:
            yield x, index
    for read in l.space.reads(statement.write):
        yield read.operand, read.at


def expand(l: Lowering, x: Value, index: Index, found: dict[Read, None]) -> list[Term]:
    """What a virtual value is computed from."""
    recipe = l.recipes[x]
    if recipe.number is not None:
        number = recipe.number(index)
        for value in _bound(l, number):
            found[value, ()] = None
        return list(_indices(l, (number,), found))
    return recipe.terms(index)


def _indices(l: Lowering, index: Index, found: dict[Read, None]) -> Iterator[Term]:
    for read in l.space.reads(index):
        yield read.operand, read.at
        guard = l.guard_of(read)
        if guard is not None:
            found[guard, ()] = None
    for size in index:
        for value in _bound(l, size):
            found[value, ()] = None


def _bound(l: Lowering, size: Size) -> Iterator[Value]:
    if l.bound and isinstance(size, Dim):
        for symbol in sorted(symbols_of(size), key=str):
            if symbol in l.bound:
                yield l.bound[symbol]


def _sizes(statement: Statement) -> Iterator[Size]:
    for axis in statement.axes:
        yield axis.size
    yield from statement.value.shape
    for _, index in statement.terms:
        yield from index
