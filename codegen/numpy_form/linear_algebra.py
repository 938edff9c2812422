"""The rows of linear algebra: calls of `np.linalg`."""

from __future__ import annotations

from adjit.codegen.numpy_form import expr as ex
from adjit.codegen.numpy_form.expr import Expr
from adjit.codegen.numpy_form.printer import Printer, Row
from adjit.ir.graph import Equation


def _call(name: str, item: str = "") -> Row:
    def row(p: Printer, eqn: Equation) -> Expr:
        made = ex.call(f"np.linalg.{name}", *(p.strong(x).text for x in eqn.inputs))
        return Expr(f"{made.text}{item}")

    return row


ROWS: dict[str, Row] = {
    "solve": _call("solve"),
    "inv": _call("inv"),
    "det": _call("det"),
    "logabsdet": _call("slogdet", "[1]"),
    "detsign": _call("slogdet", "[0]"),
    "cholesky": _call("cholesky"),
}
