"""Matrix products inside generated kernels: BLAS through numba's own exported symbol.

`np.dot` in numba takes 0.3 s to compile, allocates or checks its output, and knows neither leading
dimensions nor accumulation. `numba_xxgemm` is a named symbol, so that kernels that call it can be
cached on disk. It needs scipy at run time, as `np.dot` in numba does. Small products are loops of
our own.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types as _types
from numba.core import cgutils as _cgutils
from numba.extending import intrinsic
from numba.np import arrayobj

from adjit.codegen.small import is_small, multiply

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
        ta, tb, m, n, k, _, _, lda, _, _, ldb, beta, _, _, ldc = args
        a, b, c = [
            _start(context, builder, signature.args[q], args[q], args[q + 1]) for q in (5, 8, 12)
        ]
        flips = [_bit(builder, flag) for flag in (ta, tb)]
        sizes, operands = (m, n, k), (a, lda, b, ldb, beta, c, ldc)
        with builder.if_else(is_small(builder, flips[1], *sizes)) as (by_loops, by_blas):
            with by_loops:
                multiply(builder, context.get_value_type(element), flips, sizes, operands)
            with by_blas:
                _call(context, builder, element, flips, sizes, operands)
        return context.get_dummy_value()

    return signature, codegen


def _call(context: Any, builder: Any, element: Any, flips: Any, sizes: Any, operands: Any) -> None:
    """BLAS counts in columns: C' = op(B)' op(A)' has the operands the other way round."""
    (ta, tb), (m, n, k), (a, lda, b, ldb, beta, c, ldc) = flips, sizes, operands
    call = [
        ir.Constant(CHAR, KINDS[element][0]),
        _letter(builder, tb),
        _letter(builder, ta),
        n,
        m,
        k,
        _spill(builder, context.get_constant(element, 1.0)),
        b,
        _at_least_one(builder, ldb),
        a,
        _at_least_one(builder, lda),
        _spill(builder, beta),
        c,
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


def _start(context: Any, builder: Any, kind: Any, array: Any, offset: Any) -> Any:
    data = make_array(kind)(context, builder, array).data
    return builder.gep(data, [offset])


def _letter(builder: Any, transposed: Any) -> Any:
    return builder.select(transposed, ir.Constant(CHAR, ord("T")), ir.Constant(CHAR, ord("N")))


def _bit(builder: Any, flag: Any) -> Any:
    return builder.trunc(flag, ir.IntType(1)) if flag.type.width > 1 else flag


def _at_least_one(builder: Any, n: Any) -> Any:
    return builder.select(builder.icmp_signed(">", n, SIZE(1)), n, SIZE(1))


def _spill(builder: Any, x: Any) -> Any:
    return cgutils.alloca_once_value(builder, x)
