"""What each kind of statement does at every point, and before and after its loops."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from adjit.codegen.numba_form import matrix_steps
from adjit.codegen.numba_form.calls import argsort, gemm
from adjit.codegen.numba_form.fuse import Leaf
from adjit.codegen.numba_form.lower import initial
from adjit.codegen.numba_form.space import Index
from adjit.codegen.numba_form.statements import Statement
from adjit.codegen.numba_form.values import Context
from adjit.codegen.numba_form.writer import Block, Body
from adjit.codegen.program import EMPTY, OUT_OF_RANGE
from adjit.ir.values import Literal, Type, Value

Step = Callable[["Emitter", Leaf], None]


@dataclass(slots=True, eq=False)
class Emitter:
    """The context, the variables of the accumulators that are open, and how a check returns."""

    context: Context
    accumulators: dict[int, list[str]]
    fail: Callable[[Body, int], None]

    def stop_if(self, condition: str, status: int) -> None:
        """Return the status where a condition holds."""
        block = Body()
        self.fail(block, status)
        self.context.body.lines.append(Block(f"if {condition}:", block))

    def read(self, leaf: Leaf, k: int = 0) -> str:
        """Operand k of a statement, computed here."""
        x, index = leaf.statement.terms[k]
        (at,) = (self.context.low.space.rename(index, leaf.table),)
        if x is leaf.statement.value:
            # Known already where it came along with another value: a sine with its cosine.
            known = self.context.body_of(x, at).known.get((x, at))
            return known or self.context.compute(leaf.statement.value, at)
        return self.context.value(x, at)

    def target(self, leaf: Leaf) -> Index:
        return self.context.low.space.rename(leaf.statement.write, leaf.table)

    def store(self, leaf: Leaf, text: str) -> None:
        """The element that the statement writes gets its value."""
        c, value, index = self.context, leaf.statement.value, self.target(leaf)
        storage = c.storage(value)
        if storage.axes or not storage.single:
            c.body.line(f"{c.place(value, index)} = {text}")
        if storage.single:
            if storage.memory.pinned:
                text = c.pin(text, value.name or storage.memory.wish)
            c.body_of(value, index).known[value, index] = text


def _assign(e: Emitter, leaf: Leaf) -> None:
    e.store(leaf, e.read(leaf))


def _add(e: Emitter, leaf: Leaf) -> None:
    text = e.read(leaf)
    e.context.body.line(f"{e.context.place(leaf.statement.value, e.target(leaf))} += {text}")


def _fold(e: Emitter, leaf: Leaf) -> None:
    place, text = e.context.place(leaf.statement.value, e.target(leaf)), e.read(leaf)
    op, kind = leaf.statement.op, leaf.statement.value.dtype.kind
    symbols = {"sum": "+", "dot": "+", "prod": "*", "any": "|", "all": "&"}
    if kind == "b":
        symbols |= {"max": "|", "min": "&"}
    if op in symbols:
        e.context.body.line(f"{place} {symbols[op]}= {text}")
    else:
        e.context.body.line(f"{place} = {op}imum({place}, {text})")


# Reductions into scalars.


def _wide(statement: Statement) -> bool:
    """True where a sum of float32 is accumulated in float64: NumPy's is pairwise."""
    return statement.value.dtype.name == "float32" and statement.op in ("sum", "prod")


def _open_reduce(e: Emitter, leaf: Leaf) -> None:
    c, s = e.context, leaf.statement
    name = c.names.fresh(c.low.memories[s.value].wish or "acc")
    start = Literal(*initial(s.op, s.value.type))
    text = repr(start.value) if _wide(s) or _widened(s.value.type) else c.literal(start)
    c.body.line(f"{name} = {text}")
    e.accumulators[id(s)] = [name]
    if _needs_nan(s):
        bad = c.names.fresh("has_nan")
        c.body.line(f"{bad} = False")
        e.accumulators[id(s)].append(bad)


