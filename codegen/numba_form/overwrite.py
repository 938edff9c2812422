"""Writing in place: when an array may be overwritten, and what must be saved from it before.

A value is overwritten where everything else that uses it comes earlier. Virtual values that are
computed from it and used later are stored beforehand: a few scalars mostly.
"""

from __future__ import annotations

from collections.abc import Sequence

from adjit.codegen.numba_form.lower import Lowering
from adjit.codegen.numba_form.reads import read_by
from adjit.codegen.numba_form.scopes import Scope
from adjit.codegen.numba_form.space import Axis, Index
from adjit.codegen.numba_form.statements import Memory, Term
from adjit.ir.bounds import bounds
from adjit.ir.values import Operand, Type, Value


def may_overwrite(low: Lowering, x: Operand) -> bool:
    """True where the equation that is lowered now is the last that needs x."""
    if not isinstance(x, Value) or x not in low.memories or x in low.views:
        return False
    memory = low.memories[x]
    if memory.kind != "temporary" or (x in low.recipes and not memory.mutable):
        return False
    return is_last(low, x) and not any(v in low.views and later(low, v) for v in memory.versions)


def is_last(low: Lowering, x: Value) -> bool:
    """True where x is used once here, and nowhere afterwards."""
    scope, home = low.scope, low.home[x]
    here = [p for p in scope.uses.get(x, ()) if p >= scope.current]
    if len(here) != 1:
        return False
    while scope is not home:
        if scope.repeats or scope.parent is None:
            return False
        scope = scope.parent
        if any(p > scope.current for p in scope.uses.get(x, ())):
            return False
    return True


def later(low: Lowering, x: Value) -> bool:
    """True where x is used after the equation that is lowered now."""
    scope: Scope | None = low.scope
    while scope is not None:
        found = scope.uses.get(x, ())
        if any(p > scope.current for p in found):
            return True
        if scope is low.home[x]:
            return False
        if scope.repeats and found:
            return True
        scope = scope.parent
    return False


def overwrite(
    low: Lowering,
    memory: Memory,
    target: Index,
    axes: Sequence[Axis],
    terms: Sequence[Term],
    spared: Operand | None = None,
) -> None:
    """Prepare for a statement that computes `terms` and writes them into a memory at `target`."""
    memory.mutable = True
    for value in _computed_from(low, memory):
        if value is not spared and later(low, value):
            save(low, value)
    for x, index in terms:
        if isinstance(x, Value) and not is_safe(low, memory, target, axes, (x, index)):
            save(low, x)


def save(low: Lowering, value: Value) -> None:
    """Store a virtual value where it is defined."""
    if not low.is_stored(value):
        low.store(value)
        low.memories[value].pinned = not value.shape


def is_safe(low: Lowering, memory: Memory, target: Index, axes: Sequence[Axis], term: Term) -> bool:
    """True where a term may be computed element by element while the memory is written: it reads
    there the element just written at most."""
    if not axes:
        return True
    for value, index in read_by(low, [term], low.scope):
        if value in low.memories and low.memories[value].owner is memory.owner:
            if value in low.views:
                return False
            if index != target and not distinct(low, index, target, axes):
                return False
    return True


def distinct(low: Lowering, one: Index, other: Index, axes: Sequence[Axis]) -> bool:
    """True where two indices differ along an axis on which neither moves."""
    moving = {axis.symbol for axis in axes}
    for a, b in zip(one, other, strict=True):
        if not low.space.loops((a, b)) & moving and not low.space.reads((a, b)):
            least, most = bounds(a - b)
            if (least is not None and least > 0) or (most is not None and most < 0):
                return True
    return False


def _computed_from(low: Lowering, memory: Memory) -> list[Value]:
    """The virtual values that read a memory."""
    out: dict[Value, None] = {}
    stack = list(memory.owner.versions)
    while stack:
        for value in low.consumers.get(stack.pop(), ()):
            if value not in out and not low.is_stored(value):
                out[value] = None
                stack.append(value)
    return list(out)


def is_current(low: Lowering, values: Sequence[Value]) -> bool:
    """True where none of these has been overwritten yet."""
    for value in values:
        memory = low.memories.get(value)
        if memory is not None and memory.owner.mutable and memory.owner.versions[-1] is not value:
            return False
    return True


def adopt(low: Lowering, x: Operand, type: Type, name: str) -> Value:
    """A value equal to x in a memory of its own that may be written to: x's, or a copy."""
    out = low.temporary(type, name)
    if type.shape and may_overwrite(low, x):
        assert isinstance(x, Value)
        low.take(out, x)
    else:
        low.memory(out)
        if type.shape:
            copy_into(low, out, x)
        else:
            low.write("assign", out, (), (), [(x, ())])
    memory = low.memories[out]
    memory.whole = memory.mutable = True
    return out


def copy_into(low: Lowering, out: Value, x: Operand) -> None:
    """The statement that writes all of x into the memory of `out`."""
    at, axes = low.space.over(out.shape)
    if isinstance(x, Value) and not low.is_stored(x) and low.recipes[x].name == "copy":
        x, index = low.resolve(x, at)
    else:
        index = at if isinstance(x, Value) else ()
    low.write("assign", out, axes, at, [(x, index)])


def assign_onto(low: Lowering, old: Value, x: Operand, type: Type) -> Value | None:
    """A value equal to x in the memory of `old`, which nothing needs any more; None where the
    elements of x are not computed one by one."""
    memory = low.memories[old]
    if later(low, old) or any(v in low.views and later(low, v) for v in memory.versions):
        return None
    at, axes = low.space.over(type.shape)
    if isinstance(x, Value) and not is_safe(low, memory, at, axes, (x, at)):
        return None
    overwrite(low, memory, at, axes, (), spared=x)
    out = low.temporary(type, old.name)
    low.place(out, memory)
    low.write("assign", out, axes, at, [(x, at if isinstance(x, Value) else ())])
    return out
