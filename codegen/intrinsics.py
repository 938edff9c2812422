"""Scalar building blocks of generated kernels: numba intrinsics of one or two LLVM instructions.

They are cheap to type (numba spends 0.14 s on each ``max()``), and they carry their own flags: what
must respect NaN does so under any ``fastmath`` of the caller, and only reductions are reassociated.

Reductions, all vectorised by LLVM over contiguous arrays::

    s = 0.0                              m, bad = -np.inf, False
    for i in range(n):                   for i in range(n):
        s = radd(s, x[i])                    m = rmax(m, x[i])
                                             bad = rnan(bad, x[i])
                                         m = finish(m, bad)

``rmax`` alone assumes that there is no NaN (LLVM vectorises no other form); before ``finish`` its
result may be used for nothing but further ``rmax``: not even compared, which is undefined if there
was a NaN.  A kernel that uses ``vecmath.sin`` therefore keeps no largest ``|x|`` but the answer::

    far = False
    for i in range(n):
        far = rbeyond(far, x[i], SIN_MAX["float64"])
        y[i] = sin(x[i])
    if far: the same loop with sin_wide
"""

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

__all__ = [
    "ceil",
    "copysign",
    "fabs",
    "finish",
    "floor",
    "fmaximum",
    "fminimum",
    "maximum",
    "minimum",
    "radd",
    "rbeyond",
    "rint",
    "rmax",
    "rmin",
    "rmul",
    "rnan",
    "select",
    "sign",
    "sqrt",
    "trunc",
]

# numba adds its fastmath flags to instructions without any: this one, which concerns divisions
# only, keeps it from adding them to a comparison
IMMUNE = ("arcp",)
REDUCTION = ("reassoc", "nsz", "contract")
NO_NAN = ("nnan", "nsz")


def _common(typingctx: Any, *arguments: Any) -> Any:
    """The type in which numbers (or booleans) meet; ``None`` if there is none."""
    if not all(isinstance(a, types.Number | types.Boolean) for a in arguments):
        return None
    return typingctx.unify_types(*arguments)


def _is_float(kind: Any) -> bool:
    return isinstance(kind, types.Float)


def _binary(typingctx: Any, a: Any, b: Any, build: Any) -> Any:
    """Signature and code of an intrinsic ``(a, b)`` on the common type."""
    kind = _common(typingctx, a, b)
    if kind is None:
        return None

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return build(builder, kind, *args)

    return kind(kind, kind), codegen


def _compare(builder: Any, kind: Any, symbol: str, a: Any, b: Any, flags: Any = IMMUNE) -> Any:
    if _is_float(kind):
        return builder.fcmp_ordered(symbol, a, b, flags=flags)
    compare = builder.icmp_signed if getattr(kind, "signed", False) else builder.icmp_unsigned
    return compare(symbol, a, b)


def _is_nan(builder: Any, x: Any) -> Any:
    return builder.fcmp_unordered("uno", x, x, flags=IMMUNE)


def _pick(symbol: str, ignore_nan: bool) -> Any:
    """NumPy's maximum or minimum (NaN wins), or with ``ignore_nan`` fmax or fmin (NaN loses)."""

    def build(builder: Any, kind: Any, a: Any, b: Any) -> Any:
        best = builder.select(_compare(builder, kind, symbol, a, b), a, b)
        if not _is_float(kind):
            return best
        # a comparison with NaN is false, which selected b
        if ignore_nan:
            return builder.select(_is_nan(builder, b), a, best)
        return builder.select(_is_nan(builder, a), a, best)

    return build


def _reduce(symbol: str) -> Any:
    def build(builder: Any, kind: Any, a: Any, b: Any) -> Any:
        flags = NO_NAN if _is_float(kind) else ()
        return builder.select(_compare(builder, kind, symbol, a, b, flags), a, b, flags=flags)

    return build


@intrinsic
def select(typingctx: Any, condition: Any, then: Any, otherwise: Any) -> Any:
    """``then if condition else otherwise``; both are evaluated."""
    kind = _common(typingctx, then, otherwise)
    if kind is None:
        return None

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.select(*args)

    return kind(types.boolean, kind, kind), codegen


@intrinsic
def radd(typingctx: Any, accumulator: Any, x: Any) -> Any:
    """``accumulator + x`` that LLVM may reorder: the step of a sum."""

    def build(builder: Any, kind: Any, a: Any, b: Any) -> Any:
        return builder.fadd(a, b, flags=REDUCTION) if _is_float(kind) else builder.add(a, b)

    return _binary(typingctx, accumulator, x, build)


@intrinsic
def rmul(typingctx: Any, accumulator: Any, x: Any) -> Any:
    """``accumulator * x`` that LLVM may reorder: the step of a product."""

    def build(builder: Any, kind: Any, a: Any, b: Any) -> Any:
        return builder.fmul(a, b, flags=REDUCTION) if _is_float(kind) else builder.mul(a, b)

    return _binary(typingctx, accumulator, x, build)