def _widened(type: Type) -> bool:
    return type.dtype.kind in "iu" and type.dtype.itemsize < 8


def _needs_nan(s: Statement) -> bool:
    return s.op in ("max", "min") and s.value.dtype.kind == "f"


def _reduce(e: Emitter, leaf: Leaf) -> None:
    s, text = leaf.statement, e.read(leaf)
    name, *bad = e.accumulators[id(s)]
    body, kind = e.context.body, s.value.dtype.kind
    if s.op in ("sum", "dot"):
        body.line(f"{name} = radd({name}, {text})" if kind == "f" else f"{name} += {text}")
    elif s.op == "prod":
        body.line(f"{name} = rmul({name}, {text})" if kind == "f" else f"{name} *= {text}")
    elif s.op in ("any", "all") or kind == "b":
        body.line(f"{name} {'|' if s.op in ('any', 'max') else '&'}= {text}")
    elif bad:
        atom = text if text.isidentifier() else body.let(e.context.names.numbered("t"), text)
        body.line(f"{name} = r{s.op}({name}, {atom})")
        body.line(f"{bad[0]} = rnan({bad[0]}, {atom})")
    else:
        body.line(f"{name} = {s.op}imum({name}, {text})")


def _close_reduce(e: Emitter, leaf: Leaf) -> None:
    c, s = e.context, leaf.statement
    name, *bad = e.accumulators[id(s)]
    if bad:
        name = c.body.let(c.names.fresh(f"{name}_"), f"finish({name}, {bad[0]})")
    elif _wide(s) or _widened(s.value.type):
        name = c.body.let(c.names.fresh(f"{name}_"), f"np.{s.value.dtype.name}({name})")
    e.store(leaf, name)


# Positions of extrema.


def _open_arg(e: Emitter, leaf: Leaf) -> None:
    c, s = e.context, leaf.statement
    x, _ = s.terms[0]
    best, where = c.names.fresh("best"), c.names.fresh("where")
    c.body.line(f"{best} = {c.literal(Literal(*initial(s.op, x.type)))}")
    c.body.line(f"{where} = 0")
    e.accumulators[id(s)] = [best, where]


def _arg(e: Emitter, leaf: Leaf) -> None:
    c, s = e.context, leaf.statement
    best, where = e.accumulators[id(s)]
    text = e.read(leaf)
    x = text if text.isidentifier() else c.body.let(c.names.numbered("t"), text)
    symbol = ">" if s.op == "max" else "<"
    better = c.names.fresh("better")
    if s.terms[0][0].type.dtype.kind == "f":
        c.body.line(f"{better} = ({x} {symbol} {best}) | (({x} != {x}) & ({best} == {best}))")
    else:
        c.body.line(f"{better} = {x} {symbol} {best}")
    (along,) = c.low.space.rename((s.params["along"],), leaf.table)
    c.body.line(f"{where} = select({better}, {c.size(along)}, {where})")
    c.body.line(f"{best} = select({better}, {x}, {best})")


def _close_arg(e: Emitter, leaf: Leaf) -> None:
    e.store(leaf, e.accumulators[id(leaf.statement)][1])


# Running sums.


def _open_scan(e: Emitter, leaf: Leaf) -> None:
    c, s = e.context, leaf.statement
    name = c.names.fresh("running")
    c.body.line(f"{name} = {c.literal(Literal(*initial(s.op, s.value.type)))}")
    e.accumulators[id(s)] = [name]


def _scan(e: Emitter, leaf: Leaf) -> None:
    c, s = e.context, leaf.statement
    (name,) = e.accumulators[id(s)]
    text, dtype = e.read(leaf), s.value.dtype
    symbols = {"sum": "+", "prod": "*"}
    step = (
        f"{name} {symbols[s.op]} {text}"
        if s.op in symbols
        else f"{name} {'|' if s.op == 'max' else '&'} {text}"
        if dtype.kind == "b"
        else f"{s.op}imum({name}, {text})"
    )
    if _widened(s.value.type):
        step = f"np.{dtype.name}({step})"
    here = c.body.let(c.names.numbered("t"), step)
    c.body.line(f"{name} = {here}")
    e.store(leaf, here)


