"""The row of `contract`: `@`, `np.outer`, a sum of products, `np.tensordot`, `np.einsum`."""

from __future__ import annotations

from dataclasses import dataclass

from adjit.codegen.numpy_form import expr as ex
from adjit.codegen.numpy_form.expr import Expr
from adjit.codegen.numpy_form.printer import Printer
from adjit.ir.graph import Equation
from adjit.ir.values import Operand

Labels = tuple[int, ...]
_LETTERS = "ijklmnopqrstuvwxyzabcdefgh"


@dataclass(frozen=True, slots=True)
class _Side:
    x: Operand
    labels: Labels


@dataclass(frozen=True, slots=True)
class _Product:
    """`left @ right`, each transposed or not ("", ".T", ".mT")."""

    left: _Side
    right: _Side
    left_suffix: str
    right_suffix: str

    @property
    def awkward(self) -> bool:
        """`v @ A.T`, which is `A @ v`."""
        return len(self.left.labels) == 1 and bool(self.right_suffix)


def contract(p: Printer, eqn: Equation) -> Expr:
    """The most familiar form that the labels allow."""
    a = _Side(eqn.inputs[0], tuple(eqn.params["a_axes"]))
    b = _Side(eqn.inputs[1], tuple(eqn.params["b_axes"]))
    out: Labels = tuple(eqn.params["out_axes"])
    for left, right in ((a, b), (b, a)):
        if not right.labels and left.labels == out:
            return ex.binary("*", p.strong(a.x), p.strong(b.x))
    products = [
        made for left, right in ((a, b), (b, a)) if (made := _product(left, right, out)) is not None
    ]
    if products:
        return _matmul(p, min(products, key=lambda made: made.awkward))
    return (
        _outer(p, a, b, out)
        or _sum_of_products(p, eqn, a, b, out)
        or _tensordot(p, a, b, out)
        or _tensordot(p, b, a, out)
        or _einsum(p, a, b, out)
    )


def _matmul(p: Printer, made: _Product) -> Expr:
    sides = []
    for side, suffix in ((made.left, made.left_suffix), (made.right, made.right_suffix)):
        x = p.strong(side.x)
        sides.append(Expr(x.at(ex.ATOM) + suffix) if suffix else x)
    return ex.binary("@", *sides)


def _product(left: _Side, right: _Side, out: Labels) -> _Product | None:
    """`left @ right` by NumPy's rules for `@`, where it gives the labels `out`."""
    shared = [k for k in left.labels if k in right.labels]
    summed = [k for k in shared if k not in out]
    batch = tuple(k for k in shared if k in out)
    if len(summed) != 1:
        return None
    rows = tuple(k for k in left.labels if k not in shared)
    columns = tuple(k for k in right.labels if k not in shared)
    s = summed[0]
    if batch:
        if len(rows) != 1 or len(columns) != 1 or out != (*batch, *rows, *columns):
            return None
        lefts = _oriented(left.labels, (*batch, *rows, s), ".mT")
        rights = _oriented(right.labels, (*batch, s, *columns), ".mT")
    elif out != (*rows, *columns):
        return None
    elif len(columns) <= 1:
        lefts = _oriented(left.labels, (*rows, s), ".T" if len(rows) == 1 else None)
        rights = _oriented(right.labels, (s, *columns), ".T" if columns else None)
    elif not rows:
        lefts, rights = "", _oriented(right.labels, (*columns[:-1], s, columns[-1]), ".mT")
    else:
        return None
    if lefts is None or rights is None:
        return None
    return _Product(left, right, lefts, rights)


def _oriented(labels: Labels, wanted: Labels, suffix: str | None) -> str | None:
    """ "" where the labels are as wanted, `suffix` where the last two are swapped, else None."""
    if labels == wanted:
        return ""
    swapped = (*wanted[:-2], *wanted[:-3:-1])
    return suffix if suffix is not None and labels == swapped else None


def _outer(p: Printer, a: _Side, b: _Side, out: Labels) -> Expr | None:
    for left, right in ((a, b), (b, a)):
        if len(left.labels) == len(right.labels) == 1 and out == (*left.labels, *right.labels):
            return ex.call("np.outer", p.text(left.x), p.text(right.x))
    return None


def _sum_of_products(p: Printer, eqn: Equation, a: _Side, b: _Side, out: Labels) -> Expr | None:
    kept = tuple(k for k in a.labels if k in out)
    if a.labels != b.labels or kept != out or not eqn.output.type.is_float:
        return None
    axes = [axis for axis, k in enumerate(a.labels) if k not in out]
    product = ex.binary("*", p.strong(a.x), p.strong(b.x))
    if not axes:
        return product
    axis = "" if not out else f"axis={axes[0] if len(axes) == 1 else tuple(axes)}"
    return ex.call("np.sum", product.text, axis)


def _tensordot(p: Printer, a: _Side, b: _Side, out: Labels) -> Expr | None:
    summed = [k for k in a.labels if k in b.labels]
    rows = tuple(k for k in a.labels if k not in summed)
    columns = tuple(k for k in b.labels if k not in summed)
    if not summed or any(k in out for k in summed) or out != (*rows, *columns) or not out:
        return None
    axes = [[side.labels.index(k) for k in summed] for side in (a, b)]
    return ex.call(
        "np.tensordot", p.strong(a.x).text, p.strong(b.x).text, f"axes=({axes[0]}, {axes[1]})"
    )


def _einsum(p: Printer, a: _Side, b: _Side, out: Labels) -> Expr:
    letters: dict[int, str] = {}
    for k in (*a.labels, *b.labels):
        letters.setdefault(k, _LETTERS[len(letters)])
    sides = ["".join(letters[k] for k in labels) for labels in (a.labels, b.labels, out)]
    return ex.call(
        "np.einsum", f'"{sides[0]},{sides[1]}->{sides[2]}"', p.strong(a.x).text, p.strong(b.x).text
    )


ROWS = {"contract": contract}
