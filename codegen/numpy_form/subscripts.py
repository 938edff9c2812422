"""Index expressions: what stands between the brackets, and the statements that write through it."""

from __future__ import annotations

from collections.abc import Sequence

from adjit.codegen.numpy_form import expr as ex
from adjit.codegen.numpy_form.expr import Expr
from adjit.codegen.numpy_form.masks import mask_of
from adjit.codegen.numpy_form.printer import Printer, at_least, is_size
from adjit.codegen.numpy_form.relations import Plan
from adjit.ir.dims import Size, floordiv
from adjit.ir.graph import Equation
from adjit.ir.indexing import (
    At,
    AtValue,
    Gather,
    Item,
    NewAxis,
    Slice,
    is_basic,
    is_full,
    result_shape,
)
from adjit.ir.values import Literal, Operand


def index(p: Printer, eqn: Equation) -> Expr:
    """`x[...]`."""
    source = p.atom(eqn.inputs[0])
    return Expr(f"{source}[{subscript(p, eqn)}]")


def subscript(p: Printer, eqn: Equation) -> str:
    """The text between the brackets of an index or update equation."""
    x, spec = eqn.inputs[0], eqn.params["spec"]
    operands = eqn.inputs[1 if eqn.primitive.name == "index" else 2 :]
    sizes = iter(x.shape)
    parts: list[str] = []
    skip = 0
    for k, item in enumerate(spec):
        size: Size = 0 if isinstance(item, NewAxis) else next(sizes)
        if skip:
            skip -= 1
            continue
        mask = mask_of(p.plan, eqn, k) if isinstance(item, Gather) else None
        if mask is not None:
            parts.append(p.text(mask.inputs[0]))
            skip = len(mask.outputs) - 1
        else:
            parts.append(_item(p, item, size, operands))
    return _shortened(parts)


def _shortened(parts: list[str]) -> str:
    """Without trailing `:`; or three or more leading ones as `...`, which must reach to the end."""
    last = parts[-1:]
    while len(parts) > 1 and parts[-1] == ":":
        parts.pop()
    leading = next((k for k, part in enumerate(parts) if part != ":"), len(parts))
    if leading >= 3 and last != [":"] and "None" not in parts:
        parts = ["...", *parts[leading:]]
    return ", ".join(parts) if parts else "()"


def _item(p: Printer, item: object, size: Size, operands: Sequence[Operand]) -> str:
    if isinstance(item, NewAxis):
        return "None"
    if isinstance(item, At):
        return _at(p, item.index, size)
    if isinstance(item, (AtValue, Gather)):
        return p.text(operands[item.operand])
    assert isinstance(item, Slice)
    return ":" if is_full(item, size) else _slice(p, item, size)


def _at(p: Printer, place: Size, size: Size) -> str:
    behind = size - place
    if isinstance(behind, int) and not isinstance(size, int) and behind > 0:
        return str(-behind)
    return p.size(place).text


def _slice(p: Printer, item: Slice, size: Size) -> str:
    if isinstance(item.size, int) and item.size == 0:
        return ":0"
    if item.step > 0:
        start = "" if _is(item.start, 0) else _bound(p, item.start, size)
        stop = _stop_forward(p, item, size)
    elif _is(item.start, size - 1) or at_least(item.start, 0) or at_least(item.size, 1):
        start = "" if _is(item.start, size - 1) else _bound(p, item.start, size)
        stop = _stop_backward(p, item)
    else:  # perhaps no element, the start being -1: `x[:i][::-1]`. Counted from the end it is exact
        places = (item.start - size, item.start + item.size * item.step - size)
        start, stop = (p.size(place).text for place in places)
    return f"{start}:{stop}" + (f":{item.step}" if item.step != 1 else "")


def _is(a: Size, b: Size) -> bool:
    return a == b


def _bound(p: Printer, place: Size, size: Size) -> str:
    """A place as an absolute number, or from the end where that is shorter."""
    behind = size - place
    if isinstance(behind, int) and behind > 0 and not isinstance(place, int):
        return str(-behind)
    return p.size(place).text


def _stop_forward(p: Printer, item: Slice, size: Size) -> str:
    stop = item.start + item.size * item.step
    to_end = _is(item.size, floordiv(size - item.start + item.step - 1, item.step)) or _is(
        item.size, -1 * floordiv(item.start - size, item.step)
    )
    if to_end or at_least(stop - size, 0):
        return ""
    behind = size - stop
    if (
        isinstance(behind, int)
        and behind > 0
        and (not isinstance(stop, int) or (item.step == 1 and behind <= 2 and behind < stop))
    ):
        return str(-behind)
    return p.size(stop).text


def _stop_backward(p: Printer, item: Slice) -> str:
    stop = item.start + item.size * item.step
    to_start = _is(item.size, floordiv(item.start, -item.step) + 1)
    if to_start or at_least(-1 - stop, 0):
        return ""
    text = p.size(stop).text
    return text if at_least(stop, 0) else f"({text} if {text} >= 0 else None)"


