"""Rows that walk along axes: reductions, running sums, sorting."""

from __future__ import annotations

from adjit.codegen.numpy_form import expr as ex
from adjit.codegen.numpy_form.expr import Expr
from adjit.codegen.numpy_form.printer import Printer
from adjit.ir.graph import Equation
from adjit.ir.values import Operand

_RUNNING = {
    "sum": "np.cumsum",
    "prod": "np.cumprod",
    "max": "np.maximum.accumulate",
    "min": "np.minimum.accumulate",
}


def reduce(p: Printer, eqn: Equation) -> Expr:
    """`np.sum(x, axis=0, keepdims=True)`."""
    (x,), op, axes = eqn.inputs, eqn.params["op"], tuple(eqn.params["axes"])
    axis = (
        ""
        if len(axes) == len(x.shape)
        else (f"axis={axes[0]}" if len(axes) == 1 else f"axis={axes}")
    )
    return ex.call(
        f"np.{op}",
        p.strong(x).text,
        axis,
        _own_dtype(op, x),
        "keepdims=True" if eqn.params["keepdims"] and axes else "",
    )


def _own_dtype(op: str, x: Operand) -> str:
    """NumPy sums small integers in int64; the graph keeps their dtype."""
    small = x.type.dtype.kind in "iu" and x.type.dtype.itemsize < 8
    return ex.dtype_argument(x.type.dtype) if op in ("sum", "prod") and small else ""


def argreduce(p: Printer, eqn: Equation) -> Expr:
    """`np.argmax(x, axis=1)`."""
    (x,) = eqn.inputs
    axis = "" if len(x.shape) == 1 else f"axis={eqn.params['axis']}"
    return ex.call(f"np.arg{eqn.params['op']}", p.strong(x).text, axis)


def cumulative(p: Printer, eqn: Equation) -> Expr:
    """`np.cumsum(x)`; from the end, the array is turned round before and after."""
    (x,), op, axis = eqn.inputs, eqn.params["op"], eqn.params["axis"]
    back = f"[{':, ' * axis}::-1]" if eqn.params["reverse"] else ""
    source = p.atom(x) + back if back else p.strong(x).text
    along = f"axis={axis}" if len(x.shape) > 1 else ""
    return Expr(ex.call(_RUNNING[op], source, along, _own_dtype(op, x)).text + back)


def sort_lines(p: Printer, eqn: Equation, targets: tuple[str | None, ...]) -> list[str]:
    """Statements that bind the sorted array and the order, or one of them."""
    (x,), axis, (ordered, order) = eqn.inputs, eqn.params["axis"], targets
    source = p.atom(x)
    along = f"axis={axis}" if axis != len(x.shape) - 1 else ""
    if order is None:
        return [f"{ordered} = {ex.call('np.sort', source, along, _STABLE).text}"]
    lines = [f"{order} = {ex.call('np.argsort', source, along, _STABLE).text}"]
    if ordered is not None:
        taken = (
            f"{source}[{order}]"
            if len(x.shape) == 1
            else f"np.take_along_axis({source}, {order}, axis={axis})"
        )
        lines.append(f"{ordered} = {taken}")
    return lines


_STABLE = 'kind="stable"'
ROWS = {"reduce": reduce, "argreduce": argreduce, "cumulative": cumulative}
