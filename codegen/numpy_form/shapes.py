"""Rows that make, reshape and join arrays."""

from __future__ import annotations

from collections.abc import Sequence

from adjit.codegen.numpy_form import expr as ex
from adjit.codegen.numpy_form.expr import Expr
from adjit.codegen.numpy_form.printer import Printer, at_least, is_size
from adjit.ir.dims import Size, as_symbol
from adjit.ir.graph import Equation
from adjit.ir.values import Literal, Operand, Shape

_FILLS = {0: "zeros", 1: "ones"}


def dim(p: Printer, eqn: Equation) -> Expr:
    """A size: a Python int."""
    return p.size(eqn.params["size"])


def iota(p: Printer, eqn: Equation) -> Expr:
    """0, 1, ..., size - 1."""
    return ex.call("np.arange", p.size(eqn.params["size"]).text)


def broadcast(p: Printer, eqn: Equation) -> Expr:
    """A filled array, or `np.broadcast_to`."""
    like, p.like = p.like, None
    (x,), shape = eqn.inputs, eqn.params["shape"]
    if not shape:
        return p.strong(x)
    if x.shape:
        return ex.call("np.broadcast_to", p.text(x), p.shape(shape))
    like = like or p.of_type(eqn.output.type)
    if like is not None:
        p.reads[like] = None
        where, dtype, suffix = p.name(like), "", "_like"
    else:
        where, dtype, suffix = p.shape(shape), ex.dtype_argument(eqn.output.dtype), ""
    fill = next(
        (name for value, name in _FILLS.items() if isinstance(x, Literal) and x.is_value(value)),
        None,
    )
    if fill is not None:
        return ex.call(f"np.{fill}{suffix}", where, dtype)
    value = ex.literal(x, as_float=True) if isinstance(x, Literal) else p.operand(x)
    if not dtype and not suffix and value.weak and not isinstance(x, Literal):
        dtype = f"dtype={ex.dtype_text(x.type.dtype)}"
    return ex.call(f"np.full{suffix}", where, value.text, dtype if value.weak else "")


def empty(p: Printer, eqn: Equation) -> Expr:
    """`np.empty((n, 3))`. A count of iterations may come out negative."""
    return _empty(p, eqn.params["shape"], eqn)


def storage(p: Printer, eqn: Equation) -> Expr:
    """An array without entries: `reserve` makes room."""
    return _empty(p, (0, *eqn.params["shape"]), eqn)


def _empty(p: Printer, shape: Shape, eqn: Equation) -> Expr:
    sizes = [p.size(n).text if at_least(n, 0) else f"max({p.size(n).text}, 0)" for n in shape]
    inner = ", ".join(sizes)
    dtype = ex.dtype_argument(eqn.output.dtype)
    return ex.call("np.empty", inner if len(sizes) == 1 else f"({inner})", dtype)


def reserve(p: Printer, eqn: Equation) -> Expr:
    """`reserve(x, count)`, a helper."""
    p.helpers.add("reserve")
    return ex.call("reserve", p.text(eqn.inputs[0]), p.size(eqn.params["count"]).text)


def bind(p: Printer, eqn: Equation) -> Expr:
    """A number that sizes are made of: a Python int."""
    (x,) = eqn.inputs
    return p.operand(x) if is_size(p.plan, x) else ex.call("int", p.text(x))


def transpose(p: Printer, eqn: Equation) -> Expr:
    """`.T`, `.mT`, `.transpose(...)`."""
    perm, x = list(eqn.params["perm"]), p.atom(eqn.inputs[0])
    n = len(perm)
    if perm == list(range(n))[::-1]:
        return Expr(f"{x}.T")
    if perm == [*range(n - 2), n - 1, n - 2]:
        return Expr(f"{x}.mT")
    return Expr(f"{x}.transpose({', '.join(map(str, perm))})")


