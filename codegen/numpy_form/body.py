"""From a graph to statements: what is printed where, under which names.

The text of a statement decides what it reads, and what is read decides the names and which
updates write in place. So every statement is printed twice: first with provisional names, to see
what it reads and how long it is, then for good.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from adjit.codegen.naming import Names, identifier
from adjit.codegen.numpy_form import (
    contraction,
    elementwise,
    reductions,
    shapes,
    subscripts,
)
from adjit.codegen.numpy_form.layout import CODE_WIDTH
from adjit.codegen.numpy_form.plan import Plan, make_plan
from adjit.codegen.numpy_form.printer import Printer, Row
from adjit.codegen.numpy_form.statements import print_statement, result
from adjit.codegen.numpy_form.variables import Statement, Variables, assign
from adjit.ir.dims import Symbol
from adjit.ir.errors import InternalError, UnsupportedError
from adjit.ir.graph import Equation, Graph
from adjit.ir.values import Operand, Value

ROWS: Mapping[str, Row] = {
    **elementwise.ROWS,
    **shapes.ROWS,
    **contraction.ROWS,
    **reductions.ROWS,
    **subscripts.ROWS,
}
_INDENT = 4
_ROUNDS = 20
_MENTIONS = 3  # a size that is written this often gets a variable
_SHORTEST_SPLIT = 12


@dataclass(slots=True)
class Body:
    """A graph as statements: `lines[k]` are the lines of `statements[k]`; `heads` bind sizes;
    `results[k]` is the expression of output k."""

    plan: Plan
    statements: list[Statement]
    lines: list[list[str]] = field(default_factory=list)
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


def write_body(graph: Graph, inputs: Mapping[Value, str], names: Names, outputs: Outputs) -> Body:
    """Print a graph whose inputs have these variables; `names` are the names already taken."""
    counts = {
        eqn.params["symbol"]: eqn for eqn in graph.equations if eqn.primitive.name == "nonzero"
    }
    draft = _settle(graph, inputs, outputs, counts)
    heads, lifted = _lift(draft, graph, inputs, names)
    operands = [outputs.second.get(k, x) for k, x in enumerate(graph.outputs)]
    chosen = assign(draft.plan, draft.statements, draft.return_reads, outputs.wishes, inputs, names)
    copied = _copied(operands, chosen)
    copies = frozenset(target for k, target in outputs.second.items() if k in copied)
    body = Body(draft.plan, draft.statements, heads=heads)
    printer = Printer(draft.plan, ROWS, chosen.names.__getitem__, lifted, counts)
    for statement in draft.statements:
        printer.reads = {}
        lines = print_statement(printer, statement, outputs.wishes, chosen, copies)
        if set(printer.reads) != set(statement.reads):
            raise InternalError(f"{lines} reads other values than its draft: names are not safe")
        body.lines.append(lines)
        body.used |= printer.reads.keys()
    printer.reads = {}
    body.results = [
        result(printer, x, k in copied and k not in outputs.second) for k, x in enumerate(operands)
    ]
    body.used |= printer.reads.keys()
    body.used |= {v for v in graph.inputs if _bound_by(v, graph, lifted)}
    body.helpers, body.modules = printer.helpers, printer.modules
    return body


def _bound_by(value: Value, graph: Graph, lifted: Mapping[Symbol, str]) -> bool:
    return any(graph.inputs[graph.symbols[symbol].index] is value for symbol in lifted)


# The draft: statements, what they read, how often sizes occur.


@dataclass(slots=True)
class _Draft:
    plan: Plan
    statements: list[Statement]
    return_reads: tuple[Value, ...]
    mentions: Counter[Symbol]
    lifted: dict[Symbol, str]


def _settle(
    graph: Graph, inputs: Mapping[Value, str], outputs: Outputs, counts: Mapping[Symbol, Equation]
) -> _Draft:
    """Draft again, with parts of long statements as statements of their own, until all fit."""
    forced: set[Value] = set()
    for _ in range(_ROUNDS):
        plan = make_plan(graph, forced)
        draft, split = _draft(plan, inputs, outputs, counts, {})
        lifted = dict.fromkeys(_worth_lifting(draft, graph), "n")
        if lifted:
            draft, split = _draft(plan, inputs, outputs, counts, lifted)
        if not split - forced:
            break
        forced |= split
    return draft


def _worth_lifting(draft: _Draft, graph: Graph) -> list[Symbol]:
    often = [symbol for symbol, count in draft.mentions.items() if count >= _MENTIONS]
    return sorted(
        (s for s in often if s in graph.symbols and graph.symbols[s].axis is not None),
        key=lambda s: (graph.symbols[s].index, graph.symbols[s].axis or 0),
    )


def _draft(
    plan: Plan,
    inputs: Mapping[Value, str],
    outputs: Outputs,
    counts: Mapping[Symbol, Equation],
    lifted: dict[Symbol, str],
) -> tuple[_Draft, set[Value]]:
    def provisional(value: Value) -> str:
        return inputs.get(value) or identifier(value.name or outputs.wishes.get(value, "t1"))

    split: set[Value] = set()
    mentions: Counter[Symbol] = Counter()
    printer = Printer(plan, ROWS, provisional, lifted, counts)
    operands = tuple(outputs.second.get(k, x) for k, x in enumerate(plan.graph.outputs))
    for x in operands:
        result(printer, x, copy=False)
    return_reads = tuple(printer.reads)
    live = set(return_reads)
    mentions += printer.mentions
    kept: list[Statement] = []
    for statement in reversed(_candidates(plan, outputs)):
        statement.targets = tuple(v for v in statement.targets if v in live)
        if not statement.targets:
            continue
        printer = Printer(plan, ROWS, provisional, lifted, counts)
        lines = print_statement(printer, statement, outputs.wishes)
        statement.reads = tuple(printer.reads)
        live.update(statement.reads)
        mentions += printer.mentions
        if max(map(len, lines)) > CODE_WIDTH - _INDENT:
            split |= _split(printer.lengths, max(map(len, lines)), statement.eqn)
        kept.append(statement)
    return _Draft(plan, kept[::-1], return_reads, mentions, lifted), split


def _candidates(plan: Plan, outputs: Outputs) -> list[Statement]:
    """All statements in order, dead ones included."""
    second: dict[Value | None, list[Statement]] = {}
    for k, target in outputs.second.items():
        x = plan.graph.outputs[k]
        assert isinstance(x, Value)
        alias = Statement(None, (target,), alias=x, source=outputs.sources.get(target))
        second.setdefault(x if x in plan.made_by else None, []).append(alias)
    out: list[Statement] = []
    for eqn in plan.graph.equations:
        if eqn.role == "backward" and None in second:
            out += second.pop(None)
        if len(eqn.outputs) != 1 or eqn.output not in plan.inlined:
            out.append(_statement(eqn, plan))
        for value in eqn.outputs:
            out += second.pop(value, [])
    return out + second.pop(None, [])


def _statement(eqn: Equation, plan: Plan) -> Statement:
    name = eqn.primitive.name
    if eqn.primitive.kind == "region":
        raise UnsupportedError(
            f"the NumPy form of {name!r} is not there",
            remedy="use Python loops and branches over plain Python values",
        )
    overlapping = name == "update" and not subscripts.is_update_in_place_safe(plan, eqn)
    return Statement(
        eqn, eqn.outputs, source=eqn.source, overlapping=overlapping, several_lines=name == "sort"
    )


def _split(lengths: Mapping[Value, int], total: int, eqn: Equation | None) -> set[Value]:
    """The part of a long statement to take out: of those long enough, the one nearest half. Lists
    of arrays are rather broken after a comma."""
    listed = eqn is not None and eqn.primitive.name == "concatenate"
    shortest = CODE_WIDTH - 2 * _SHORTEST_SPLIT if listed else _SHORTEST_SPLIT
    whole = None if eqn is None else eqn.outputs[0]
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


def _copied(operands: Sequence[Operand], chosen: Variables) -> frozenset[int]:
    """Outputs that would share memory with an argument, or with another output."""
    out: set[int] = set()
    seen: set[Value] = set()
    arrays = [
        (x in chosen.aliases, k, x)
        for k, x in enumerate(operands)
        if isinstance(x, Value) and x.shape
    ]
    for _, k, x in sorted(arrays, key=lambda entry: entry[:2]):
        root, _ = chosen.root(x)
        if not chosen.owned(x) or root in seen:
            out.add(k)
        seen.add(root)
    return frozenset(out)
