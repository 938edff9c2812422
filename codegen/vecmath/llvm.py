"""Back-end A: the elementary functions as numba intrinsics that LLVM vectorises once inlined.

``from adjit.codegen.vecmath.llvm import exp, log, ...`` in a kernel; each takes and returns scalars
of float64 or float32 (integers are converted to float64) and typing it costs numba no more than an
addition.  The body, ``alwaysinline``, is built once per process as a numba code library of its own,
which the library of the caller links (and drops after inlining).  It must not stand in the caller's
module: ``fastmath`` rewrites the flags of everything there, and the rounding by magic numbers does
not survive reassociation.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import llvmlite.binding as llvm
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from adjit.codegen.vecmath.expr import Instruction
from adjit.codegen.vecmath.functions import FUNCTIONS, program

__all__ = [*FUNCTIONS, "cos_wide", "sin_wide"]

TYPES = {
    "float64": ir.DoubleType(),
    "float32": ir.FloatType(),
    "int64": ir.IntType(64),
    "int32": ir.IntType(32),
    "bool": ir.IntType(1),
}


def _call(name: str) -> Callable[..., Any]:
    """A call of the overloaded LLVM intrinsic."""

    def build(builder: Any, *args: Any) -> Any:
        kind = ir.FunctionType(args[0].type, [a.type for a in args])
        callee = builder.module.declare_intrinsic(name, [args[0].type], kind)
        return builder.call(callee, args)

    return build


def _compare(kind: str, symbol: str) -> Callable[..., Any]:
    return lambda builder, a, b: getattr(builder, kind)(symbol, a, b)


OPERATIONS: dict[str, Callable[..., Any]] = {
    "add": lambda b, x, y: b.fadd(x, y),
    "sub": lambda b, x, y: b.fsub(x, y),
    "mul": lambda b, x, y: b.fmul(x, y),
    "div": lambda b, x, y: b.fdiv(x, y),
    "neg": lambda b, x: b.fneg(x),
    "iadd": lambda b, x, y: b.add(x, y),
    "isub": lambda b, x, y: b.sub(x, y),
    "and": lambda b, x, y: b.and_(x, y),
    "or": lambda b, x, y: b.or_(x, y),
    "xor": lambda b, x, y: b.xor(x, y),
    "select": lambda b, c, x, y: b.select(c, x, y),
    "lt": _compare("fcmp_ordered", "<"),
    "le": _compare("fcmp_ordered", "<="),
    "gt": _compare("fcmp_ordered", ">"),
    "eq": _compare("fcmp_ordered", "=="),
    "ne": _compare("fcmp_unordered", "!="),
    "ine": _compare("icmp_signed", "!="),
    "abs": _call("llvm.fabs"),
    "floor": _call("llvm.floor"),
    "copysign": _call("llvm.copysign"),
    "mad": _call("llvm.fmuladd"),
    "fma": _call("llvm.fma"),
}


def _emit(builder: Any, line: Instruction, values: list[Any], parameters: Any) -> Any:
    """The LLVM value of one instruction."""
    kind = TYPES[line.type]
    if line.op == "arg":
        return parameters[int(line.args[0])]
    if line.op == "const":
        text = str(line.args[0])
        floating = line.type.startswith("float")
        return ir.Constant(kind, float.fromhex(text) if floating else int(text))
    operands = [values[a] for a in line.args if isinstance(a, int)]
    if line.op in ("shl", "lshr"):
        return getattr(builder, line.op)(operands[0], ir.Constant(kind, int(line.args[1])))
    if line.op in ("bits", "unbits"):
        return builder.bitcast(operands[0], kind)
    if line.op == "cast":
        narrow = "trunc" if line.type == "int32" else "fptrunc"
        return getattr(builder, "fpext" if line.type == "float64" else narrow)(operands[0], kind)
    return OPERATIONS[line.op](builder, *operands)


def _function_type(name: str, dtype: str) -> Any:
    kind, row = TYPES[dtype], FUNCTIONS[name]
    result = kind if row.results == 1 else ir.ArrayType(kind, row.results)
    return ir.FunctionType(result, [kind] * row.parameters)


def symbol(name: str, dtype: str) -> str:
    """The name of the LLVM function."""
    return f"adjit.vecmath.{name}.{dtype}"


def module_text(name: str, dtype: str) -> str:
    """A module in LLVM's assembly language that holds just this function."""
    code = program(name, dtype)
    module = ir.Module(symbol(name, dtype))
    module.triple = llvm.get_process_triple()
    function = ir.Function(module, _function_type(name, dtype), symbol(name, dtype))
    function.attributes.add("alwaysinline")
    function.attributes.add("nounwind")
    builder = ir.IRBuilder(function.append_basic_block())
    values: list[Any] = []
    for line in code.instructions:
        values.append(_emit(builder, line, values, function.args))
    results = [values[i] for i in code.results]
    outcome = results[0]
    if len(results) > 1:
        outcome = ir.Constant(function.function_type.return_type, ir.Undefined)
        for position, value in enumerate(results):
            outcome = builder.insert_value(outcome, value, position)
    builder.ret(outcome)
    return str(module)


