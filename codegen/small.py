"""Products of small matrices inside kernels, where a call of BLAS takes longer than the arithmetic.

One function of LLVM for each dtype and module, so that it costs a kernel little compile time.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from llvmlite import ir
from numba.core import cgutils as _cgutils

from adjit.codegen.blocks import function_of

cgutils: Any = _cgutils

SIZE, INT = ir.IntType(64), ir.IntType(32)
#: Columns that are computed at a time.
WIDTH = 4
#: Products of up to this many multiplications are done here; less where B is transposed.
LARGEST, LARGEST_TURNED = 800, 128
FLAGS = ("contract", "reassoc", "nsz")


def is_small(builder: Any, turned: Any, m: Any, n: Any, k: Any) -> Any:
    """True for a product that had better be done here; `turned`: B is transposed."""
    most = builder.select(turned, SIZE(LARGEST_TURNED), SIZE(LARGEST))
    return builder.icmp_signed("<=", builder.mul(builder.mul(m, n), k), most)


def multiply(builder: Any, real: Any, flips: Any, sizes: Any, operands: Any) -> None:
    """C = op(A) @ op(B) + beta * C; `operands` are A, lda, B, ldb, beta, C, ldc."""
    (ta, tb), (a, lda, b, ldb, beta, c, ldc) = flips, operands
    one = SIZE(1)
    a_steps = [builder.select(ta, x, y) for x, y in ((one, lda), (lda, one))]
    b_steps = [builder.select(tb, x, y) for x, y in ((one, ldb), (ldb, one))]
    builder.call(_product(builder.module, real), [*sizes, a, *a_steps, b, *b_steps, beta, c, ldc])


def _product(module: Any, real: Any) -> Any:
    """`product(m, n, k, A, row step, column step, B, row step, column step, beta, C, ldc)`."""
    pointer = real.as_pointer()
    kinds = [SIZE] * 3 + [pointer, SIZE, SIZE] * 2 + [real, pointer, SIZE]
    function, builder = function_of(module, f"adjit.product.{real}", ir.VoidType(), kinds)
    if builder is None:
        return function
    m, n, k, a, a_row, a_column, b, b_row, b_column, beta, c, ldc = function.args
    plain = builder.icmp_signed("==", b_column, SIZE(1))
    with _up_to(builder, m) as i:
        row, out = _at(builder, a, i, a_row), _at(builder, c, i, ldc)
        blocks = builder.sdiv(n, SIZE(WIDTH))
        step = (k, row, a_column, b_row, b_column, beta)
        with builder.if_else(plain) as (contiguous, strided):
            with contiguous, _up_to(builder, blocks) as block:
                j = builder.mul(block, SIZE(WIDTH))
                _columns(builder, real, WIDTH, True, _at(builder, b, j), _at(builder, out, j), step)
            with strided, _up_to(builder, blocks) as block:
                j = builder.mul(block, SIZE(WIDTH))
                column = _at(builder, b, j, b_column)
                _columns(builder, real, WIDTH, False, column, _at(builder, out, j), step)
        with _up_to(builder, n, builder.mul(blocks, SIZE(WIDTH))) as j:
            column = _at(builder, b, j, b_column)
            _columns(builder, real, 1, True, column, _at(builder, out, j), step)
    builder.ret_void()
    return function


def _columns(
    builder: Any, real: Any, width: int, contiguous: bool, column: Any, out: Any, step: Any
) -> None:
    """Some neighbouring elements of a row of C."""
    k, row, a_column, b_row, b_column, beta = step
    kind = real if width == 1 else ir.VectorType(real, width)
    total = cgutils.alloca_once(builder, kind)
    builder.store(ir.Constant(kind, None if width > 1 else 0.0), total)
    with _up_to(builder, k) as p:
        factor = _spread(builder, builder.load(_at(builder, row, p, a_column)), width)
        place = _at(builder, column, p, b_row)
        if width == 1:
            other = builder.load(place)
        elif contiguous:
            other = _load(builder, place, kind)
        else:
            other = ir.Constant(kind, ir.Undefined)
            for q in range(width):
                element = builder.load(_at(builder, place, SIZE(q), b_column))
                other = builder.insert_element(other, element, INT(q))
        product = builder.fmul(factor, other, flags=FLAGS)
        builder.store(builder.fadd(builder.load(total), product, flags=FLAGS), total)
    adds = builder.fcmp_unordered("!=", beta, ir.Constant(real, 0.0))
    with builder.if_then(adds):
        old = builder.load(out) if width == 1 else _load(builder, out, kind)
        scaled = builder.fmul(old, _spread(builder, beta, width), flags=FLAGS)
        builder.store(builder.fadd(builder.load(total), scaled, flags=FLAGS), total)
    place = out if width == 1 else builder.bitcast(out, kind.as_pointer())
    builder.store(builder.load(total), place, align=real_size(real))


def _spread(builder: Any, x: Any, width: int) -> Any:
    if width == 1:
        return x
    vector = ir.Constant(ir.VectorType(x.type, width), ir.Undefined)
    for q in range(width):
        vector = builder.insert_element(vector, x, INT(q))
    return vector


def _load(builder: Any, place: Any, kind: Any) -> Any:
    return builder.load(builder.bitcast(place, kind.as_pointer()), align=real_size(kind.element))


def real_size(real: Any) -> int:
    return 8 if real == ir.DoubleType() else 4


@contextmanager
def _up_to(builder: Any, count: Any, start: Any = None) -> Iterator[Any]:
    """A loop."""
    with cgutils.for_range(builder, count, start=start, intp=SIZE) as loop:
        yield loop.index


def _at(builder: Any, array: Any, index: Any, step: Any = None) -> Any:
    """The address of an element."""
    offset = index if step is None else builder.mul(index, step)
    return builder.gep(array, [offset])
