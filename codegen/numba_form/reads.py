"""Which stored elements a statement reads, through all the recipes that it computes in place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from adjit.codegen.numba_form.lower import Lowering
from adjit.codegen.numba_form.scopes import Scope
from adjit.codegen.numba_form.space import Index
from adjit.codegen.numba_form.statements import Statement, Term
from adjit.ir.dims import Dim, Size, symbols_of
from adjit.ir.values import Value

Read = tuple[Value, Index]


def reads(low: Lowering, statement: Statement) -> list[Read]:
    """All reads of stored values and array inputs, each once."""
    found: dict[Read, None] = {}
    for read in low.space.reads(statement.write):
        guard = low.guard_of(read, statement.scope)
        if guard is not None:
            found[guard, ()] = None
    for size in _sizes(statement):
        for value in _bound(low, size):
            found[value, ()] = None
    return read_by(low, start(low, statement), statement.scope, found)


def read_by(
    low: Lowering,
    terms: Iterable[Term],
    scope: Scope,
    found: dict[Read, None] | None = None,
) -> list[Read]:
    """The reads of stored values behind some terms that a scope computes."""
    found = {} if found is None else found
    seen: set[Term] = set()
    stack = list(terms)
    while stack:
        term = stack.pop()
        if term in seen:
            continue
        seen.add(term)
        x, index = term
        stack.extend(_indices(low, index, scope, found))
        if not isinstance(x, Value):
            continue
        if x in low.views:
            base, recipe = low.views[x]
            stack.extend((base, at) for _, at in recipe.terms(index))
        elif x in low.memories:
            found[x, index] = None
        elif x in low.recipes:
            stack.extend(expand(low, x, index, scope, found))
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


def expand(
    low: Lowering, x: Value, index: Index, scope: Scope, found: dict[Read, None]
) -> list[Term]:
    """What a virtual value is computed from."""
    recipe = low.recipes[x]
    if recipe.number is not None:
        number = recipe.number(index)
        for value in _bound(low, number):
            found[value, ()] = None
        return list(_indices(low, (number,), scope, found))
    return recipe.terms(index)


def _indices(low: Lowering, index: Index, scope: Scope, found: dict[Read, None]) -> Iterator[Term]:
    for read in low.space.reads(index):
        yield read.operand, read.at
        guard = low.guard_of(read, scope)
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
    yield from statement.params.get("sizes", ())
    for _, index in statement.terms:
        yield from index
