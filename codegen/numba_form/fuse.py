"""Loop fusion: from statements with a perfect nest each to a tree of shared loops.

Statements come in program order. Level by level, each joins a loop of its extent, unless something
that it depends on is complete only after that loop.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from adjit.codegen.numba_form.accesses import Pair, adds, pairs_of, statements_in
from adjit.codegen.numba_form.lower import Lowering
from adjit.codegen.numba_form.reads import Read, reads
from adjit.codegen.numba_form.scopes import Scope
from adjit.codegen.numba_form.space import Axis, Space
from adjit.codegen.numba_form.statements import Statement
from adjit.ir.dims import Size, Symbol, symbols_of
from adjit.ir.values import Literal, Operand, Value


@dataclass(slots=True, eq=False)
class Leaf:
    """One statement in its place; `table` maps its axes to the loops around it."""

    statement: Statement
    table: dict[Symbol, Size]
    path: tuple[Loop, ...]

    @property
    def places(self) -> Path:
        """All that is open around it."""
        return (*self.statement.scope.path, *self.path)


@dataclass(slots=True, eq=False)
class Loop:
    """`for axis in range(size)` around loops and leaves."""

    axis: Axis
    depth: int
    children: list[Loop | Leaf] = field(default_factory=list)
    repeats: bool = True

    @property
    def symbol(self) -> Symbol:
        return self.axis.symbol


Node = Loop | Leaf
#: What is open around a statement: scopes and loops.
Path = tuple[Scope | Loop, ...]


@dataclass(slots=True, eq=False)
class _Group:
    size: Size | None
    members: list[Statement]
    touched: set[Value]


def fuse(low: Lowering) -> dict[int, list[Read]]:
    """Make the trees of loops of all scopes; what each statement (by identity) reads."""
    low.arrange()
    found = {id(s): reads(low, s) for scope in low.scopes for s in statements_in(scope)}
    every = [s for scope in low.scopes for s in statements_in(scope)]
    distinct = {s.value for s in every if s.kind == "compress" and len(s.axes) == 1}
    for scope in low.scopes:
        scope.nodes = _fuse(low, scope.statements, found, distinct)
        if scope.end is not None:
            scope.nodes.append(Leaf(scope.end, {}, ()))
    return found


def _fuse(
    low: Lowering,
    statements: Sequence[Statement],
    found: Mapping[int, list[Read]],
    distinct: AbstractSet[Operand],
) -> list[Node]:
    pairs = pairs_of(low, statements, found)
    statements = _products_first(statements, pairs)
    fuser = _Fuser(low.space, found, pairs, _followers(low, statements, pairs), distinct)
    return fuser.level(statements, 0, ())


def _followers(
    low: Lowering, statements: Sequence[Statement], pairs: Mapping[int, list[Pair]]
) -> dict[int, int]:
    """Statements that set an accumulator to its start: the first that adds to it."""
    out = {
        id(group[0]): id(group[1])
        for group in low.writers.values()
        if len(group) > 1 and adds(group[1]) and _is_fill(low, group[0])
    }
    first: dict[int, int] = {}
    for s in statements:
        for pair in pairs[id(s)]:
            first.setdefault(id(pair.writer), id(s))
    return {fill: s for fill, s in out.items() if first.get(fill) == s}


def _products_first(
    statements: Sequence[Statement], pairs: Mapping[int, list[Pair]]
) -> list[Statement]:
    """Matrix products as early as possible, so that the loops between them can be fused."""
    out: list[Statement] = []
    done: set[int] = set()
    products = [s for s in statements if s.kind == "gemm"]

    def append(s: Statement) -> None:
        out.append(s)
        done.add(id(s))

    for statement in statements:
        for product in products:
            if id(product) not in done and all(id(p.writer) in done for p in pairs[id(product)]):
                append(product)
        if id(statement) not in done:
            append(statement)
    return out


def _is_fill(low: Lowering, s: Statement) -> bool:
    return s.kind == "assign" and isinstance(low.resolve(*s.terms[0])[0], Literal)


class _Fuser:
    def __init__(
        self,
        space: Space,
        found: Mapping[int, list[Read]],
        pairs: Mapping[int, list[Pair]],
        followers: Mapping[int, int],
        distinct: AbstractSet[Operand],
    ) -> None:
        self.distinct = distinct
        self.space = space
        self.found = found
        self.pairs = pairs
        self.followers = followers

    def level(
        self, statements: Sequence[Statement], depth: int, path: tuple[Loop, ...]
    ) -> list[Node]:
        """The nodes for statements that share `depth` loops."""
        groups: list[_Group] = []
        fills: dict[int, Statement] = {}
        here = {id(s) for s in statements}
        for statement in statements:
            follower = self.followers.get(id(statement))
            if follower in here and follower is not None:
                fills[follower] = statement
                continue
            self._insert(self._place(statement, depth, groups), statement)
            if id(statement) in fills:
                self._fill(fills.pop(id(statement)), statement, depth, groups)
        return [self._node(group, depth, path) for group in groups]

    def _insert(self, group: _Group, statement: Statement, at: int | None = None) -> None:
        group.members.insert(len(group.members) if at is None else at, statement)
        group.touched.update(v for v, _ in self.found[id(statement)])
        group.touched.add(statement.value)

    def _fill(self, fill: Statement, s: Statement, depth: int, groups: list[_Group]) -> None:
        """Put the statement that sets an accumulator to its start close before the first use."""
        k = next(k for k, group in enumerate(groups) if s in group.members)
        size = fill.axes[depth].size if len(fill.axes) > depth else None
        pair = next(p for p in self.pairs[id(s)] if p.writer is fill)
        if size is not None and groups[k].size == size and self._pointwise(pair, s, depth):
            self._insert(groups[k], fill, groups[k].members.index(s))
            return
        for group in reversed(groups[:k]):
            if size is not None and group.size == size and _alike(fill, group.members, depth):
                self._insert(group, fill)
                return
        groups.insert(k, _Group(size, [fill], {fill.value}))

    def _place(self, s: Statement, depth: int, groups: list[_Group]) -> _Group:
        """The group that a statement joins, or a new one at the end."""
        size = s.axes[depth].size if len(s.axes) > depth else None
        first = 0
        pairs: dict[int, list[Pair]] = {}
        for pair in self.pairs[id(s)]:
            pairs.setdefault(id(pair.writer), []).append(pair)
        for k, group in enumerate(groups):
            for member in group.members:
                if id(member) in pairs:
                    joins = (
                        size is not None
                        and group.size == size
                        and all(self._pointwise(pair, s, depth) for pair in pairs[id(member)])
                    )
                    first = k if joins and first <= k else k + 1
        mine = {v for v, _ in self.found[id(s)]} | {s.value}
        best, score = None, 0
        for group in groups[first:]:
            if size is not None and group.size == size and _alike(s, group.members, depth):
                shared = 1 + len(mine & group.touched)
                if shared >= score:
                    best, score = group, shared
        if best is None:
            best = _Group(size, [], set())
            groups.append(best)
        return best

    def _pointwise(self, pair: Pair, s: Statement, depth: int) -> bool:
        """True where what iteration i of the writer's loop writes is used in iteration i only."""
        if pair.written is None or pair.used is None:
            return False
        p, a = pair.writer.axes[depth], s.axes[depth]
        around = {axis.symbol for axis in pair.writer.axes}
        for written, used in zip(pair.written, pair.used, strict=True):
            if self.space.loops((written,)) & around == {p.symbol} and self._distinct(written):
                (moved,) = self.space.rename((written,), {p.symbol: a.index})
                if moved == used:
                    return True
        inner = depth == len(s.axes) - 1 or depth == len(pair.writer.axes) - 1
        return pair.commutes and not inner

    def _distinct(self, index: Size) -> bool:
        """False where iterations may share a place: numbers read from an array can repeat, unless
        they are those of a mask along one axis."""
        read = (self.space.dynamics.get(symbol) for symbol in symbols_of(index))
        return all(r is None or r.operand in self.distinct for r in read)

    def _node(self, group: _Group, depth: int, path: tuple[Loop, ...]) -> Node:
        if group.size is None:
            (statement,) = group.members
            table: dict[Symbol, Size] = {
                axis.symbol: loop.axis.index
                for axis, loop in zip(statement.axes, path, strict=True)
            }
            return Leaf(statement, table, path)
        loop = Loop(self.space.axis(group.size), depth)
        loop.children = self.level(group.members, depth + 1, (*path, loop))
        return loop


def _alike(s: Statement, members: Sequence[Statement], depth: int) -> bool:
    """False where a loop that vectorises would be joined by work that cannot be."""
    if len(s.axes) != depth + 1:
        return True
    return all(serial(s) == serial(m) for m in members if len(m.axes) == depth + 1)


def serial(s: Statement) -> bool:
    """True for a statement whose iterations depend on one another in ways that stop SIMD."""
    if s.kind in ("arg", "scan", "compress"):
        return True
    dynamic = any("$" in str(size) for size in s.write)
    return dynamic and s.kind in ("assign", "add")


def leaves(nodes: Sequence[Node]) -> list[Leaf]:
    """All leaves of one scope, in program order."""
    out: list[Leaf] = []
    for node in nodes:
        out += [node] if isinstance(node, Leaf) else leaves(node.children)
    return out


def all_leaves(nodes: Sequence[Node]) -> list[Leaf]:
    """All leaves, those of inner scopes after the one that holds them."""
    out: list[Leaf] = []
    for leaf in leaves(nodes):
        out.append(leaf)
        for scope in leaf.statement.scopes:
            out += all_leaves(scope.nodes)
    return out
