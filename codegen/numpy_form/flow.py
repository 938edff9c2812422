"""Printing control flow: the headers of loops and branches, and assignments all at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from adjit.codegen.interface import constant_text
from adjit.codegen.numpy_form import expr as ex
from adjit.codegen.numpy_form.printer import Printer, is_size
from adjit.codegen.numpy_form.tree import Pair, Statement
from adjit.codegen.numpy_form.truth import condition, opposite
from adjit.ir.graph import Equation
from adjit.ir.values import Literal


@dataclass(frozen=True, slots=True)
class Written:
    """A line of the text, `depth` blocks deep, and the statement that it belongs to."""

    depth: int
    text: str
    statement: Statement


def write_block(
    block: Sequence[Statement], depth: int, lines_of: Callable[[Statement], list[str]]
) -> list[Written]:
    """The lines of a block; `lines_of` gives those of a single statement, and of one with blocks
    the expression in its header."""
    out: list[Written] = []
    for statement in block:
        lines = lines_of(statement)
        if not statement.kind:
            out += [_written(depth, text, statement) for text in lines]
            continue
        inner = [write_block(part, depth + 1, lines_of) for part in statement.blocks]
        write = {"loop": _write_loop, "while": _write_while, "branch": _write_branch}
        out += write[statement.kind](statement, depth, lines[0], inner)
    return out


def _written(depth: int, text: str, statement: Statement) -> Written:
    """A line of a single statement, perhaps of a block in it."""
    inner = text.startswith(" ")
    return (
        Written(depth + 1, text.lstrip(), statement) if inner else Written(depth, text, statement)
    )


def _write_loop(
    statement: Statement, depth: int, header: str, inner: list[list[Written]]
) -> list[Written]:
    return [Written(depth, f"{header}:", statement), *_filled(statement, depth, inner[0])]


def _write_while(
    statement: Statement, depth: int, test: str, inner: list[list[Written]]
) -> list[Written]:
    """`while test:`; where the test needs statements of its own, they are the first in the loop."""
    before, body = inner
    if not before:
        body = _filled(statement, depth, body)
        return [Written(depth, f"while {test}:", statement), *body]
    return [
        Written(depth, "while True:", statement),
        *before,
        Written(depth + 1, f"if {_opposite(test)}:", statement),
        Written(depth + 2, "break", statement),
        *body,
    ]


def _write_branch(
    statement: Statement, depth: int, test: str, inner: list[list[Written]]
) -> list[Written]:
    then, otherwise = inner
    if not then and otherwise:
        return [Written(depth, f"if {_opposite(test)}:", statement), *otherwise]
    out = [Written(depth, f"if {test}:", statement), *_filled(statement, depth, then)]
    if not otherwise:
        return out
    chain = [line for line in otherwise if line.depth == depth + 1]
    if chain[0].text.startswith("if ") and all(
        line.text.startswith(("elif ", "else:")) for line in chain[1:]
    ):
        otherwise = [replace(line, depth=line.depth - 1) for line in otherwise]
        return [*out, replace(otherwise[0], text=f"el{otherwise[0].text}"), *otherwise[1:]]
    return [*out, Written(depth, "else:", statement), *otherwise]


def _filled(statement: Statement, depth: int, inner: list[Written]) -> list[Written]:
    return inner or [Written(depth + 1, "pass", statement)]


def _opposite(test: str) -> str:
    return test[4:] if test.startswith("not ") and test[4:].isidentifier() else f"not ({test})"


def header(p: Printer, statement: Statement) -> str:
    """The expression in a header: of a `for` all of it, without the colon."""
    eqn = statement.eqn
    assert eqn is not None
    if statement.kind == "loop":
        if statement.index_read:
            return f"for {p.name(statement.index)} in {_range(p, eqn)}"
        return f"for _ in {_unordered(p, eqn)}"
    return condition(p, eqn.inputs[0] if statement.kind == "branch" else eqn.regions[0].outputs[0])


def _range(p: Printer, eqn: Equation) -> str:
    start, stop, step = (eqn.params[key] for key in ("start", "stop", "step"))
    if step == -1:
        low, high = stop + 1, start + 1
        first = "" if low == 0 else p.size(low).text
        return f"reversed({ex.call('range', first, p.size(high).text).text})"
    first = "" if start == 0 and step == 1 else p.size(start).text
    last = "" if step == 1 else str(step)
    return ex.call("range", first, p.size(stop).text, last).text


def _unordered(p: Printer, eqn: Equation) -> str:
    """A range of the same length, where nobody reads the index."""
    step = eqn.params["step"]
    if step not in (1, -1):
        return _range(p, eqn)
    return f"range({p.size((eqn.params['stop'] - eqn.params['start']) * step).text})"


def check_lines(p: Printer, eqn: Equation) -> list[str]:
    """A check of the user's: `if not ok: raise ...`."""
    arguments = ", ".join(map(constant_text, eqn.params["arguments"]))
    return [
        f"if {opposite(p, eqn.inputs[0])}:",
        f"    raise {eqn.params['error']}({arguments})",
    ]


# Assignments all at once.


def pair_text(p: Printer, pair: Pair, copied: bool) -> str:
    """What is assigned. Scalars get the dtype that they have in the graph."""
    target, x = pair
    if isinstance(x, Literal):
        return ex.typed(x).text
    if target in p.plan.integers:
        return p.text(x)
    made = p.strong(x)
    if not x.shape and any(x is v for v in p.plan.graph.inputs):
        return made.text if is_size(p.plan, x) else ex.call(ex.dtype_text(x.dtype), made.text).text
    return f"{made.at(ex.ATOM)}.copy()" if copied else made.text


def assignment_lines(
    targets: Sequence[str], texts: Sequence[str], reads: Sequence[set[str]]
) -> list[str]:
    """Assignments that happen at once: one after the other where none reads what another has
    bound. `reads` are the variables that each text reads."""
    pairs = [
        (target, text, read)
        for target, text, read in zip(targets, texts, reads, strict=True)
        if target != text
    ]
    bound: set[str] = set()
    for target, _, read in pairs:
        if read & bound:
            left = ", ".join(target for target, _, _ in pairs)
            return [f"{left} = {', '.join(text for _, text, _ in pairs)}"]
        bound.add(target)
    return [_assigned(target, text) for target, text, _ in pairs]


def _assigned(target: str, text: str) -> str:
    counted = text == f"{target} + 1"
    return f"{target} += 1" if counted else f"{target} = {text}"