def reshape(p: Printer, eqn: Equation) -> Expr:
    """Axes of size 1 by indexing, the rest by `reshape`."""
    (x,), target = eqn.inputs, tuple(eqn.params["shape"])
    source = x.shape
    if not source:
        return ex.call("np.reshape", p.strong(x).text, p.shape(target))
    added = _inserted(source, target)
    if added is not None:
        return Expr(f"{p.atom(x)}[{', '.join('None' if new else ':' for new in added)}]")
    dropped = _inserted(target, source)
    if dropped is not None:
        while dropped and not dropped[-1]:
            dropped.pop()
        return Expr(f"{p.atom(x)}[{', '.join('0' if gone else ':' for gone in dropped)}]")
    if len(target) == 1:
        return Expr(f"{p.atom(x)}.ravel()")
    return Expr(f"{p.atom(x)}.reshape({_reshape_sizes(p, target)})")


def _inserted(short: Shape, long: Shape) -> list[bool] | None:
    """For each axis of `long`, whether it is an axis of size 1 that `short` lacks; None where the
    shapes differ otherwise."""
    out: list[bool] = []
    k = 0
    for n in long:
        taken = k < len(short) and short[k] == n and len(long) - len(out) > len(short) - k - 1
        spare = (len(long) - len(out)) > (len(short) - k)
        if taken and not (n == 1 and spare):
            out.append(False)
            k += 1
        elif n == 1 and spare:
            out.append(True)
        else:
            return None
    return out if k == len(short) and len(long) > len(short) else None


def _reshape_sizes(p: Printer, shape: Shape) -> str:
    open_sizes = [k for k, n in enumerate(shape) if not isinstance(n, int)]
    compound = [k for k in open_sizes if as_symbol(shape[k]) is None]
    free = (compound if compound else open_sizes)[-1:] if len(open_sizes) == 1 or compound else []
    rest = [n for k, n in enumerate(shape) if k not in free]
    if free and all(at_least(n, 1) for n in rest):
        return ", ".join("-1" if k in free else p.size(n).text for k, n in enumerate(shape))
    return ", ".join(p.size(n).text for n in shape)


def concatenate(p: Printer, eqn: Equation) -> Expr:
    """`np.array` of scalars, `np.stack` of arrays with a new axis, else `np.concatenate`."""
    axis = eqn.params["axis"]
    pieces = [_unstacked(p, x, axis) for x in eqn.inputs]
    if all(piece is not None for piece in pieces):
        inner = [piece for piece in pieces if piece is not None]
        if not inner[0].shape:
            return _array(p, eqn, inner)
        return _join(p, "np.stack", inner, axis)
    return _join(p, "np.concatenate", eqn.inputs, axis)


def _unstacked(p: Printer, x: Operand, axis: int) -> Operand | None:
    """The array that x is with a new axis of size 1 at `axis`; None where it is no such thing."""
    made = p.plan.inline_producer(x, "reshape") or p.plan.inline_producer(x, "broadcast")
    if made is None:
        return None
    shape: list[Size] = list(x.shape)
    if shape[axis] != 1 or tuple(shape[:axis] + shape[axis + 1 :]) != made.inputs[0].shape:
        return None
    return made.inputs[0]


def _array(p: Printer, eqn: Equation, pieces: Sequence[Operand]) -> Expr:
    def text(x: Operand) -> str:
        return ex.literal(x, as_float=True).text if isinstance(x, Literal) else p.text(x)

    dtype = ex.dtype_argument(eqn.output.dtype)
    return ex.call("np.array", f"[{', '.join(map(text, pieces))}]", dtype)


def _join(p: Printer, function: str, pieces: Sequence[Operand], axis: int) -> Expr:
    listed = f"[{', '.join(p.strong(x).text for x in pieces)}]"
    return ex.call(function, listed, f"axis={axis}" if axis else "")


ROWS = {
    "dim": dim,
    "empty": empty,
    "storage": storage,
    "reserve": reserve,
    "bind": bind,
    "iota": iota,
    "broadcast": broadcast,
    "transpose": transpose,
    "reshape": reshape,
    "concatenate": concatenate,
}
