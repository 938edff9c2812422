"""From a graph to statements: what is printed where, under which names.

The text of a statement decides what it reads, and what is read decides the names and which
updates write in place. So every statement is printed twice: first with provisional names, to see
what it reads and how long it is, then for good.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from adjit.codegen.naming import Names, identifier
from adjit.codegen.numpy_form import (
    contraction,
    elementwise,
    linear_algebra,
    reductions,
    shapes,
    subscripts,
    truth,
)
from adjit.codegen.numpy_form.flow import Written, write_block
from adjit.codegen.numpy_form.layout import CODE_WIDTH
from adjit.codegen.numpy_form.memory import Memory, decide
from adjit.codegen.numpy_form.nested import Opened
from adjit.codegen.numpy_form.plan import make_plan
from adjit.codegen.numpy_form.printer import Printer, Row
from adjit.codegen.numpy_form.relations import Plan
from adjit.codegen.numpy_form.sharing import base_of
from adjit.codegen.numpy_form.statements import print_statement, result
from adjit.codegen.numpy_form.tree import (
    Statement,
    drop_dead,
    make_tree,
    mark_live,
    walk_tree,
)
from adjit.codegen.numpy_form.variables import assign
from adjit.ir.dims import Symbol
from adjit.ir.errors import InternalError
from adjit.ir.graph import Equation, Graph
from adjit.ir.values import Operand, Value

ROWS: Mapping[str, Row] = {
    **elementwise.ROWS,
    **shapes.ROWS,
    **contraction.ROWS,
    **reductions.ROWS,
    **linear_algebra.ROWS,
    **subscripts.ROWS,
}
_ROWS = {**ROWS, "branch": truth.short_circuit}
_INDENT = 4
_ROUNDS = 20
_MENTIONS = 3  # a size that is written this often gets a variable
_SHORTEST_SPLIT = 12


@dataclass(slots=True)
class Body:
    """A graph as statements: `lines` is their text; `heads` bind sizes; `results[k]` is the
    expression of output k."""

    plan: Plan
    statements: list[Statement]
    lines: list[Written] = field(default_factory=list)
    heads: list[str] = field(default_factory=list)
    results: list[str] = field(default_factory=list)
    used: set[Value] = field(default_factory=set)
    helpers: set[str] = field(default_factory=set)
    modules: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Outputs:
    """How the outputs are to be called: `wishes` for values without a name, `second` names for
    outputs that the text calls otherwise (`db = dz`), by output number."""

    wishes: dict[Value, str] = field(default_factory=dict)
    second: dict[int, Value] = field(default_factory=dict)
    sources: dict[Value, Value] = field(default_factory=dict)


def write_body(opened: Opened, inputs: Mapping[Value, str], names: Names, outputs: Outputs) -> Body:
    """Print a graph whose inputs have these variables; `names` are the names already taken."""
    graph = opened.graph
    draft = _settle(opened, inputs, outputs)
    plan = draft.plan
    heads, lifted = _lift(draft, graph, inputs, names)
    operands = [outputs.second.get(k, x) for k, x in enumerate(graph.outputs)]
    memory = decide(plan, draft.statements)
    chosen = assign(plan, draft.statements, memory, outputs.wishes, inputs, names)
    copied = _copied(plan, operands, outputs, memory)
    copies = frozenset(target for k, target in outputs.second.items() if k in copied)
    body = Body(plan, draft.statements, heads=heads)
    printer = Printer(plan, _ROWS, chosen.__getitem__, lifted, _counts(plan))

    def lines_of(statement: Statement) -> list[str]:
        printer.reads = {}
        lines = print_statement(printer, statement, outputs.wishes, memory, copies)
        if not printer.reads.keys() <= set(_reads(statement)):
            raise InternalError(f"{lines} reads other values than its draft: names are not safe")
        body.used |= printer.reads.keys()
        return lines

    body.lines = write_block(draft.statements, 0, lines_of)
    printer.reads = {}
    body.results = [
        result(printer, x, k in copied and k not in outputs.second) for k, x in enumerate(operands)
    ]
    body.used |= printer.reads.keys()
    body.used |= {v for v in graph.inputs if _bound_by(v, graph, lifted)}
    body.helpers, body.modules = printer.helpers, printer.modules
    return body


def _reads(statement: Statement) -> Iterator[Value]:
    if not statement.pairs:
        yield from statement.reads
    for target, _ in statement.live_pairs:
        yield from statement.read_by[target]


def _counts(plan: Plan) -> dict[Symbol, Equation]:
    return {e.params["symbol"]: e for e in plan.equations if e.primitive.name == "nonzero"}


def _bound_by(value: Value, graph: Graph, lifted: Mapping[Symbol, str]) -> bool:
    return any(graph.inputs[graph.symbols[symbol].index] is value for symbol in lifted)


# The draft: statements, what they read, how often sizes occur.


@dataclass(slots=True)
class _Draft:
    plan: Plan
    statements: list[Statement]
    mentions: Counter[Symbol] = field(default_factory=Counter)
    lifted: dict[Symbol, str] = field(default_factory=dict)
    split: set[Value] = field(default_factory=set)


def _settle(opened: Opened, inputs: Mapping[Value, str], outputs: Outputs) -> _Draft:
    """Draft again, with parts of long statements as statements of their own, until all fit."""
    forced: set[Value] = set()
    for _ in range(_ROUNDS):
        plan = make_plan(opened, forced)
        draft = _drafted(plan, inputs, outputs, {})
        lifted = dict.fromkeys(_worth_lifting(draft, opened.graph), "n")
        if lifted:
            draft = _drafted(plan, inputs, outputs, lifted)
        if not draft.split - forced:
            break
        forced |= draft.split
    return draft


def _worth_lifting(draft: _Draft, graph: Graph) -> list[Symbol]:
    often = [symbol for symbol, count in draft.mentions.items() if count >= _MENTIONS]
    return sorted(
        (s for s in often if s in graph.symbols and graph.symbols[s].axis is not None),
        key=lambda s: (graph.symbols[s].index, graph.symbols[s].axis or 0),
    )


def _drafted(
    plan: Plan, inputs: Mapping[Value, str], outputs: Outputs, lifted: dict[Symbol, str]
) -> _Draft:
    def provisional(value: Value) -> str:
        return inputs.get(value) or identifier(value.name or outputs.wishes.get(value, "t1"))

    counts = _counts(plan)
    printer = Printer(plan, _ROWS, provisional, lifted, counts)
    for k, x in enumerate(plan.graph.outputs):
        result(printer, outputs.second.get(k, x), copy=False)
    statements = make_tree(plan, outputs.second, outputs.sources)
    printed: dict[int, tuple[Printer, int]] = {}
    for statement in walk_tree(statements):
        statement.targets = statement.candidates
        own = Printer(plan, _ROWS, provisional, lifted, counts)
        lines = print_statement(own, statement, outputs.wishes)
        statement.reads = tuple(own.reads)
        printed[id(statement)] = own, max(map(len, lines), default=0)
    mark_live(statements, frozenset(printer.reads))
    draft = _Draft(plan, drop_dead(statements), printer.mentions, lifted)
    for depth, statement in _with_depth(draft.statements, 1):
        own, width = printed[id(statement)]
        weight = 1 if depth == 1 else _MENTIONS  # looked up once, not in every iteration
        draft.mentions.update({symbol: n * weight for symbol, n in own.mentions.items()})
        if width > CODE_WIDTH - _INDENT * depth:
            lengths = {v: n for v, n in own.lengths.items() if v not in plan.skipped}
            draft.split |= _split(lengths, width, statement.eqn)
    return draft


def _with_depth(block: Sequence[Statement], depth: int) -> Iterator[tuple[int, Statement]]:
    for statement in block:
        yield depth, statement
        for inner in statement.blocks:
            yield from _with_depth(inner, depth + 1)


def _split(lengths: Mapping[Value, int], total: int, eqn: Equation | None) -> set[Value]:
    """The part of a long statement to take out: of those long enough, the one nearest half. Lists
    of arrays are rather broken after a comma."""
    listed = eqn is not None and eqn.primitive.name == "concatenate"
    shortest = CODE_WIDTH - 2 * _SHORTEST_SPLIT if listed else _SHORTEST_SPLIT
    whole = None if eqn is None or eqn.regions else eqn.outputs[0]
    parts = {v: n for v, n in lengths.items() if v is not whole and n >= shortest}
    if not parts:
        return set()
    return {min(parts, key=lambda v: abs(2 * parts[v] - total))}


def _lift(
    draft: _Draft, graph: Graph, inputs: Mapping[Value, str], names: Names
) -> tuple[list[str], dict[Symbol, str]]:
    """Variables for the sizes that occur often, and the statements that bind them."""
    lifted: dict[Symbol, str] = {}
    heads: list[str] = []
    spare = iter(["n", "m", "k"])
    for symbol in draft.lifted:
        source = graph.symbols[symbol]
        wish = symbol.name if symbol.name.isidentifier() else next(spare, "n")
        lifted[symbol] = names.fresh(wish)
        text = source.text(inputs[graph.inputs[source.index]])
        heads.append(f"{lifted[symbol]} = {text.removeprefix('(').removesuffix(')')}")
    return heads, lifted


def _copied(
    plan: Plan, operands: Sequence[Operand], outputs: Outputs, memory: Memory
) -> frozenset[int]:
    """Outputs that would share memory with an argument, or with another output."""
    out: set[int] = set()
    kept: set[Value] = set()
    arrays = [
        (k in outputs.second, k, x)
        for k, x in enumerate(operands)
        if isinstance(x, Value) and x.shape
    ]
    for _, k, x in sorted(arrays, key=lambda entry: entry[:2]):
        base, writable = base_of(plan, plan.made_by[x]) if x in plan.inlined else (x, True)
        if base is None:
            continue
        if base not in memory.last.owned or not writable or memory.last.near(base) & kept:
            out.add(k)
        else:
            kept.add(base)
    return frozenset(out)
