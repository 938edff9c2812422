"""Emission of scopes: their allocations and statements; loops and branches around them."""

from __future__ import annotations

from collections.abc import Sequence

from adjit.codegen.numba_form.buffers import Storage
from adjit.codegen.numba_form.fuse import Leaf, leaves
from adjit.codegen.numba_form.nests import emit_nodes
from adjit.codegen.numba_form.scopes import Scope
from adjit.codegen.numba_form.statements import Memory
from adjit.codegen.numba_form.steps import STEP, Emitter, Step
from adjit.codegen.numba_form.values import Context, zero_of
from adjit.codegen.numba_form.writer import Block, Body
from adjit.ir.bounds import bounds
from adjit.ir.dims import Size, Symbol

#: How many entries a growing storage begins with.
FIRST = 16


def emit_scope(e: Emitter, scope: Scope) -> None:
    """Write all of a scope into the body that is open."""
    c = e.context
    before = len(c.allocated)
    for number, node in enumerate(scope.nodes):
        _comments(c, leaves([node]))
        for storage in c.storages.values():
            here = storage.scope is scope and storage.first == number
            if here and storage.memory.kind == "temporary":
                _allocate(c, storage)
        emit_nodes(e, [node], STEPS)
    if scope.parent is not None:
        release(c, before)
        del c.allocated[before:]


def release(c: Context, first: int) -> None:
    """Give back what has been allocated since."""
    if c.allocated[first:]:
        c.body.line(f"release({', '.join(c.allocated[first:])})")


def _allocate(c: Context, storage: Storage) -> None:
    if not storage.axes:
        return
    if storage.shares is not None:
        c.body.line(f"{storage.name} = {storage.shares.name}")
        return
    like = c.literal(zero_of(storage.memory.type))
    sizes = ", ".join(_length(c, n) for n in storage.shape)
    c.body.line(f"{storage.name} = empty({like}, {sizes})")
    c.allocated.append(storage.name)


def _length(c: Context, size: Size) -> str:
    """The length of an axis, where the size may come out negative for a loop that does not run."""
    if c.low.is_capacity(size):
        return str(FIRST)
    text = c.subscript((size,))
    least, _ = bounds(size)
    return text if least is not None and least >= 0 else f"max({text}, 0)"


def _comments(c: Context, placed: Sequence[Leaf]) -> None:
    """The user's lines that end in this nest."""
    texts: dict[str, None] = {}
    for leaf in placed:
        eqn = leaf.statement.equation
        if eqn is not None and eqn.location is not None and eqn.location.text:
            line = " ".join(eqn.location.text.split())
            prefix = "adjoint of: " if eqn.role == "backward" else ""
            texts[f"# {prefix}{line}"[:98].rstrip()] = None
    for text in texts:
        if text != c.comment:
            c.body.line(text)
            c.comment = text


def _enter(e: Emitter, scope: Scope, body: Body) -> None:
    """Write a scope into a body of its own."""
    c = e.context
    floor, c.floor = c.floor, scope.symbol
    c.path.append((scope, body))
    emit_scope(e, scope)
    c.path.pop()
    c.floor = floor


def _loop(e: Emitter, leaf: Leaf) -> None:
    c, params = e.context, leaf.statement.params
    symbol: Symbol = params["symbol"]
    count = c.subscript((params["count"],))
    c.loops[symbol] = c.variables[symbol]
    parent, body = c.body, Body()
    (scope,) = leaf.statement.scopes
    _enter(e, scope, body)
    if body.acts():
        parent.lines.append(Block(f"for {c.loops[symbol]} in range({count}):", body))


def _while(e: Emitter, leaf: Leaf) -> None:
    c, params = e.context, leaf.statement.params
    symbol: Symbol = params["symbol"]
    trips = c.storages[id(params["trips"].owner)].name
    c.loops[symbol] = trips
    parent, body = c.body, Body()
    parent.line(f"{trips} = 0")
    for scope in leaf.statement.scopes:
        _enter(e, scope, body)
    body.line(f"{trips} += 1")
    parent.lines.append(Block("while True:", body))


def _test(e: Emitter, leaf: Leaf) -> None:
    c = e.context
    text = e.read(leaf)
    block = Body()
    block.line("break")
    c.body.lines.append(Block(f"if not ({text}):", block))


def _branch(e: Emitter, leaf: Leaf) -> None:
    c = e.context
    text = e.read(leaf)
    parent = c.body
    then, otherwise = Body(), Body()
    for scope, body in zip(leaf.statement.scopes, (then, otherwise), strict=True):
        _enter(e, scope, body)
    if then.acts():
        parent.lines.append(Block(f"if {text}:", then))
        if otherwise.acts():
            parent.lines.append(Block("else:", otherwise))
    elif otherwise.acts():
        parent.lines.append(Block(f"if not ({text}):", otherwise))


def _carry(e: Emitter, leaf: Leaf) -> None:
    """All at once: the next values may need the old ones."""
    c, s = e.context, leaf.statement
    names, texts = [], []
    for k, memory in enumerate(s.params["targets"]):
        text, storage = e.read(leaf, k), c.storages[id(memory.owner)]
        if text != storage.name:
            names.append(storage.name)
            texts.append(text)
    if len(names) > 1:
        for text in texts:
            c.body.pin(text)
    if any(text in names[:k] for k, text in enumerate(texts)):
        c.body.line(f"{', '.join(names)} = {', '.join(texts)}")
    else:
        for name, text in zip(names, texts, strict=True):
            c.body.line(f"{name} = {text}")
    moves: Sequence[tuple[Memory, Memory]] = s.params["moves"]
    if moves:
        left = ", ".join(c.storages[id(memory.owner)].name for memory, _ in moves)
        right = ", ".join(c.storages[id(memory.owner)].name for _, memory in moves)
        c.body.line(f"{left} = {right}")


def _reserve(e: Emitter, leaf: Leaf) -> None:
    c, s = e.context, leaf.statement
    name = c.array(s.value)
    count = c.subscript((s.params["count"],))
    block = Body()
    block.line(f"{name} = grow({name}, {count})")
    c.body.lines.append(Block(f"if {count} > {name}.shape[0]:", block))


STEPS: dict[str, Step] = {
    **STEP,
    "loop": _loop,
    "while": _while,
    "branch": _branch,
    "carry": _carry,
    "test": _test,
    "reserve": _reserve,
}
