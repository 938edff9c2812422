"""How loops and branches are lowered: one row each.

What a loop carries lives in memories of its own: scalars in variables, arrays in one buffer that
the body writes in place, or in two that change places after each iteration.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from adjit.codegen.numba_form.lower import Lowering
from adjit.codegen.numba_form.overwrite import (
    adopt,
    assign_onto,
    copy_into,
    may_overwrite,
    overwrite,
)
from adjit.codegen.numba_form.scopes import Scope
from adjit.codegen.numba_form.statements import Memory
from adjit.ir.graph import Equation, Graph
from adjit.ir.values import Operand, Type, Value

_BOOL, _INT64 = np.dtype(np.bool_), np.dtype(np.int64)
#: Lowers one equation.
Rule = Callable[[Lowering, Equation], None]


def control(low: Lowering, eqn: Equation, rule: Rule) -> None:
    """Lower an equation with regions; `rule` lowers the equations inside."""
    ROWS[eqn.primitive.name](low, eqn, rule)


def _loop(low: Lowering, eqn: Equation, rule: Rule) -> None:
    firsts = _firsts(low, eqn)
    (body,) = eqn.regions
    scope = Scope(body, eqn.params["symbol"], low.scope, repeats=True)
    low.index_names[eqn.params["symbol"]] = eqn.params["index_name"]
    _body(low, eqn, scope, firsts, rule)
    count = eqn.params["count"]
    _statement(low, eqn, firsts, "loop", [scope], count=count, sizes=(count,))


def _while(low: Lowering, eqn: Equation, rule: Rule) -> None:
    firsts = _firsts(low, eqn)
    test, body = eqn.regions
    symbol = eqn.params["symbol"]
    condition = Scope(test, symbol, low.scope, repeats=True)
    scope = Scope(body, symbol, low.scope, repeats=True)
    low.open(condition)
    _enter(low, condition, firsts)
    _equations(low, test, rule)
    low.begin_outputs()
    condition.end = low.write("test", low.temporary(Type(_BOOL)), (), (), [(test.outputs[0], ())])
    low.close(eqn)
    _body(low, eqn, scope, firsts, rule)
    trips = eqn.outputs[-1]
    memory = low.memory(trips)
    memory.mutable = True
    memory.wish = trips.name or eqn.params["index_name"]
    _statement(low, eqn, firsts, "while", [condition, scope], trips=memory)


def _firsts(low: Lowering, eqn: Equation) -> list[Value]:
    """The first values of what is carried, in memories that the loop may write to."""
    carried = eqn.regions[-1].inputs
    return [
        adopt(low, x, y.type, y.name or out.name)
        for x, y, out in zip(eqn.inputs, carried, eqn.outputs, strict=False)
    ]


def _statement(
    low: Lowering,
    eqn: Equation,
    firsts: Sequence[Value],
    kind: str,
    scopes: Sequence[Scope],
    **params: Any,
) -> None:
    """The statement that is the whole loop; what it leaves behind."""
    done = low.temporary(Type(_BOOL))
    written = low.write(
        kind, done, (), (), (), scopes=tuple(scopes), symbol=scopes[0].symbol, **params
    )
    for out, first in zip(eqn.outputs, firsts, strict=False):
        low.place(out, low.memories[first])
        low.writers[out] = [written]


def _enter(low: Lowering, scope: Scope, firsts: Sequence[Value]) -> None:
    """The carried values at the beginning of an iteration."""
    for value, first in zip(scope.graph.inputs, firsts, strict=True):
        low.home[value] = scope
        low.define(value)
        low.place(value, low.memories[first])
        low.writers[value] = []


def _equations(low: Lowering, graph: Graph, rule: Rule) -> None:
    for position, eqn in enumerate(graph.equations):
        low.begin(position, eqn)
        rule(low, eqn)


def _body(low: Lowering, eqn: Equation, scope: Scope, firsts: Sequence[Value], rule: Rule) -> None:
    low.open(scope)
    _enter(low, scope, firsts)
    _equations(low, scope.graph, rule)
    low.begin_outputs()
    _carry_on(low, scope)
    low.close(eqn)


def _carry_on(low: Lowering, scope: Scope) -> None:
    """What is carried gets its next values."""
    carried, outputs = scope.graph.inputs, scope.graph.outputs
    scalars = [(x, old) for x, old in zip(outputs, carried, strict=True) if not old.shape]
    arrays = [(x, old) for x, old in zip(outputs, carried, strict=True) if old.shape]
    found: dict[Value, Memory] = {}
    taken: list[Memory] = []
    mine = [low.memories[old] for _, old in arrays]
    for x, old in arrays:
        memory = _memory_of(low, x)
        if memory is None or memory in taken:
            continue
        if memory in mine or _made_in(memory, scope):
            found[old] = memory
            taken.append(memory)
    for x, old in arrays:
        if old in found:
            continue
        saved = _memory_of(low, x)  # it may have been stored since
        if saved is not None and saved not in taken and _made_in(saved, scope):
            found[old] = saved
            taken.append(saved)
            continue
        memory = low.memories[old]
        shared = sum(x is other for other, _ in arrays) > 1
        if memory in taken or shared or assign_onto(low, old, x, old.type) is None:
            memory = _fresh(low, x, old.type)
        found[old] = memory
        taken.append(memory)
    moves = [
        (low.memories[old], found[old]) for _, old in arrays if found[old] is not low.memories[old]
    ]
    left = [memory for memory, _ in moves if all(memory is not other for _, other in moves)]
    for memory in [other for _, other in moves if other not in mine]:
        gone = next(k for k, other in enumerate(left) if other.type == memory.type)
        moves.append((memory, left.pop(gone)))
    for memory, _ in moves:
        overwrite(low, memory, (), (), ())
        memory.whole = memory.mutable = memory.moves = True
    _end(low, scope, [(x, low.memories[old]) for x, old in scalars], moves)


def _fresh(low: Lowering, x: Operand, type: Type) -> Memory:
    """A memory of its own, written anew in each iteration."""
    out = low.temporary(type, x.name if isinstance(x, Value) else "")
    memory = low.memory(out)
    copy_into(low, out, x)
    return memory


def _end(
    low: Lowering,
    scope: Scope,
    scalars: Sequence[tuple[Operand, Memory]],
    moves: Sequence[tuple[Memory, Memory]] = (),
) -> None:
    """The statement that ends a scope: variables get values, arrays change places."""
    targets = [memory for _, memory in scalars]
    scope.end = low.write(
        "carry", low.temporary(Type(_BOOL)), (), (), [(x, ()) for x, _ in scalars],
        targets=targets, moves=tuple(moves),
    )  # fmt: skip


def _memory_of(low: Lowering, x: Operand) -> Memory | None:
    """The temporary in which a value lies as it is."""
    if not isinstance(x, Value) or x not in low.memories or x in low.views:
        return None
    memory = low.memories[x]
    return memory if memory.kind == "temporary" else None


def _made_in(memory: Memory, scope: Scope) -> bool:
    return memory.made is not None and memory.made.within(scope)


def _branch(low: Lowering, eqn: Equation, rule: Rule) -> None:
    arms = []
    for region in eqn.regions:
        arm = Scope(region, low.space.mark(), low.scope)
        arms.append(arm)
        low.open(arm)
        _equations(low, region, rule)
        low.close(eqn)
    scalars: list[list[tuple[Operand, Memory]]] = [[], []]
    taken: list[Memory] = []
    for k, out in enumerate(eqn.outputs):
        values = [arm.graph.outputs[k] for arm in arms]
        if out.shape:
            memory = _meet(low, eqn, arms, values, out, taken)
            taken.append(memory)
            low.place(out, memory)
        else:
            memory = low.memory(out)
            for group, x in zip(scalars, values, strict=True):
                group.append((x, memory))
        memory.mutable = True
    for arm, group in zip(arms, scalars, strict=True):
        low.open(arm)
        low.begin_outputs()
        _end(low, arm, group)
        low.close(eqn)
    done = low.temporary(Type(_BOOL))
    terms = [(eqn.inputs[0], ())]
    written = low.write("branch", done, (), (), terms, scopes=tuple(arms))
    for out in eqn.outputs:
        low.writers[out] = [written]


def _meet(
    low: Lowering,
    eqn: Equation,
    arms: Sequence[Scope],
    values: Sequence[Operand],
    out: Value,
    taken: Sequence[Memory],
) -> Memory:
    """The memory in which both arms leave an array."""
    owned: list[Memory | None] = []
    for arm, x in zip(arms, values, strict=True):
        low.open(arm)
        low.begin_outputs()
        memory = _memory_of(low, x) if may_overwrite(low, x) else None
        owned.append(None if memory in taken else memory)
        low.close(eqn)
    one, other = owned
    if one is not None and one is other:
        return one
    for k in (0, 1):
        memory = owned[k]
        if memory is None:
            continue
        if _made_in(memory, arms[k]):
            rest = owned[1 - k]
            if rest is not None and _made_in(rest, arms[1 - k]):
                _unite(memory, rest, low)
            else:
                _write_in(low, eqn, arms[1 - k], values[1 - k], memory, out)
            return memory
        x = values[k]
        assert isinstance(x, Value)
        low.open(arms[1 - k])
        low.begin_outputs()
        old = _before(low, memory, arms)
        done = old is not None and assign_onto(low, old, values[1 - k], out.type) is not None
        low.close(eqn)
        if done:
            return memory
    made = low.temporary(out.type, out.name)
    memory = low.memory(made)
    for arm, x in zip(arms, values, strict=True):
        _write_in(low, eqn, arm, x, memory, out)
    return memory


def _before(low: Lowering, memory: Memory, arms: Sequence[Scope]) -> Value | None:
    """The value that a memory held before the branch."""
    outside = [v for v in memory.versions if not any(low.home[v].within(arm) for arm in arms)]
    inside = [v for v in memory.versions if low.home[v].within(arms[1])]
    return outside[-1] if outside and not inside else None


def _write_in(
    low: Lowering, eqn: Equation, arm: Scope, x: Operand, memory: Memory, out: Value
) -> None:
    """At the end of an arm: a copy of x in this memory."""
    low.open(arm)
    low.begin_outputs()
    value = low.temporary(out.type, out.name)
    low.place(value, memory)
    copy_into(low, value, x)
    low.close(eqn)


def _unite(memory: Memory, other: Memory, low: Lowering) -> None:
    """Two memories, each of one arm, become one."""
    for value in list(other.versions):
        if low.memories.get(value) is other:
            low.place(value, memory)
    other.base = memory  # for the statements that know it
    memory.whole = memory.whole or other.whole
    memory.moves = memory.moves or other.moves


ROWS: dict[str, Callable[[Lowering, Equation, Rule], None]] = {
    "loop": _loop,
    "while": _while,
    "branch": _branch,
}