@cache
def _library(codegen: Any, name: str, dtype: str) -> Any:
    """The function as a code library of numba's, from which others link and inline it."""
    library = codegen.create_library(symbol(name, dtype))
    library.add_llvm_module(llvm.parse_assembly(module_text(name, dtype)))
    # nobody runs it from here: finalize() would spend 10 ms on machine code that is never used
    library._finalized = True
    return library


def _declared(context: Any, builder: Any, name: str, dtype: str) -> Any:
    """The function as seen from the caller's module, whose library is told to link its body."""
    known = builder.module.globals.get(symbol(name, dtype))
    if known is not None:
        return known
    context.active_code_library.add_linking_library(_library(context.codegen(), name, dtype))
    return ir.Function(builder.module, _function_type(name, dtype), symbol(name, dtype))


def float_type(*arguments: Any) -> Any:
    """float32 if all are, else float64; ``None`` (no match, for numba) if one is not real."""
    if not all(isinstance(a, types.Float | types.Integer | types.Boolean) for a in arguments):
        return None
    return types.float32 if set(arguments) == {types.float32} else types.float64


def _signature(name: str, *arguments: Any) -> Any:
    kind = float_type(*arguments)
    if kind is None:
        return None
    count = FUNCTIONS[name].results
    uniform: Any = types.UniTuple
    result = uniform(kind, count) if count > 1 else kind

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.call(_declared(context, builder, name, str(kind)), args)

    return result(*[kind] * len(arguments)), codegen


def _make(name: str) -> Any:
    """The intrinsic for one row of the table."""

    def unary(typingctx: Any, x: Any) -> Any:
        return _signature(name, x)

    def binary(typingctx: Any, x: Any, y: Any) -> Any:
        return _signature(name, x, y)

    function: Any = unary if FUNCTIONS[name].parameters == 1 else binary
    function.__name__ = function.__qualname__ = name
    function.__doc__ = FUNCTIONS[name].definition.__doc__
    return intrinsic(function)


def _libm(typingctx: Any, x: Any, name: str) -> Any:
    kind = float_type(x)
    if kind is None:
        return None

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _call(name)(builder, *args)

    return kind(kind), codegen


@intrinsic
def sin_wide(typingctx: Any, x: Any) -> Any:
    """Sine of any argument: a call of libm, not vectorised."""
    return _libm(typingctx, x, "llvm.sin")


@intrinsic
def cos_wide(typingctx: Any, x: Any) -> Any:
    """Cosine of any argument: a call of libm, not vectorised."""
    return _libm(typingctx, x, "llvm.cos")


exp = _make("exp")
exp2 = _make("exp2")
expm1 = _make("expm1")
expit = _make("expit")
sinh = _make("sinh")
cosh = _make("cosh")
tanh = _make("tanh")
log = _make("log")
log1p = _make("log1p")
log2 = _make("log2")
log10 = _make("log10")
sin = _make("sin")
cos = _make("cos")
sincos = _make("sincos")
arctan = _make("arctan")
pow = _make("pow")
cbrt = _make("cbrt")
erf = _make("erf")