# Indices in range, positions of True.


def _open_check(e: Emitter, leaf: Leaf) -> None:
    if not leaf.statement.axes:
        return
    name = e.context.names.fresh("out_of_range")
    e.context.body.line(f"{name} = False")
    e.accumulators[id(leaf.statement)] = [name]


def _check(e: Emitter, leaf: Leaf) -> None:
    c, s = e.context, leaf.statement
    (number,) = c.low.space.rename((s.params["number"],), leaf.table)
    text, extent = c.size(number), c.size(s.params["extent"])
    below = "" if s.terms[0][0].type.dtype.kind == "u" else f"({text} < -{extent}) | "
    if not s.axes:
        e.stop_if(f"{below}({text} >= {extent})", OUT_OF_RANGE)
        return
    (name,) = e.accumulators[id(s)]
    c.body.line(f"{name} = {name} | {below}({text} >= {extent})")


def _close_check(e: Emitter, leaf: Leaf) -> None:
    if leaf.statement.axes:
        (name,) = e.accumulators[id(leaf.statement)]
        e.stop_if(name, OUT_OF_RANGE)


def _nonempty(e: Emitter, leaf: Leaf) -> None:
    (size,) = leaf.statement.params["sizes"]
    e.stop_if(f"{e.context.size(size)} <= 0", EMPTY)


def _require(e: Emitter, leaf: Leaf) -> None:
    text = e.read(leaf)
    e.stop_if(
        f"not {text}" if text.isidentifier() else f"not ({text})", leaf.statement.params["status"]
    )


def _open_compress(e: Emitter, leaf: Leaf) -> None:
    name = e.context.names.fresh("found")
    e.context.body.line(f"{name} = 0")
    e.accumulators[id(leaf.statement)] = [name]


def _compress(e: Emitter, leaf: Leaf) -> None:
    c, s = e.context, leaf.statement
    (name,) = e.accumulators[id(s)]
    (number,) = c.low.space.rename((s.params["number"],), leaf.table)
    text = e.read(leaf)
    inner = Body()
    inner.line(f"{c.array(s.value)}[{name}] = {c.size(number)}")
    inner.line(f"{name} += 1")
    c.body.lines.append(Block(f"if {text}:", inner))


def _result(e: Emitter, leaf: Leaf) -> None:
    """A scalar output, computed before the temporaries that it may read are released."""
    c, (x, _) = e.context, leaf.statement.terms[0]
    name = e.read(leaf)
    if c.allocated and name.isidentifier():
        wish = x.name if isinstance(x, Value) and x.name else "result"
        name = c.root.let(c.names.fresh(wish), "{0}", (name,))
    c.results.append(name)


def _nothing(e: Emitter, leaf: Leaf) -> None:
    """These kinds have stored what they found already."""


def _call(write: Callable[[Context, Leaf], None]) -> Step:
    return lambda e, leaf: write(e.context, leaf)


STEP: dict[str, Step] = {
    "assign": _assign,
    "add": _add,
    "fold": _fold,
    "reduce": _reduce,
    "arg": _arg,
    "scan": _scan,
    "check": _check,
    "compress": _compress,
    "gemm": _call(gemm),
    "argsort": _call(argsort),
    "result": _result,
    "nonempty": _nonempty,
    "require": _require,
    **matrix_steps.STEP,
}
OPEN: dict[str, Step] = {
    "reduce": _open_reduce,
    "arg": _open_arg,
    "scan": _open_scan,
    "check": _open_check,
    "compress": _open_compress,
}
CLOSE: dict[str, Step] = {
    "reduce": _close_reduce,
    "arg": _close_arg,
    "scan": _nothing,
    "check": _close_check,
    "compress": _nothing,
}
