"""Back-end B: the elementary functions as Python source that numba compiles.

For modules that must run without adjit: the text imports numpy and numba alone.  It executes the
same operations as :mod:`adjit.codegen.vecmath.llvm`, in the same order, and returns the same bits.
"""

from collections.abc import Iterable

from adjit.codegen.vecmath.expr import Instruction, Program
from adjit.codegen.vecmath.functions import FUNCTIONS, program

__all__ = ["PREAMBLE", "vecmath_source"]

PREAMBLE = """\
import numpy as np
from numba import njit, types
from numba.extending import intrinsic


@intrinsic
def _select(typingctx, condition, then, otherwise):
    def codegen(context, builder, signature, args):
        return builder.select(*args)

    return then(types.boolean, then, then), codegen


@intrinsic
def _shift_right(typingctx, x, bits):
    def codegen(context, builder, signature, args):
        return builder.lshr(*args)

    return x(x, x), codegen


@intrinsic
def _bits(typingctx, x):
    result = types.int64 if x == types.float64 else types.int32

    def codegen(context, builder, signature, args):
        return builder.bitcast(args[0], context.get_value_type(result))

    return result(x), codegen


@intrinsic
def _unbits(typingctx, x):
    result = types.float64 if x == types.int64 else types.float32

    def codegen(context, builder, signature, args):
        return builder.bitcast(args[0], context.get_value_type(result))

    return result(x), codegen


def _llvm(name, kind, count):
    suffix = "f64" if kind == types.float64 else "f32"
    return types.ExternalFunction(f"llvm.{name}.{suffix}", kind(*[kind] * count))
"""

# without an explicit fastmath=False numba compiles them with the flags of the caller
DECORATOR = '@njit(error_model="numpy", fastmath=False, forceinline=True)'

EXTERNALS = {"floor": 1, "abs": 1, "copysign": 2, "mad": 3, "fma": 3}
LLVM_NAMES = {"abs": "fabs", "mad": "fmuladd"}

WIDE = {"sin_wide": "np.sin", "cos_wide": "np.cos"}

TEMPLATES = {
    "add": "{} + {}",
    "sub": "{} - {}",
    "mul": "{} * {}",
    "div": "{} / {}",
    "iadd": "{} + {}",
    "isub": "{} - {}",
    "neg": "-{}",
    "and": "{} & {}",
    "or": "{} | {}",
    "xor": "{} ^ {}",
    "lt": "{} < {}",
    "le": "{} <= {}",
    "gt": "{} > {}",
    "eq": "{} == {}",
    "ne": "{} != {}",
    "ine": "{} != {}",
    "shl": "{} << {}",
    "lshr": "_shift_right({}, {})",
    "select": "_select({}, {}, {})",
    "bits": "_bits({})",
    "unbits": "_unbits({})",
}


def _constant(line: Instruction) -> str:
    text = str(line.args[0])
    if line.type.startswith("int"):
        return f"np.int32({text})" if line.type == "int32" else text
    number = repr(float.fromhex(text)).replace("inf", "np.inf").replace("nan", "np.nan")
    return f"np.float32({number})" if line.type == "float32" else number


def _shift(line: Instruction) -> str:
    distance = str(line.args[1])
    # the intrinsic takes two integers of one type, Python's operator widens anyway
    narrow = line.op == "lshr" and line.type == "int32"
    return f"np.int32({distance})" if narrow else distance


def _expression(line: Instruction, names: list[str]) -> str:
    operands = [names[a] for a in line.args if isinstance(a, int)]
    if line.op in EXTERNALS:
        return f"_{line.op}_{line.type}({', '.join(operands)})"
    if line.op == "cast":
        return f"np.{line.type}({operands[0]})"
    if line.op in ("shl", "lshr"):
        operands.append(_shift(line))
    text = TEMPLATES[line.op].format(*operands)
    # numba widens the arithmetic of int32
    return f"np.int32({text})" if line.type == "int32" and line.op != "bits" else text


def _function(name: str, code: Program) -> str:
    """One njit function; constants are written where they are used."""
    parameters = ["x", "y"][: code.parameters]
    lines = [DECORATOR, f"def {name}({', '.join(parameters)}):"]
    names: list[str] = []
    for number, line in enumerate(code.instructions):
        if line.op == "arg":
            names.append(parameters[int(line.args[0])])
        elif line.op == "const":
            names.append(_constant(line))
        else:
            names.append(f"t{number}")
            lines.append(f"    t{number} = {_expression(line, names)}")
    lines.append(f"    return {', '.join(names[i] for i in code.results)}")
    return "\n".join(lines) + "\n"


def _wide(name: str, call: str) -> str:
    return f"{DECORATOR}\ndef {name}(x):\n    return {call}(x)\n"


def vecmath_source(
    names: Iterable[str], dtype: str = "float64", *, suffix: str = "", preamble: bool = True
) -> str:
    """Python source of the named functions (rows of ``FUNCTIONS``, ``sin_wide``, ``cos_wide``).

    They take and return scalars of ``dtype`` ("float64" or "float32") exactly: an argument of
    another type must be converted by the caller.  ``suffix`` is appended to each name, and with
    ``preamble=False`` the imports and helpers are left out, so that a module can hold both dtypes:

    >>> text = vecmath_source(["exp"]) + vecmath_source(["exp"], "float32", suffix="f",
    ...                                                 preamble=False)
    """
    chosen = list(dict.fromkeys(names))
    externals: set[tuple[str, str]] = set()
    parts: list[str] = []
    for name in chosen:
        if name not in FUNCTIONS:
            if name not in WIDE:
                known = [*FUNCTIONS, *WIDE]
                raise ValueError(f"no elementary function {name!r}; there are {known}")
            parts.append(_wide(name + suffix, WIDE[name]))
            continue
        code = program(name, dtype)
        externals |= {(i.op, i.type) for i in code.instructions if i.op in EXTERNALS}
        parts.append(_function(name + suffix, code))
    declarations = "".join(
        f'_{op}_{kind} = _llvm("{LLVM_NAMES.get(op, op)}", types.{kind}, {EXTERNALS[op]})\n'
        for op, kind in sorted(externals)
    )
    head = [PREAMBLE] if preamble else []
    return "\n\n".join([*head, *([declarations] if declarations else []), *parts])
