"""Linear algebra inside generated kernels: loops of our own for small matrices, LAPACK for larger.

LAPACK comes from scipy, by symbols of our own, so that kernels that call it can be cached on disk.
It counts in columns: the matrix that it sees is the transposed one. `matrices` has the same
functions in Python, and says what each does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import llvmlite.binding as llvm
from llvmlite import ir
from numba import types as _types
from numba.core import cgutils as _cgutils
from numba.extending import get_cython_function_address, intrinsic
from numba.np import arrayobj

from adjit.codegen import small_matrices as small
from adjit.codegen.instructions import BIT, SIZE, Code, Number, Vector, routine

__all__ = [
    "cholesky",
    "lu_det",
    "lu_factor",
    "lu_inverse",
    "lu_logarithm",
    "lu_sign",
    "lu_solve",
]

#: Up to this many rows, loops are faster: for the factors, for solutions.
SMALL, SMALL_SOLVED = 48, 16

# numba's own annotations cover half of what is used here.
types: Any = _types
cgutils: Any = _cgutils
make_array: Any = arrayobj.make_array

CHAR, INT, VOID = ir.IntType(8), ir.IntType(32), ir.VoidType()
LETTERS = {ir.FloatType(): "s", ir.DoubleType(): "d"}

for _letter in LETTERS.values():
    for _module, _name in (("lapack", "getrf"), ("lapack", "potrf"), ("blas", "trsm")):
        llvm.add_symbol(
            f"adjit_{_letter}{_name}",
            get_cython_function_address(f"scipy.linalg.cython_{_module}", f"{_letter}{_name}"),
        )


def _call(c: Code, real: Any, name: str, *arguments: Number | Vector | str) -> Number:
    """Call a function of Fortran: every argument is an address. What it left in the last one."""
    addresses = []
    for x in arguments:
        if isinstance(x, Vector):
            addresses.append(x.address)
            continue
        value = ir.Constant(CHAR, ord(x)) if isinstance(x, str) else x.value
        value = c.builder.trunc(value, INT) if value.type == SIZE else value
        addresses.append(cgutils.alloca_once_value(c.builder, value))
    last = addresses[-1]
    addresses = [c.builder.bitcast(x, cgutils.voidptr_t) for x in addresses]
    kind = ir.FunctionType(VOID, [x.type for x in addresses])
    function = cgutils.get_or_insert_function(
        c.builder.module, kind, f"adjit_{LETTERS[real]}{name}"
    )
    c.builder.call(function, addresses)
    return Number(c.builder, c.builder.load(last)) if name == "potrf" else c.size(0)


def _factor(c: Code, m: Vector, n: Number, pivots: Vector) -> None:
    with c.either(n <= SMALL) as (by_loops, by_lapack):
        with by_loops:
            small.factor(c, m, n, pivots)
        with by_lapack:
            _call(c, m.kind, "getrf", n, n, m, n, pivots, c.size(0))


def _solve(
    c: Code, turned: Number, m: Vector, pivots: Vector, x: Vector, n: Number, columns: Number
) -> Number:
    good = ~small.has_zero(c, m, n)
    with c.when(good):
        with c.when(turned):
            small.swap_rows(c, True, pivots, n, x, columns)
        with c.either(n <= SMALL_SOLVED) as (by_loops, by_lapack):
            with by_loops:
                small.substitute(c, turned, m, n, x, columns)
            with by_lapack, c.when(columns > 0), c.either(turned) as (lower_first, upper_first):
                with lower_first:
                    _triangle(c, "LU", "T", m, n, x, columns)
                with upper_first:
                    _triangle(c, "UL", "N", m, n, x, columns)
        with c.when(~turned):
            small.swap_rows(c, False, pivots, n, x, columns)
    return good


def _triangle(
    c: Code, order: str, turned: str, m: Vector, n: Number, x: Vector, columns: Number
) -> None:
    """Solve with both triangles; x lies row after row, so for BLAS from the right."""
    one = c.number(m.kind, 1.0)
    for which in order:
        unit = "U" if which == "L" else "N"
        _call(c, m.kind, "trsm", "R", which, turned, unit, columns, n, one, m, n, x, columns)


def _inverse(c: Code, turned: Number, m: Vector, pivots: Vector, x: Vector, n: Number) -> Number:
    small.fill_identity(c, x, n)
    function = _routine(c.builder.module, "solve", m.kind)
    arguments = [turned.value, m.address, pivots.address, x.address, n.value, n.value]
    return Number(c.builder, c.builder.call(function, arguments))


def _cholesky(c: Code, m: Vector, n: Number) -> Number:
    small.clear_above(c, m, n)
    good = c.variable(c.number(BIT, 1))
    with c.either(n <= SMALL) as (by_loops, by_lapack):
        with by_loops:
            good.set(small.cholesky(c, m, n))
        with by_lapack:
            good.set(_call(c, m.kind, "potrf", "U", n, m, n, c.number(INT, 0)).equal(0))
    return good.get()


def _routine(module: Any, name: str, real: Any) -> Any:
    """The function of LLVM for a dtype."""
    vector, order = real.as_pointer(), INT.as_pointer()
    factors = [vector, order, SIZE]
    routines: dict[str, tuple[Callable[..., Number | None], Any, list[Any]]] = {
        "factor": (_factor, VOID, [vector, SIZE, order]),
        "solve": (_solve, BIT, [BIT, vector, order, vector, SIZE, SIZE]),
        "inverse": (_inverse, BIT, [BIT, vector, order, vector, SIZE]),
        "det": (small.product_of, real, factors),
        "sign": (small.sign_of, real, factors),
        "logarithm": (small.logarithm_of, real, factors),
        "cholesky": (_cholesky, BIT, [vector, SIZE]),
    }
    write, result, kinds = routines[name]
    return routine(module, f"adjit.{name}.{LETTERS[real]}", result, kinds, write)


def _calls(name: str, result: Any, *kinds: Any) -> Any:
    """What an intrinsic is that calls a routine. Each array comes with where in it something
    starts."""
    arrays = [kind for kind in kinds if isinstance(kind, types.Array)]
    if not arrays or any(kind.layout != "C" for kind in arrays):
        return None
    wanted = [
        types.intp if isinstance(kind, types.Integer) else types.unliteral(kind) for kind in kinds
    ]

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        given, rest = [], list(zip(signature.args, args, strict=True))
        while rest:
            kind, x = rest.pop(0)
            if isinstance(kind, types.Array):
                x = builder.gep(make_array(kind)(context, builder, x).data, [rest.pop(0)[1]])
            given.append(x)
        real = context.get_value_type(arrays[0].dtype)
        out = builder.call(_routine(builder.module, name, real), given)
        return context.get_dummy_value() if result is types.void else out

    return result(*wanted), codegen


# As kernels call them.


@intrinsic
def lu_factor(typingctx: Any, m: Any, m0: Any, n: Any, pivots: Any, p0: Any) -> Any:
    return _calls("factor", types.void, m, m0, n, pivots, p0)


@intrinsic
def lu_solve(
    typingctx: Any,
    turned: Any,
    m: Any,
    m0: Any,
    pivots: Any,
    p0: Any,
    x: Any,
    x0: Any,
    n: Any,
    columns: Any,
) -> Any:
    return _calls("solve", types.boolean, turned, m, m0, pivots, p0, x, x0, n, columns)


@intrinsic
def lu_inverse(
    typingctx: Any, turned: Any, m: Any, m0: Any, pivots: Any, p0: Any, x: Any, x0: Any, n: Any
) -> Any:
    return _calls("inverse", types.boolean, turned, m, m0, pivots, p0, x, x0, n)


@intrinsic
def lu_det(typingctx: Any, m: Any, m0: Any, pivots: Any, p0: Any, n: Any) -> Any:
    return _calls("det", m.dtype, m, m0, pivots, p0, n)


@intrinsic
def lu_sign(typingctx: Any, m: Any, m0: Any, pivots: Any, p0: Any, n: Any) -> Any:
    return _calls("sign", m.dtype, m, m0, pivots, p0, n)


@intrinsic
def lu_logarithm(typingctx: Any, m: Any, m0: Any, pivots: Any, p0: Any, n: Any) -> Any:
    return _calls("logarithm", m.dtype, m, m0, pivots, p0, n)


@intrinsic
def cholesky(typingctx: Any, m: Any, m0: Any, n: Any) -> Any:
    return _calls("cholesky", types.boolean, m, m0, n)
