"""Making regions: what a block of equations uses from outside becomes its captured inputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from adjit.ir.builder import GraphBuilder
from adjit.ir.dims import Size, Symbol
from adjit.ir.graph import Equation, Graph, values_of
from adjit.ir.primitives import regions as rg
from adjit.ir.values import Operand, Value


@dataclass(frozen=True, slots=True)
class Block:
    """Equations that may use any value defined before them, and what they return."""

    equations: Sequence[Equation]
    outputs: Sequence[Operand]


def free_values(inputs: Sequence[Value], blocks: Sequence[Block]) -> list[Value]:
    """The values that blocks use and do not define, in the order of their first use."""
    found: dict[Value, None] = {}
    for block in blocks:
        defined = set(inputs)
        for eqn in block.equations:
            found.update((x, None) for x in values_of(eqn.inputs) if x not in defined)
            defined.update(eqn.outputs)
        found.update((x, None) for x in values_of(tuple(block.outputs)) if x not in defined)
    return list(found)


def close(
    inputs: Sequence[Value], captured: Sequence[Value], block: Block, name: str = "body"
) -> Graph:
    """The region of a block: fresh inputs stand for `inputs` and for the captured values."""
    table: dict[Value, Operand] = {
        v: Value(v.type, v.name, v.location) for v in (*inputs, *captured)
    }
    equations = tuple(_substituted(block.equations, table))
    outputs = tuple(_moved(table, x) for x in block.outputs)
    fresh = tuple(table[v] for v in (*inputs, *captured))
    assert all(isinstance(v, Value) for v in fresh)
    return Graph(fresh, equations, outputs, {}, name)  # type: ignore[arg-type]


def _substituted(
    equations: Sequence[Equation], table: Mapping[Value, Operand]
) -> Iterator[Equation]:
    for eqn in equations:
        inputs = tuple(_moved(table, x) for x in eqn.inputs)
        source = None if eqn.source is None else table.get(eqn.source, eqn.source)
        if inputs != eqn.inputs or source is not eqn.source:
            eqn = replace(eqn, inputs=inputs, source=source if isinstance(source, Value) else None)
        yield eqn


def _moved(table: Mapping[Value, Operand], x: Operand) -> Operand:
    return table.get(x, x) if isinstance(x, Value) else x


def emit_loop(
    builder: GraphBuilder,
    first: Sequence[Operand],
    inputs: Sequence[Value],
    body: Block,
    *,
    count: Size,
    symbol: Symbol,
    start: Size = 0,
    step: int = 1,
    name: str = "i",
) -> tuple[Value, ...]:
    """Append a `loop`: `inputs` stand for the carried values in the body, `first` are their first
    values, `body.outputs` their next ones. Returns the last ones."""
    captured = free_values(inputs, [body])
    made = builder.bind(
        rg.loop,
        *first,
        *captured,
        regions=[close(inputs, captured, body)],
        count=count,
        symbol=symbol,
        carried=len(inputs),
        start=start,
        step=step,
        index_name=name,
    )
    _name_after(made, inputs)
    return made


def emit_while(
    builder: GraphBuilder,
    first: Sequence[Operand],
    inputs: Sequence[Value],
    condition: Block,
    body: Block,
    *,
    symbol: Symbol,
    name: str = "i",
    condition_inputs: Sequence[Value] | None = None,
) -> tuple[Value, ...]:
    """Append a `while`; returns the last carried values and the number of trips. In the condition
    the carried values are `condition_inputs`, where these are others."""
    tested = inputs if condition_inputs is None else condition_inputs
    captured = free_values((*inputs, *tested), [condition, body])
    made = builder.bind(
        rg.while_,
        *first,
        *captured,
        regions=[
            close(tested, captured, condition, "condition"),
            close(inputs, captured, body),
        ],
        symbol=symbol,
        carried=len(inputs),
        index_name=name,
    )
    _name_after(made, inputs)
    return made


def emit_branch(
    builder: GraphBuilder, predicate: Operand, then: Block, otherwise: Block
) -> tuple[Value, ...]:
    """Append a `branch`; returns its outputs."""
    captured = free_values((), [then, otherwise])
    made = builder.bind(
        rg.branch,
        predicate,
        *captured,
        regions=[close((), captured, then, "then"), close((), captured, otherwise, "otherwise")],
    )
    for value, one, other in zip(made, then.outputs, otherwise.outputs, strict=True):
        names = [x.name for x in (one, other) if isinstance(x, Value) and x.name]
        value.name = value.name or next(iter(names), "")
    return made


def emit_checkpoint(builder: GraphBuilder, body: Block) -> tuple[Value, ...]:
    """Append a `checkpoint`; returns its outputs."""
    captured = free_values((), [body])
    made = builder.bind(rg.checkpoint, *captured, regions=[close((), captured, body)])
    _name_after(made, [x if isinstance(x, Value) else Value(x.type) for x in body.outputs])
    return made


def _name_after(made: Sequence[Value], like: Sequence[Value]) -> None:
    for value, other in zip(made, like, strict=False):
        value.name = value.name or other.name
