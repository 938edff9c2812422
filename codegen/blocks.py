"""Blocks of memory for the temporaries of a kernel, kept from one call to the next.

A large block that is fresh from the operating system costs a page fault every 4 KB, which is more
than the arithmetic of many kernels. So each place of a kernel that allocates keeps one block: it is
taken and put back by an atomic exchange, so that threads that run the kernel at the same time get
blocks of their own. Small blocks come from malloc.

Before the data stand, 64 bytes long: the address that malloc gave, the capacity, the place that
keeps the block (null for small ones).
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import cgutils as _cgutils

cgutils: Any = _cgutils

#: Blocks in between are kept, in bytes.
SMALLEST, LARGEST = 1 << 16, 1 << 26
HEADER = 64

BYTE, SIZE = ir.IntType(8), ir.IntType(64)
POINTER = BYTE.as_pointer()
CELL = POINTER.as_pointer()


def acquire(builder: Any, size: Any) -> Any:
    """A block of so many bytes, aligned to 64, that aliases nothing else in the kernel."""
    module = builder.module
    slot = ir.GlobalVariable(module, POINTER, module.get_unique_name("adjit.block"))
    slot.linkage, slot.initializer = "internal", ir.Constant(POINTER, None)
    return builder.call(_acquire(module), [slot, size])


def give_back(builder: Any, data: Any) -> None:
    """Put back what `acquire` gave."""
    builder.call(_give_back(builder.module), [builder.bitcast(data, POINTER)])


def function_of(module: Any, name: str, result: Any, arguments: list[Any]) -> tuple[Any, Any]:
    """The function, and a builder for its body where it has none yet."""
    known = module.globals.get(name)
    if known is not None:
        return known, None
    function = ir.Function(module, ir.FunctionType(result, arguments), name)
    function.linkage = "internal"
    function.attributes.add("noinline")
    function.attributes.add("nounwind")
    return function, ir.IRBuilder(function.append_basic_block())


def _field(builder: Any, data: Any, number: int, kind: Any) -> Any:
    """The address of a field of the header."""
    place = builder.gep(data, [SIZE(8 * number - HEADER)], source_etype=BYTE)
    return builder.bitcast(place, kind.as_pointer())


def _runtime(builder: Any, name: str, result: Any, argument: Any) -> Any:
    kind = ir.FunctionType(result, [argument])
    return cgutils.get_or_insert_function(builder.module, kind, name)


def _free(builder: Any, data: Any) -> None:
    block = builder.load(_field(builder, data, 0, POINTER))
    builder.call(_runtime(builder, "NRT_Free", ir.VoidType(), POINTER), [block])


def _acquire(module: Any) -> Any:
    function, b = function_of(module, "adjit.acquire", POINTER, [CELL, SIZE])
    if b is None:
        return function
    # What makes LLVM see that temporaries do not overlap.
    function.return_value.add_attribute("noalias")
    slot, size = function.args
    large = b.icmp_unsigned(">=", size, SIZE(SMALLEST))
    with b.if_then(large):
        kept = b.atomic_rmw("xchg", slot, ir.Constant(POINTER, None), "acq_rel")
        with b.if_then(b.icmp_unsigned("!=", kept, ir.Constant(POINTER, None))):
            capacity = b.load(_field(b, kept, 1, SIZE))
            with b.if_then(b.icmp_unsigned(">=", capacity, size)):
                b.ret(kept)
            _free(b, kept)
    block = b.call(_runtime(b, "NRT_Allocate", POINTER, SIZE), [b.add(size, SIZE(2 * HEADER))])
    gap = b.and_(b.neg(b.ptrtoint(block, SIZE)), SIZE(HEADER - 1))
    data = b.gep(block, [b.add(gap, SIZE(HEADER))], source_etype=BYTE)
    b.store(block, _field(b, data, 0, POINTER))
    b.store(size, _field(b, data, 1, SIZE))
    b.store(b.select(large, slot, ir.Constant(CELL, None)), _field(b, data, 2, CELL))
    b.ret(data)
    return function


def _give_back(module: Any) -> Any:
    function, b = function_of(module, "adjit.give_back", ir.VoidType(), [POINTER])
    if b is None:
        return function
    (data,) = function.args
    slot = b.load(_field(b, data, 2, CELL))
    kept = b.icmp_unsigned("!=", slot, ir.Constant(CELL, None))
    fits = b.icmp_unsigned("<=", b.load(_field(b, data, 1, SIZE)), SIZE(LARGEST))
    with b.if_else(b.and_(kept, fits)) as (then, otherwise):
        with then:
            old = b.atomic_rmw("xchg", slot, data, "acq_rel")
            with b.if_then(b.icmp_unsigned("!=", old, ir.Constant(POINTER, None))):
                _free(b, old)
        with otherwise:
            _free(b, data)
    b.ret_void()
    return function
