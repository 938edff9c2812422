"""Elementwise primitives: inputs broadcast as in NumPy, all of one dtype unless noted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from adjit.ir.indexing import broadcast_equal
from adjit.ir.primitives.core import Primitive, TypeRule, register, require
from adjit.ir.values import Type

BOOL = np.dtype(np.bool_)


def _rule(arity: int, *, result: str = "same", kinds: str = "biuf") -> TypeRule:
    def rule(
        types: Sequence[Type], params: Mapping[str, Any], regions: Sequence[Any]
    ) -> tuple[Type, ...]:
        require(len(types) == arity, f"{arity} inputs expected, got {len(types)}")
        dtype = types[0].dtype
        require(all(t.dtype == dtype for t in types), f"mixed dtypes {[str(t) for t in types]}")
        require(dtype.kind in kinds, f"dtype {dtype} not among kinds {kinds!r}")
        shape = broadcast_equal([t.shape for t in types])
        return (Type(BOOL if result == "bool" else dtype, shape),)

    return rule


def _elementwise(name: str, arity: int, formula: str = "", **options: str) -> Primitive:
    return register(Primitive(name, "elementwise", _rule(arity, **options), formula))


_NUMBER = {"kinds": "iuf"}
_FLOAT = {"kinds": "f"}

add = _elementwise("add", 2, "x + y", **_NUMBER)
sub = _elementwise("sub", 2, "x - y", **_NUMBER)
mul = _elementwise("mul", 2, "x * y", **_NUMBER)
div = _elementwise("div", 2, "x / y", **_FLOAT)
pow = _elementwise("pow", 2, "x ** y", **_NUMBER)
neg = _elementwise("neg", 1, "-x", **_NUMBER)

sqrt = _elementwise("sqrt", 1, "sqrt(x)", **_FLOAT)
cbrt = _elementwise("cbrt", 1, "cbrt(x)", **_FLOAT)
exp = _elementwise("exp", 1, "exp(x)", **_FLOAT)
exp2 = _elementwise("exp2", 1, "2 ** x", **_FLOAT)
expm1 = _elementwise("expm1", 1, "exp(x) - 1", **_FLOAT)
log = _elementwise("log", 1, "log(x)", **_FLOAT)
log2 = _elementwise("log2", 1, "log(x) / log(2)", **_FLOAT)
log10 = _elementwise("log10", 1, "log(x) / log(10)", **_FLOAT)
log1p = _elementwise("log1p", 1, "log(1 + x)", **_FLOAT)
sin = _elementwise("sin", 1, "sin(x)", **_FLOAT)
cos = _elementwise("cos", 1, "cos(x)", **_FLOAT)
tan = _elementwise("tan", 1, "tan(x)", **_FLOAT)
arcsin = _elementwise("arcsin", 1, "asin(x)", **_FLOAT)
arccos = _elementwise("arccos", 1, "acos(x)", **_FLOAT)
arctan = _elementwise("arctan", 1, "atan(x)", **_FLOAT)
sinh = _elementwise("sinh", 1, "sinh(x)", **_FLOAT)
cosh = _elementwise("cosh", 1, "cosh(x)", **_FLOAT)
tanh = _elementwise("tanh", 1, "tanh(x)", **_FLOAT)
arcsinh = _elementwise("arcsinh", 1, "asinh(x)", **_FLOAT)
arccosh = _elementwise("arccosh", 1, "acosh(x)", **_FLOAT)
arctanh = _elementwise("arctanh", 1, "atanh(x)", **_FLOAT)
arctan2 = _elementwise("arctan2", 2, "atan2(x, y)", **_FLOAT)
hypot = _elementwise("hypot", 2, "sqrt(x**2 + y**2)", **_FLOAT)
expit = _elementwise("expit", 1, "1 / (1 + exp(-x))", **_FLOAT)
erf = _elementwise("erf", 1, "erf(x)", **_FLOAT)
erfc = _elementwise("erfc", 1, "erfc(x)", **_FLOAT)
gamma = _elementwise("gamma", 1, "gamma(x)", **_FLOAT)
lgamma = _elementwise("lgamma", 1, "loggamma(x)", **_FLOAT)
digamma = _elementwise("digamma", 1, "digamma(x)", **_FLOAT)
#: `polygamma(n, x)`: the derivative of `digamma` of order n, a literal.
polygamma = _elementwise("polygamma", 2, **_FLOAT)
logaddexp = _elementwise("logaddexp", 2, "log(exp(x) + exp(y))", **_FLOAT)

abs = _elementwise("abs", 1, **_NUMBER)
sign = _elementwise("sign", 1, **_NUMBER)
maximum = _elementwise("maximum", 2)
minimum = _elementwise("minimum", 2)
fmax = _elementwise("fmax", 2)
fmin = _elementwise("fmin", 2)
copysign = _elementwise("copysign", 2, **_FLOAT)
floor = _elementwise("floor", 1, **_FLOAT)
ceil = _elementwise("ceil", 1, **_FLOAT)
trunc = _elementwise("trunc", 1, **_FLOAT)
rint = _elementwise("rint", 1, **_FLOAT)
floordiv = _elementwise("floordiv", 2, **_NUMBER)
mod = _elementwise("mod", 2, **_NUMBER)
fmod = _elementwise("fmod", 2, **_NUMBER)

lt = _elementwise("lt", 2, result="bool")
le = _elementwise("le", 2, result="bool")
gt = _elementwise("gt", 2, result="bool")
ge = _elementwise("ge", 2, result="bool")
eq = _elementwise("eq", 2, result="bool")
ne = _elementwise("ne", 2, result="bool")
isnan = _elementwise("isnan", 1, result="bool", **_FLOAT)
isinf = _elementwise("isinf", 1, result="bool", **_FLOAT)
isfinite = _elementwise("isfinite", 1, result="bool", **_FLOAT)
logical_and = _elementwise("logical_and", 2, kinds="b")
logical_or = _elementwise("logical_or", 2, kinds="b")
logical_xor = _elementwise("logical_xor", 2, kinds="b")
logical_not = _elementwise("logical_not", 1, kinds="b")
bit_and = _elementwise("bit_and", 2, kinds="iu")
bit_or = _elementwise("bit_or", 2, kinds="iu")
bit_xor = _elementwise("bit_xor", 2, kinds="iu")
bit_not = _elementwise("bit_not", 1, kinds="iu")
shift_left = _elementwise("shift_left", 2, kinds="iu")
shift_right = _elementwise("shift_right", 2, kinds="iu")


def _select(
    types: Sequence[Type], params: Mapping[str, Any], regions: Sequence[Any]
) -> tuple[Type, ...]:
    require(len(types) == 3 and types[0].dtype == BOOL, "select(bool, x, y) expected")
    require(types[1].dtype == types[2].dtype, "select: branches of different dtypes")
    return (Type(types[1].dtype, broadcast_equal([t.shape for t in types])),)


def _convert(
    types: Sequence[Type], params: Mapping[str, Any], regions: Sequence[Any]
) -> tuple[Type, ...]:
    require(len(types) == 1, "convert takes one input")
    return (types[0].with_dtype(params["dtype"]),)


def _stop(
    types: Sequence[Type], params: Mapping[str, Any], regions: Sequence[Any]
) -> tuple[Type, ...]:
    require(len(types) == 1, "stop takes one input")
    return (types[0],)


#: `select(condition, x, y)`: x where the condition holds, else y.
select = register(Primitive("select", "elementwise", _select))
#: `convert(x; dtype)`: NumPy's `astype`.
convert = register(Primitive("convert", "elementwise", _convert))
#: `stop(x)`: the identity with derivative zero.
stop = register(Primitive("stop", "elementwise", _stop))
