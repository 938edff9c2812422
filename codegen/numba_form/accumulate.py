"""Results that are only added to something are accumulated there in the first place."""

from __future__ import annotations

from adjit.codegen.numba_form.access import identity
from adjit.codegen.numba_form.contractions import group_stride, strides
from adjit.codegen.numba_form.lower import Lowering
from adjit.codegen.numba_form.overwrite import is_current
from adjit.codegen.numba_form.reads import read_by
from adjit.codegen.numba_form.space import Index
from adjit.codegen.numba_form.statements import Map, Recipe, Statement
from adjit.ir.graph import Equation
from adjit.ir.values import Literal, Operand, Value


def add_to_place(low: Lowering, out: Value, v: Operand, move: Map) -> bool:
    """Let the statements that compute `v` add to `out` instead, at the place that `move` gives;
    False where that is not possible."""
    owned = _owned(low, v)
    if owned is None:
        return False
    last = low.writers[owned][-1]
    target = move(last.write)
    read = [x for x, _ in read_by(low, last.terms, low.scope)]
    memory = low.memories[out].owner
    if not is_current(low, read) or any(
        x in low.memories and low.memories[x].owner is memory for x in read
    ):
        return False
    if last.kind == "gemm" and not (_is_alone(low, owned) and _is_matrix(last, out, target)):
        return False
    _redirect(low, owned, last, out, target)
    return True


def add_products(low: Lowering, eqn: Equation) -> bool:
    """A sum of matrix products: the second is added to the first by BLAS itself."""
    a, b = eqn.inputs
    out = eqn.output
    if a.shape != out.shape or b.shape != out.shape:
        zero = low.resolve(a, low.space.over(a.shape)[0])[0]
        if b.shape == out.shape and isinstance(zero, Literal) and zero.is_value(0.0):
            if _owned(low, b) is None:
                return False
            low.virtual(out, Recipe("copy", (b,), (identity,)))
            return True
        return False
    first, second = _owned(low, a), _owned(low, b)
    if first is None or second is None or first is second:
        return False
    last = low.writers[second][-1]
    if last.kind != "gemm" or any(s.kind != "gemm" for s in low.writers[first]):
        return False
    if not _is_alone(low, second):
        return False
    if not is_current(low, [x for x, _ in read_by(low, last.terms, low.scope)]):
        return False
    low.take(out, first)
    _redirect(low, second, last, out, last.write)
    return True


def _owned(low: Lowering, x: Operand) -> Value | None:
    """The value behind x that a product or sum computes for x alone."""
    while isinstance(x, Value) and low.uses[x] == 1 and low.home[x] is low.scope:
        writers = low.writers.get(x)
        if writers:
            last = writers[-1]
            sums = last.kind == "fold" and last.op in ("sum", "dot")
            memory = low.memories[x]
            free = memory.kind == "temporary" and not memory.whole and x not in low.recipes
            fresh = len(writers) == (2 if sums else 1) or last.params.get("accumulate", False)
            return x if free and fresh and (sums or last.kind == "gemm") else None
        recipe = low.recipes.get(x)
        if recipe is None or recipe.name != "copy" or recipe.maps[0] is not identity:
            return None
        x = recipe.operands[0]
    return None


def _is_alone(low: Lowering, product: Value) -> bool:
    """False for a sum of products: only one of them would be redirected."""
    return len(low.writers[product]) == 1


def _is_matrix(product: Statement, out: Value, target: Index) -> bool:
    steps = strides(out.shape)
    row = group_stride(product.params["rows"], target, steps)
    return row is not None and group_stride(product.params["columns"], target, steps) == 1


def _redirect(low: Lowering, old: Value, last: Statement, out: Value, target: Index) -> None:
    del low.writers[old], low.memories[old]
    params = {**last.params, "accumulate": True}
    low.write(last.kind, out, last.axes, target, last.terms, op=last.op, kept=last.kept, **params)