# Writing.


def is_update_in_place_safe(plan: Plan, eqn: Equation) -> bool:
    """False where an operand may share memory with the array in a way that NumPy does not guard:
    index arrays, and values under `np.add.at`."""
    x, *rest = eqn.inputs
    if is_basic(eqn.params["spec"]):
        return True
    root = plan.roots.of(x)
    return all(isinstance(y, Literal) or plan.roots.of(y) is not root for y in rest)


def update_lines(p: Printer, eqn: Equation, target: str) -> list[str]:
    """The statement that writes into `target`, which holds the old version (or a copy of it)."""
    x, v = eqn.inputs[:2]
    if not x.shape:
        return _scalar_update(p, eqn, target)
    place = subscript(p, eqn)
    written = _written(p, eqn, v)
    value = p.operand(written)
    if eqn.params["op"] == "set":
        return [f"{target}[{place}] = {value.text}"]
    if _may_repeat(p, eqn):
        added = value.text
        shape = result_shape(eqn.params["spec"], [i.shape for i in eqn.inputs[2:]])
        if len(x.shape) == len(written.shape) == 1 < len(shape):
            # NumPy reads beyond the end of a line that it should repeat here
            added = f"np.broadcast_to({added}, {p.shape(shape)})"
        return [f"np.add.at({target}, {_as_argument(eqn, place)}, {added})"]
    if value.negated:
        return [f"{target}[{place}] -= {value.text[1:]}"]
    return [f"{target}[{place}] += {value.text}"]


def _scalar_update(p: Printer, eqn: Equation, target: str) -> list[str]:
    x, v = eqn.inputs[:2]
    if eqn.params["op"] == "set":
        return [f"{target} = {p.strong(v).text}"]
    return [f"{target} = {ex.binary('+', p.strong(x), p.operand(v)).text}"]


def _written(p: Printer, eqn: Equation, v: Operand) -> Operand:
    """The value, without steps that the assignment does by itself: broadcasting, and in `=` the
    conversion."""
    made = p.plan.inline_producer(v, "broadcast")
    if made is not None:
        v = made.inputs[0]
    made = p.plan.inline_producer(v, "convert")
    if made is not None and eqn.params["op"] == "set" and is_size(p.plan, made.inputs[0]):
        v = made.inputs[0]
    return v


def _as_argument(eqn: Equation, place: str) -> str:
    """The index as an argument: slices and new axes have a syntax between brackets only."""
    spec = eqn.params["spec"]
    if any(isinstance(item, (Slice, NewAxis)) for item in spec):
        return f"np.s_[{place}]"
    return f"({place})" if len(spec) > 1 else place


def _may_repeat(p: Printer, eqn: Equation) -> bool:
    """False where no place is written twice: then `+=` is enough."""
    spec, operands = eqn.params["spec"], eqn.inputs[2:]
    gathers = [k for k, item in enumerate(spec) if isinstance(item, Gather)]
    if not gathers:
        return False
    if mask_of(p.plan, eqn, gathers[0]) is not None:
        return False
    indices = [operands[spec[k].operand] for k in gathers]
    makers = [p.plan.producer(x) for x in indices]
    first = makers[0]
    if (
        first is not None
        and first.primitive.name == "nonzero"
        and all(any(x is out for x in indices) for out in first.outputs)
    ):
        return False
    ndim = max(len(x.shape) for x in indices)
    covered = {axis for x in indices if (axis := _distinct_axis(p, x, ndim)) is not None}
    wide = {
        k - ndim
        for k in range(ndim)
        if any(len(x.shape) >= ndim - k and x.shape[k - ndim] != 1 for x in indices)
    }
    return not wide <= covered


def _distinct_axis(p: Printer, x: Operand, ndim: int) -> int | None:
    """The axis (from the end) along which the entries of an index array all differ: an `arange`,
    perhaps with new axes, or the order of a sort."""
    axes = [k - len(x.shape) for k, n in enumerate(x.shape) if n != 1]
    made = p.plan.producer(x)
    while made is not None and made.primitive.name in ("reshape", "index") and len(axes) == 1:
        if sum(1 for n in made.inputs[0].shape if n != 1) != 1 or made.inputs[1:]:
            return None
        if made.primitive.name == "index" and not all(
            isinstance(item, NewAxis) or is_full(item, size) for item, size in _axes(made)
        ):
            return None
        made = p.plan.producer(made.inputs[0])
    if made is None or len(axes) != 1:
        return None
    name = made.primitive.name
    permutation = name == "sort" and len(made.outputs[1].shape) == 1 and x is made.outputs[1]
    return axes[0] if name == "iota" or permutation else None


def _axes(eqn: Equation) -> list[tuple[Item, Size]]:
    sizes = iter(eqn.inputs[0].shape)
    return [(item, 0 if isinstance(item, NewAxis) else next(sizes)) for item in eqn.params["spec"]]


ROWS = {"index": index}
