"""Matrix products inside generated kernels: BLAS through numba's own exported symbol.

`np.dot` in numba takes 0.3 s to compile, allocates or checks its output, and knows neither leading
dimensions nor accumulation. `numba_xxgemm` is a named symbol, so that kernels that call it can be
cached on disk. It needs scipy at run time, as `np.dot` in numba does.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types as _types
from numba.core import cgutils as _cgutils
from numba.extending import intrinsic
from numba.np import arrayobj

__all__ = ["gemm"]

# numba's own annotations cover half of what is used here.
types: Any = _types
cgutils: Any = _cgutils
make_array: Any = arrayobj.make_array

CHAR, INT, SIZE = ir.IntType(8), ir.IntType(32), ir.IntType(64)
KINDS = {types.float32: b"s", types.float64: b"d"}


@intrinsic
def gemm(
    typingctx: Any,
    ta: Any,
    tb: Any,
    m: Any,
    n: Any,
    k: Any,
    a: Any,
    a0: Any,
    lda: Any,
    b: Any,
    b0: Any,
    ldb: Any,
    beta: Any,
    c: Any,
    c0: Any,
    ldc: Any,
) -> Any:
    """C = op(A) @ op(B) + beta * C, all row-major: A is m by k, B is k by n, C is m by n.

    `ta` and `tb` say that A or B lies in memory transposed. A starts `a0` elements behind the
    first of the array `a`, and its rows (in memory) are `lda` elements apart; so for B and C.
    """
    element = getattr(a, "dtype", None)
    if element not in KINDS or not all(isinstance(x, types.Array) for x in (a, b, c)):
        return None
    n64 = types.intp
    signature = types.void(
        types.boolean, types.boolean, n64, n64, n64, a, n64, n64, b, n64, n64, element, c, n64, n64
    )

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        # BLAS counts in columns: C' = op(B)' op(A)' has the operands the other way round.
        ta, tb, m, n, k, _, _, lda, _, _, ldb, beta, _, _, ldc = args
        start = [
            _start(context, builder, signature.args[q], args[q], args[q + 1]) for q in (5, 8, 12)
        ]
        one = context.get_constant(element, 1.0)
        call = [
            ir.Constant(CHAR, KINDS[element][0]),
            _letter(builder, tb),
            _letter(builder, ta),
            n,
            m,
            k,
            _spill(builder, one),
            start[1],
            _at_least_one(builder, ldb),
            start[0],
            _at_least_one(builder, lda),
            _spill(builder, beta),
            start[2],
            _at_least_one(builder, ldc),
        ]
        pointer = cgutils.voidptr_t
        kinds = [
            CHAR,
            CHAR,
            CHAR,
            SIZE,
            SIZE,
            SIZE,
            pointer,
            pointer,
            SIZE,
            pointer,
            SIZE,
            pointer,
            pointer,
            SIZE,
        ]
        function = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(INT, kinds), "numba_xxgemm"
        )
        builder.call(function, [builder.bitcast(x, t) for x, t in zip(call, kinds, strict=True)])
        return context.get_dummy_value()

    return signature, codegen


def _start(context: Any, builder: Any, kind: Any, array: Any, offset: Any) -> Any:
    data = make_array(kind)(context, builder, array).data
    return builder.gep(data, [offset])


def _letter(builder: Any, transposed: Any) -> Any:
    flag = builder.trunc(transposed, ir.IntType(1)) if transposed.type.width > 1 else transposed
    return builder.select(flag, ir.Constant(CHAR, ord("T")), ir.Constant(CHAR, ord("N")))


def _at_least_one(builder: Any, n: Any) -> Any:
    return builder.select(builder.icmp_signed(">", n, SIZE(1)), n, SIZE(1))


def _spill(builder: Any, x: Any) -> Any:
    return cgutils.alloca_once_value(builder, x)
