"""Emission of the loop tree."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from adjit.codegen.numba_form.fuse import Leaf, Loop, Node, leaves
from adjit.codegen.numba_form.steps import CLOSE, OPEN, Emitter, Step
from adjit.codegen.numba_form.values import Context
from adjit.codegen.numba_form.writer import Block, Body
from adjit.ir.values import Literal

#: Nests of constant extents are left to the optimiser up to so many iterations.
UNROLL = 16


def emit_nodes(e: Emitter, nodes: Sequence[Node], steps: Mapping[str, Step]) -> None:
    """Write nodes into the body that is open; `steps` say what a statement does."""
    for node in nodes:
        if isinstance(node, Loop):
            _loop(e, node, steps)
        else:
            _leaf(e, node, steps)


def _cleared(e: Emitter, loop: Loop) -> list[str] | None:
    """The arrays of a nest that does nothing but fill whole arrays with zeros."""
    names: list[str] = []
    for leaf in leaves([loop]):
        c, s = e.context, leaf.statement
        start, _ = c.low.resolve(*s.terms[0]) if s.kind == "assign" else (None, ())
        if not isinstance(start, Literal) or start.value != 0 or str(start.value)[0] == "-":
            return None
        storage, target = c.storage(s.value), e.target(leaf)
        real = [(target[k], s.value.shape[k]) for k in storage.axes if s.value.shape[k] != 1]
        if real != [(p.axis.index, p.axis.size) for p in leaf.path[loop.depth :]]:
            return None
        names.append(storage.name)
    return names


def _loop(e: Emitter, loop: Loop, steps: Mapping[str, Step]) -> None:
    c = e.context
    cleared = _cleared(e, loop)
    if cleared is not None:
        for name in cleared:
            c.body.line(f"clear({name})")
        return
    mine = [
        leaf
        for leaf in leaves([loop])
        if leaf.statement.kind in OPEN and leaf.statement.kept == loop.depth
    ]
    for leaf in mine:
        OPEN[leaf.statement.kind](e, leaf)
    parent, body = c.body, Body()
    letter = c.loops[loop.axis.symbol] = c.letters[loop.depth]
    header = f"for {letter} in range({_extent(c, loop)}):"
    c.path.append((loop, body))
    emit_nodes(e, loop.children, steps)
    c.path.pop()
    parent.lines.append(Block(header, body))
    for leaf in mine:
        CLOSE[leaf.statement.kind](e, leaf)


def _extent(c: Context, loop: Loop) -> str:
    """The extent of a loop: a number only where unrolling what is inside is cheap."""
    size = loop.axis.size
    if not isinstance(size, int) or size < 2 or _unrolled(loop) <= UNROLL:
        return c.subscript((size,))
    return c.extent(size)


def _unrolled(node: Node) -> float:
    """How many iterations a nest of constant extents has; infinite for other nests."""
    if not isinstance(node, Loop):
        return 1
    inner = max(map(_unrolled, node.children), default=1)
    return inner * node.axis.size if isinstance(node.axis.size, int) else math.inf


def _leaf(e: Emitter, leaf: Leaf, steps: Mapping[str, Step]) -> None:
    statement = leaf.statement
    alone = statement.kind in OPEN and statement.kept == len(leaf.path)
    if alone:
        OPEN[statement.kind](e, leaf)
    steps[statement.kind](e, leaf)
    if alone:
        CLOSE[statement.kind](e, leaf)