@intrinsic
def rmax(typingctx: Any, accumulator: Any, x: Any) -> Any:
    """The step of a maximum over numbers; with :func:`rnan` and :func:`finish` also over NaN."""
    return _binary(typingctx, accumulator, x, _reduce(">"))


@intrinsic
def rmin(typingctx: Any, accumulator: Any, x: Any) -> Any:
    """The step of a minimum over numbers; with :func:`rnan` and :func:`finish` also over NaN."""
    return _binary(typingctx, accumulator, x, _reduce("<"))


@intrinsic
def rnan(typingctx: Any, bad: Any, x: Any) -> Any:
    """``bad or isnan(x)``: the step beside rmax or rmin."""
    if not isinstance(x, types.Float):
        return None

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.or_(args[0], _is_nan(builder, args[1]))

    return types.boolean(types.boolean, x), codegen


@intrinsic
def rbeyond(typingctx: Any, flag: Any, x: Any, limit: Any) -> Any:
    """``flag or abs(x) > limit``, in the type of x; a NaN is not beyond."""
    if not isinstance(x, types.Float) or not isinstance(limit, types.Number):
        return None

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        flag, value, bound = args
        callee = builder.module.declare_intrinsic("llvm.fabs", [value.type])
        return builder.or_(flag, _compare(builder, x, ">", builder.call(callee, (value,)), bound))

    return types.boolean(types.boolean, x, x), codegen


@intrinsic
def finish(typingctx: Any, extremum: Any, bad: Any) -> Any:
    """The value of a reduction by rmax or rmin: NaN if ``bad``."""
    if not isinstance(extremum, types.Float):
        return None

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.select(args[1], ir.Constant(args[0].type, float("nan")), args[0])

    return extremum(extremum, types.boolean), codegen


@intrinsic
def maximum(typingctx: Any, a: Any, b: Any) -> Any:
    """``np.maximum``: NaN if either is."""
    return _binary(typingctx, a, b, _pick(">", ignore_nan=False))


@intrinsic
def minimum(typingctx: Any, a: Any, b: Any) -> Any:
    """``np.minimum``: NaN if either is."""
    return _binary(typingctx, a, b, _pick("<", ignore_nan=False))


@intrinsic
def fmaximum(typingctx: Any, a: Any, b: Any) -> Any:
    """``np.fmax``: NaN only if both are."""
    return _binary(typingctx, a, b, _pick(">", ignore_nan=True))


@intrinsic
def fminimum(typingctx: Any, a: Any, b: Any) -> Any:
    """``np.fmin``: NaN only if both are."""
    return _binary(typingctx, a, b, _pick("<", ignore_nan=True))


@intrinsic
def sign(typingctx: Any, x: Any) -> Any:
    """``np.sign``: -1, 0 or 1; NaN of NaN."""
    if not isinstance(x, types.Float | types.Integer):
        return None

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        (value,) = args
        zero, one, minus = (ir.Constant(value.type, c) for c in (0, 1, -1))
        result = builder.select(_compare(builder, x, "==", value, zero), zero, value)
        result = builder.select(_compare(builder, x, ">", value, zero), one, result)
        return builder.select(_compare(builder, x, "<", value, zero), minus, result)

    return x(x), codegen


def _unary(x: Any, name: str) -> Any:
    """An LLVM intrinsic of one float; integers become float64."""
    if not isinstance(x, types.Float | types.Integer):
        return None
    kind = x if _is_float(x) else types.float64

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        callee = builder.module.declare_intrinsic(f"llvm.{name}", [args[0].type])
        return builder.call(callee, args)

    return kind(kind), codegen


@intrinsic
def floor(typingctx: Any, x: Any) -> Any:
    """``np.floor``."""
    return _unary(x, "floor")


@intrinsic
def ceil(typingctx: Any, x: Any) -> Any:
    """``np.ceil``."""
    return _unary(x, "ceil")


@intrinsic
def trunc(typingctx: Any, x: Any) -> Any:
    """``np.trunc``."""
    return _unary(x, "trunc")


@intrinsic
def rint(typingctx: Any, x: Any) -> Any:
    """``np.rint``: to nearest, halves to even."""
    return _unary(x, "rint")


@intrinsic
def fabs(typingctx: Any, x: Any) -> Any:
    """``np.fabs``."""
    return _unary(x, "fabs")


@intrinsic
def sqrt(typingctx: Any, x: Any) -> Any:
    """``np.sqrt``: NaN of a negative number."""
    return _unary(x, "sqrt")


@intrinsic
def copysign(typingctx: Any, magnitude: Any, sign_of: Any) -> Any:
    """``np.copysign``."""

    def build(builder: Any, kind: Any, a: Any, b: Any) -> Any:
        callee = builder.module.declare_intrinsic(
            "llvm.copysign", [a.type], ir.FunctionType(a.type, [a.type, b.type])
        )
        return builder.call(callee, (a, b))

    return _binary(typingctx, magnitude, sign_of, build)
