"""Linear algebra inside generated kernels: plain loops for small matrices, LAPACK for larger ones.

LAPACK comes from scipy, by symbols of our own, so that kernels that call it can be cached on disk.
It counts in columns: the matrix that it sees is the transposed one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import llvmlite.binding as llvm
from llvmlite import ir
from numba import njit
from numba import types as _types
from numba.core import cgutils as _cgutils
from numba.extending import get_cython_function_address, intrinsic
from numba.np import arrayobj

from adjit.codegen.matrices import (
    clear_above,
    fill_identity,
    has_zero,
    logarithm_of,
    product_of,
    sign_of,
    small_cholesky,
    small_factor,
    small_substitute,
    swap_rows,
)

__all__ = [
    "cholesky",
    "lu_det",
    "lu_factor",
    "lu_inverse",
    "lu_logarithm",
    "lu_sign",
    "lu_solve",
]

#: Up to this many rows, loops are faster.
SMALL = 16

# numba's own annotations cover half of what is used here.
types: Any = _types
cgutils: Any = _cgutils
make_array: Any = arrayobj.make_array
populate_array: Any = arrayobj.populate_array
Function: TypeAlias = Callable[..., Any]
plain: Callable[[Function], Function] = njit(error_model="numpy")

CHAR, INT, SIZE = ir.IntType(8), ir.IntType(32), ir.IntType(64)
KINDS = {types.float32: "s", types.float64: "d"}

for _kind in KINDS.values():
    for _module, _name in (("lapack", "getrf"), ("lapack", "potrf"), ("blas", "trsm")):
        llvm.add_symbol(
            f"adjit_{_kind}{_name}",
            get_cython_function_address(f"scipy.linalg.cython_{_module}", f"{_kind}{_name}"),
        )


@intrinsic
def window(typingctx: Any, array: Any, start: Any, size: Any) -> Any:
    """The elements of a C-contiguous array from `start` on, as a vector that owns nothing."""
    if not isinstance(array, types.Array) or array.layout != "C":
        return None
    kind = types.Array(array.dtype, 1, "C")

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        data = make_array(array)(context, builder, args[0]).data
        item = context.get_constant(
            types.intp, context.get_abi_sizeof(context.get_data_type(array.dtype))
        )
        new = make_array(kind)(context, builder)
        populate_array(
            new,
            data=builder.gep(data, [args[1]]),
            meminfo=None,
            parent=None,
            itemsize=item,
            shape=cgutils.pack_array(builder, [args[2]], ty=SIZE),
            strides=cgutils.pack_array(builder, [item], ty=SIZE),
        )
        return new._getvalue()

    return kind(array, types.intp, types.intp), codegen


def _call(context: Any, builder: Any, name: str, *arguments: Any) -> None:
    """Call a function of Fortran: every argument is an address."""
    pointers = [
        x if isinstance(x.type, ir.PointerType) else cgutils.alloca_once_value(builder, x)
        for x in arguments
    ]
    pointers = [builder.bitcast(x, cgutils.voidptr_t) for x in pointers]
    kind = ir.FunctionType(ir.VoidType(), [x.type for x in pointers])
    function = cgutils.get_or_insert_function(builder.module, kind, name)
    builder.call(function, pointers)


def _data(context: Any, builder: Any, kind: Any, array: Any) -> Any:
    return make_array(kind)(context, builder, array).data


@intrinsic
def getrf(typingctx: Any, m: Any, n: Any, pivots: Any) -> Any:
    """`m` becomes its factors."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        size = builder.trunc(args[1], INT)
        matrix, order = (_data(context, builder, signature.args[k], args[k]) for k in (0, 2))
        name = f"adjit_{KINDS[m.dtype]}getrf"
        _call(context, builder, name, size, size, matrix, size, order, INT(0))
        return context.get_dummy_value()

    return types.void(m, types.intp, pivots), codegen


@intrinsic
def potrf(typingctx: Any, m: Any, n: Any) -> Any:
    """The lower triangle (for LAPACK the upper one) becomes the factor; True where it exists."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        size = builder.trunc(args[1], INT)
        matrix = _data(context, builder, signature.args[0], args[0])
        info = cgutils.alloca_once_value(builder, INT(0))
        name = f"adjit_{KINDS[m.dtype]}potrf"
        _call(context, builder, name, CHAR(ord("U")), size, matrix, size, info)
        return builder.icmp_signed("==", builder.load(info), INT(0))

    return types.boolean(m, types.intp), codegen


@intrinsic
def trsm(typingctx: Any, lower: Any, turned: Any, m: Any, n: Any, x: Any, columns: Any) -> Any:
    """Solve with one triangle of the factors, x row after row: for LAPACK from the right."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        size, count = builder.trunc(args[3], INT), builder.trunc(args[5], INT)

        def letter(flag: Any, then: str, otherwise: str) -> Any:
            return builder.select(flag, CHAR(ord(then)), CHAR(ord(otherwise)))

        _call(
            context,
            builder,
            f"adjit_{KINDS[m.dtype]}trsm",
            CHAR(ord("R")),
            letter(args[0], "L", "U"),
            letter(args[1], "T", "N"),
            letter(args[0], "U", "N"),
            count,
            size,
            context.get_constant(m.dtype, 1.0),
            _data(context, builder, signature.args[2], args[2]),
            size,
            _data(context, builder, signature.args[4], args[4]),
            count,
        )
        return context.get_dummy_value()

    kinds = (types.boolean, types.boolean, m, types.intp, x, types.intp)
    return types.void(*kinds), codegen


# As kernels call them; `matrices` says what each does.


@plain
def lu_factor(m: Any, m0: int, n: int, pivots: Any, p0: int) -> None:
    matrix, order = window(m, m0, n * n), window(pivots, p0, n)
    if n <= SMALL:
        small_factor(matrix, n, order)
    else:
        getrf(matrix, n, order)


@plain
def lu_solve(
    turned: bool, m: Any, m0: int, pivots: Any, p0: int, x: Any, x0: int, n: int, columns: int
) -> bool:
    factors, sides, order = (
        window(m, m0, n * n),
        window(x, x0, n * columns),
        window(pivots, p0, n),
    )
    if has_zero(factors, n):
        return False
    if columns == 0:
        return True
    if turned:
        swap_rows(True, order, n, sides, columns)
    if n <= SMALL:
        small_substitute(turned, factors, n, sides, columns)
    else:
        trsm(turned, turned, factors, n, sides, columns)
        trsm(not turned, turned, factors, n, sides, columns)
    if not turned:
        swap_rows(False, order, n, sides, columns)
    return True


@plain
def lu_inverse(
    turned: bool, m: Any, m0: int, pivots: Any, p0: int, x: Any, x0: int, n: int
) -> bool:
    fill_identity(window(x, x0, n * n), n)
    return lu_solve(turned, m, m0, pivots, p0, x, x0, n, n)


@plain
def lu_det(m: Any, m0: int, pivots: Any, p0: int, n: int) -> Any:
    return product_of(window(m, m0, n * n), n, window(pivots, p0, n))


@plain
def lu_sign(m: Any, m0: int, pivots: Any, p0: int, n: int) -> Any:
    return sign_of(window(m, m0, n * n), n, window(pivots, p0, n))


@plain
def lu_logarithm(m: Any, m0: int, pivots: Any, p0: int, n: int) -> Any:
    return logarithm_of(window(m, m0, n * n), n)


@plain
def cholesky(m: Any, m0: int, n: int) -> bool:
    matrix = window(m, m0, n * n)
    clear_above(matrix, n)
    return small_cholesky(matrix, n) if n <= SMALL else potrf(matrix, n)
