"""Division inside kernels, with NumPy's results: signs, zero divisors, infinities.

numba's `//` and `%` differ for floats with zero divisors and crash on the one integer quotient
that overflows. A plain quotient of float32 by a root becomes, where reciprocals are allowed, a
product with the processor's estimate of 1 / sqrt(x), which is NaN at 0 and at infinity.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types as _types
from numba.extending import intrinsic

__all__ = ["divide", "floor_divide", "fmod", "remainder"]

types: Any = _types

# A flag that concerns divisions only keeps numba from adding its fastmath flags.
IMMUNE = ("arcp",)
# The same for quotients that stay quotients: this one concerns sums of products only.
QUOTIENT = ("contract",)

Build = Callable[[Any, Any, Any, Any], Any]


def _rule(a: Any, b: Any, floating: Build, integer: Build) -> Any:
    if a != b or not isinstance(a, types.Float | types.Integer):
        return None
    build = floating if isinstance(a, types.Float) else integer

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return build(builder, a, *args)

    return a(a, b), codegen


@intrinsic
def divide(typingctx: Any, a: Any, b: Any) -> Any:
    """`np.divide` of floats, never by way of a reciprocal."""
    kind = types.unliteral(a)
    if not isinstance(kind, types.Float) or types.unliteral(b) != kind:
        return None

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.fdiv(*args, flags=QUOTIENT)

    return kind(kind, kind), codegen


@intrinsic
def floor_divide(typingctx: Any, a: Any, b: Any) -> Any:
    """`np.floor_divide`."""
    return _rule(types.unliteral(a), types.unliteral(b), _float_quotient, _integer_quotient)


@intrinsic
def remainder(typingctx: Any, a: Any, b: Any) -> Any:
    """`np.remainder`: the sign of the divisor."""
    return _rule(types.unliteral(a), types.unliteral(b), _float_remainder, _integer_remainder)


@intrinsic
def fmod(typingctx: Any, a: Any, b: Any) -> Any:
    """`np.fmod`: the sign of the dividend."""
    return _rule(
        types.unliteral(a),
        types.unliteral(b),
        lambda builder, kind, x, y: builder.frem(x, y, flags=IMMUNE),
        _integer_fmod,
    )


def _float_parts(builder: Any, x: Any, y: Any) -> tuple[Any, Any, Any]:
    """C's fmod, whether it is zero, and whether its sign is not that of y."""
    zero = ir.Constant(x.type, 0.0)
    rest = builder.frem(x, y, flags=IMMUNE)
    exact = builder.fcmp_ordered("==", rest, zero, flags=IMMUNE)
    differs = builder.xor(
        builder.fcmp_ordered("<", y, zero, flags=IMMUNE),
        builder.fcmp_ordered("<", rest, zero, flags=IMMUNE),
    )
    return rest, exact, builder.and_(differs, builder.not_(exact))


def _llvm(builder: Any, name: str, *args: Any) -> Any:
    kind = ir.FunctionType(args[0].type, [a.type for a in args])
    return builder.call(builder.module.declare_intrinsic(name, [args[0].type], kind), args)


def _float_remainder(builder: Any, kind: Any, x: Any, y: Any) -> Any:
    rest, exact, differs = _float_parts(builder, x, y)
    moved = builder.select(differs, builder.fadd(rest, y, flags=IMMUNE), rest)
    signed_zero = _llvm(builder, "llvm.copysign", ir.Constant(x.type, 0.0), y)
    return builder.select(exact, signed_zero, moved)


def _float_quotient(builder: Any, kind: Any, x: Any, y: Any) -> Any:
    one, half, zero = (ir.Constant(x.type, c) for c in (1.0, 0.5, 0.0))
    rest, _, differs = _float_parts(builder, x, y)
    plain = builder.fdiv(x, y, flags=QUOTIENT)
    quotient = builder.fdiv(builder.fsub(x, rest, flags=IMMUNE), y, flags=QUOTIENT)
    quotient = builder.select(differs, builder.fsub(quotient, one, flags=IMMUNE), quotient)
    whole = _llvm(builder, "llvm.floor", quotient)
    far = builder.fcmp_ordered(">", builder.fsub(quotient, whole, flags=IMMUNE), half, flags=IMMUNE)
    whole = builder.select(far, builder.fadd(whole, one, flags=IMMUNE), whole)
    nothing = builder.fcmp_ordered("==", quotient, zero, flags=IMMUNE)
    whole = builder.select(nothing, _llvm(builder, "llvm.copysign", zero, plain), whole)
    return builder.select(builder.fcmp_ordered("==", y, zero, flags=IMMUNE), plain, whole)


def _integer_parts(builder: Any, kind: Any, x: Any, y: Any) -> tuple[Any, Any, Any, Any]:
    """Truncated quotient and remainder by a divisor that cannot trap; y == 0; y == -1."""
    zero, one, minus = (ir.Constant(x.type, c) for c in (0, 1, -1))
    by_zero = builder.icmp_unsigned("==", y, zero)
    if not kind.signed:
        safe = builder.select(by_zero, one, y)
        return (
            builder.udiv(x, safe),
            builder.urem(x, safe),
            by_zero,
            ir.Constant(ir.IntType(1), 0),
        )
    by_minus = builder.icmp_unsigned("==", y, minus)
    safe = builder.select(builder.or_(by_zero, by_minus), one, y)
    return builder.sdiv(x, safe), builder.srem(x, safe), by_zero, by_minus


def _integer_quotient(builder: Any, kind: Any, x: Any, y: Any) -> Any:
    zero, one = ir.Constant(x.type, 0), ir.Constant(x.type, 1)
    quotient, rest, by_zero, by_minus = _integer_parts(builder, kind, x, y)
    if kind.signed:
        below = builder.and_(
            builder.icmp_signed("!=", rest, zero), builder.icmp_signed("<", builder.xor(x, y), zero)
        )
        quotient = builder.select(below, builder.sub(quotient, one), quotient)
        quotient = builder.select(by_minus, builder.neg(x), quotient)
    return builder.select(by_zero, zero, quotient)


def _integer_remainder(builder: Any, kind: Any, x: Any, y: Any) -> Any:
    zero = ir.Constant(x.type, 0)
    _, rest, by_zero, _ = _integer_parts(builder, kind, x, y)
    if kind.signed:
        below = builder.and_(
            builder.icmp_signed("!=", rest, zero), builder.icmp_signed("<", builder.xor(x, y), zero)
        )
        rest = builder.select(below, builder.add(rest, y), rest)
    return builder.select(by_zero, zero, rest)


def _integer_fmod(builder: Any, kind: Any, x: Any, y: Any) -> Any:
    _, rest, by_zero, _ = _integer_parts(builder, kind, x, y)
    return builder.select(by_zero, ir.Constant(x.type, 0), rest)
