"""The statements of a function as a tree: loops and branches have blocks of statements."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from adjit.codegen.numpy_form.relations import Plan
from adjit.codegen.numpy_form.subscripts import is_update_in_place_safe
from adjit.ir.effects import acts
from adjit.ir.graph import Equation
from adjit.ir.values import Operand, Value

Pair = tuple[Value, Operand]


@dataclass(slots=True)
class Statement:
    """A statement in the making.

    `eqn` is what it computes. There are two kinds without one: a second name of `alias`
    (`db = dz`), and an assignment of `pairs` all at once, which `owner`, a loop or a branch, needs
    before it or at the end of a block. `targets` are the values that get a variable, of the
    `candidates` those that are read; `reads` those whose variables occur in it (in its header,
    where it has `blocks`); `after` those that are read after it. `overlapping` marks an update
    whose operands forbid writing in place.
    """

    eqn: Equation | None
    candidates: tuple[Value, ...]
    targets: tuple[Value, ...] = ()
    alias: Value | None = None
    source: Value | None = None
    owner: Equation | None = None
    pairs: tuple[Pair, ...] = ()
    read_by: dict[Value, tuple[Value, ...]] = field(default_factory=dict)  # reads of each pair
    blocks: tuple[list[Statement], ...] = ()
    reads: tuple[Value, ...] = ()
    after: frozenset[Value] = frozenset()
    entered: frozenset[Value] = frozenset()  # what is read after each beginning of an iteration
    index_read: bool = False
    entry: bool = False  # the assignment before a loop
    acts: bool = False  # it must be run although nobody reads what it makes
    overlapping: bool = False
    several_lines: bool = False

    @property
    def role(self) -> str:
        """ "forward" or "backward"."""
        made_for = self.eqn or self.owner
        return "backward" if made_for is None else made_for.role

    @property
    def live_pairs(self) -> tuple[Pair, ...]:
        return tuple(pair for pair in self.pairs if pair[0] in self.targets)

    @property
    def kind(self) -> str:
        """ "loop", "while" or "branch" for a statement with blocks, else ""."""
        return self.eqn.primitive.name if self.blocks and self.eqn is not None else ""

    @property
    def index(self) -> Value:
        """The index of a loop."""
        assert self.eqn is not None
        return self.eqn.regions[0].inputs[0]


def make_tree(
    plan: Plan, second: Mapping[int, Value], sources: Mapping[Value, Value]
) -> list[Statement]:
    """All statements, dead ones included; `second` are second names of outputs, by number,
    `sources` the inputs whose gradients they are."""
    aliases: dict[Value | None, list[Statement]] = {}
    for k, target in second.items():
        x = plan.graph.outputs[k]
        assert isinstance(x, Value)
        alias = Statement(None, (target,), alias=x, source=sources.get(target))
        aliases.setdefault(x if x in plan.made_by else None, []).append(alias)
    out: list[Statement] = []
    for eqn in plan.graph.equations:
        if eqn.role == "backward" and None in aliases:
            out += aliases.pop(None)
        out += _statements(plan, eqn)
        for value in eqn.outputs:
            out += aliases.pop(value, [])
    return out + aliases.pop(None, [])


def _statements(plan: Plan, eqn: Equation) -> list[Statement]:
    name = eqn.primitive.name
    if not eqn.regions or eqn in plan.logicals:
        if len(eqn.outputs) == 1 and eqn.output in plan.inlined:
            return []
        overlapping = name == "update" and not is_update_in_place_safe(plan, eqn)
        return [
            Statement(
                eqn,
                eqn.outputs,
                source=eqn.source,
                acts=acts(eqn),
                overlapping=overlapping,
                several_lines=name == "sort",
            )
        ]
    blocks = tuple(
        [statement for inner in region.equations for statement in _statements(plan, inner)]
        for region in eqn.regions
    )
    for region, block in zip(eqn.regions, blocks, strict=True):
        if name != "while" or region is eqn.regions[1]:
            block += _assignment(eqn, region.outputs)
    # until it is known whether the index is read, the header reads all that it may
    whole = Statement(eqn, eqn.outputs, source=eqn.source, blocks=blocks)
    whole.acts, whole.index_read = acts(eqn), name == "loop"
    if name == "branch":
        return [whole]
    return [*_assignment(eqn, eqn.inputs, entry=True), whole]


def _assignment(
    owner: Equation, sources: Sequence[Operand], *, entry: bool = False
) -> list[Statement]:
    pairs = zip(owner.outputs, sources, strict=True)
    kept = tuple((target, x) for target, x in pairs if x is not target)
    targets = tuple(target for target, _ in kept)
    return [Statement(None, targets, owner=owner, pairs=kept, entry=entry)] if kept else []


def walk_tree(statements: Iterable[Statement]) -> Iterator[Statement]:
    """All statements, those in blocks after the one that has the block."""
    for statement in statements:
        yield statement
        for block in statement.blocks:
            yield from walk_tree(block)


# Liveness. Going backwards, `live` is what is read later; in a loop that includes what the next
# iteration reads.


def mark_live(block: Sequence[Statement], live: frozenset[Value]) -> frozenset[Value]:
    """Set `after` and `targets` of the statements of a block, after which `live` is read; return
    what is read after its beginning. Statements left without targets are dead."""
    for statement in reversed(block):
        live = _before(statement, live)
    return live


def _before(statement: Statement, live: frozenset[Value]) -> frozenset[Value]:
    statement.after = live
    statement.targets = tuple(v for v in statement.candidates if v in live)
    if not statement.targets and not statement.acts:
        return live
    if statement.pairs:
        read = {x for target in statement.targets for x in statement.read_by[target]}
        return live.difference(statement.targets).union(read)
    if statement.kind == "branch":
        arms = [mark_live(block, live) for block in statement.blocks]
        return live.difference(statement.targets).union(*arms, statement.reads)
    if statement.kind:
        return _before_loop(statement, live)
    return live.difference(statement.targets).union(statement.reads)


def _before_loop(statement: Statement, live: frozenset[Value]) -> frozenset[Value]:
    head = live
    while True:
        if statement.kind == "while":
            test, body = statement.blocks
            entered = mark_live(body, head)
            before = mark_live(test, live.union(entered, statement.reads))
        else:
            entered = mark_live(statement.blocks[0], head)
            statement.index_read = statement.index in entered
            before = live.union(entered) - {statement.index}
        if before <= head:
            break
        head = head | before
    statement.targets = tuple(v for v in statement.candidates if v in head)
    statement.entered = head
    return head if statement.kind == "while" else head.union(statement.reads)


def drop_dead(block: Sequence[Statement]) -> list[Statement]:
    """The statements that are left after `mark_live`."""
    kept = [statement for statement in block if statement.targets or statement.acts]
    for statement in kept:
        statement.blocks = tuple(drop_dead(inner) for inner in statement.blocks)
    return kept
