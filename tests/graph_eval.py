"""A reference evaluator: runs any graph on NumPy arrays, one equation at a time.

`evaluate(graph, *arrays)` returns the outputs as NumPy arrays and scalars. It shares no code with
the emitters, so that graphs can be compared with plain NumPy before any code is generated.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from scipy import special

from adjit.ir.dims import Size, Symbol, as_symbol
from adjit.ir.graph import Equation, Graph
from adjit.ir.indexing import At, AtValue, Gather, NewAxis, Slice, Spec
from adjit.ir.primitives.effects import ERRORS
from adjit.ir.substitution import substitute
from adjit.ir.values import Literal, Operand, Type, Value

Sizes = dict[Symbol, Size]

ELEMENTWISE: dict[str, Callable[..., Any]] = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.true_divide,
    "pow": np.power,
    "neg": np.negative,
    "sqrt": np.sqrt,
    "cbrt": np.cbrt,
    "exp": np.exp,
    "exp2": np.exp2,
    "expm1": np.expm1,
    "log": np.log,
    "log2": np.log2,
    "log10": np.log10,
    "log1p": np.log1p,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "arcsin": np.arcsin,
    "arccos": np.arccos,
    "arctan": np.arctan,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "tanh": np.tanh,
    "arcsinh": np.arcsinh,
    "arccosh": np.arccosh,
    "arctanh": np.arctanh,
    "arctan2": np.arctan2,
    "hypot": np.hypot,
    "expit": special.expit,
    "erf": special.erf,
    "erfc": special.erfc,
    "gamma": special.gamma,
    "lgamma": special.gammaln,
    "digamma": special.psi,
    "logaddexp": np.logaddexp,
    "abs": np.abs,
    "sign": np.sign,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "fmax": np.fmax,
    "fmin": np.fmin,
    "copysign": np.copysign,
    "floor": np.floor,
    "ceil": np.ceil,
    "trunc": np.trunc,
    "rint": np.rint,
    "floordiv": np.floor_divide,
    "mod": np.mod,
    "fmod": np.fmod,
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
    "eq": np.equal,
    "ne": np.not_equal,
    "isnan": np.isnan,
    "isinf": np.isinf,
    "isfinite": np.isfinite,
    "logical_and": np.logical_and,
    "logical_or": np.logical_or,
    "logical_xor": np.logical_xor,
    "logical_not": np.logical_not,
    "bit_and": np.bitwise_and,
    "bit_or": np.bitwise_or,
    "bit_xor": np.bitwise_xor,
    "bit_not": np.bitwise_not,
    "shift_left": np.left_shift,
    "shift_right": np.right_shift,
    "select": np.where,
    "stop": lambda x: x,
    "polygamma": lambda n, x: special.polygamma(np.asarray(n, int), x).astype(np.result_type(n, x)),
}


def evaluate(graph: Graph, *arrays: Any) -> list[Any]:
    """The outputs of `graph` for these inputs."""
    assert len(arrays) == len(graph.inputs), f"{len(graph.inputs)} inputs, {len(arrays)} given"
    sizes: Sizes = {}
    for symbol, source in graph.symbols.items():
        given = arrays[source.index]
        whole = int(given) if source.axis is None else np.shape(given)[source.axis]
        sizes[symbol] = whole // source.divisor
    return run(graph, [np.asarray(a) for a in arrays], sizes)


def run(graph: Graph, arrays: Sequence[Any], sizes: Mapping[Symbol, Size]) -> list[Any]:
    """The outputs of a graph or region, the symbols in `sizes` known."""
    env: dict[Value, Any] = {}
    known = dict(sizes)
    for value, array in zip(graph.inputs, arrays, strict=True):
        env[value] = checked(value.type, array, known, f"input {value.name}")
    for eqn in graph.equations:
        inputs = [_read(env, x) for x in eqn.inputs]
        results = _apply(eqn, inputs, known)
        for value, array in zip(eqn.outputs, results, strict=True):
            env[value] = checked(value.type, array, known, eqn.primitive.name)
    return [_read(env, x) for x in graph.outputs]


def number(size: Size, sizes: Mapping[Symbol, Size]) -> int:
    """A size as an int."""
    out = substitute(size, sizes)
    assert isinstance(out, int), f"size {size} is not bound: {out}"
    return out


def checked(type: Type, array: Any, sizes: Mapping[Symbol, Size], what: str) -> Any:
    """The array, after a check of dtype and shape against the graph's type."""
    array = np.asarray(array)
    shape = tuple(
        length if _is_capacity(n, sizes) else number(n, sizes)
        for n, length in zip(type.shape, array.shape, strict=False)
    )
    assert len(shape) == len(type.shape), f"{what}: {array.ndim} axes, the graph says {type}"
    assert array.shape == shape, f"{what}: shape {array.shape}, the graph says {shape}"
    assert array.dtype == type.dtype, f"{what}: {array.dtype}, the graph says {type.dtype}"
    return array


def _is_capacity(size: Size, sizes: Mapping[Symbol, Size]) -> bool:
    """True for the length of a growing storage, which nothing binds."""
    symbol = as_symbol(size)
    return symbol is not None and symbol not in sizes and symbol.name.startswith("capacity")


def _read(env: Mapping[Value, Any], x: Operand) -> Any:
    return np.asarray(x.value, x.dtype) if isinstance(x, Literal) else env[x]


def _apply(eqn: Equation, inputs: list[Any], sizes: Sizes) -> Sequence[Any]:
    name = eqn.primitive.name
    with np.errstate(all="ignore"):
        if name in ELEMENTWISE:
            return (ELEMENTWISE[name](*inputs),)
        return RULES[name](eqn, inputs, sizes)


def _convert(eqn: Equation, inputs: list[Any], sizes: Sizes) -> Sequence[Any]:
    return (inputs[0].astype(eqn.params["dtype"]),)


def _dim(eqn: Equation, inputs: list[Any], sizes: Sizes) -> Sequence[Any]:
    return (np.int64(number(eqn.params["size"], sizes)),)


def _shape(eqn: Equation, sizes: Sizes) -> tuple[int, ...]:
    return tuple(number(n, sizes) for n in eqn.params["shape"])


def _broadcast(eqn: Equation, inputs: list[Any], sizes: Sizes) -> Sequence[Any]:
    return (np.broadcast_to(inputs[0], _shape(eqn, sizes)),)


def _reshape(eqn: Equation, inputs: list[Any], sizes: Sizes) -> Sequence[Any]:
    return (np.reshape(inputs[0], _shape(eqn, sizes)),)


def _transpose(eqn: Equation, inputs: list[Any], sizes: Sizes) -> Sequence[Any]:
    return (np.transpose(inputs[0], eqn.params["perm"]),)


def _reduce(eqn: Equation, inputs: list[Any], sizes: Sizes) -> Sequence[Any]:
    p, (x,) = eqn.params, inputs
    out = getattr(np, p["op"])(x, axis=tuple(p["axes"]), keepdims=p["keepdims"])
    return (np.asarray(out).astype(x.dtype),)


def _argreduce(eqn: Equation, inputs: list[Any], sizes: Sizes) -> Sequence[Any]:
    p = eqn.params
    return ((np.argmax if p["op"] == "max" else np.argmin)(inputs[0], axis=p["axis"]),)


def _contract(eqn: Equation, inputs: list[Any], sizes: Sizes) -> Sequence[Any]:
    p = eqn.params
    out = np.einsum(inputs[0], list(p["a_axes"]), inputs[1], list(p["b_axes"]), list(p["out_axes"]))
    return (out,)


def numpy_index(spec: Spec, indices: Sequence[Any], sizes: Sizes) -> tuple[Any, ...]:
    """The index expression that a spec stands for."""
    out: list[Any] = []
    for item in spec:
        if isinstance(item, Slice):
            start, count = number(item.start, sizes), number(item.size, sizes)
            stop = start + count * item.step
            out.append(
                slice(start, stop if stop >= 0 else None, item.step) if count else slice(0, 0)
            )
        elif isinstance(item, At):
            index = number(item.index, sizes)
            assert index >= 0, "At is never negative"
            out.append(index)
        elif isinstance(item, AtValue):
            out.append(int(indices[item.operand]))
        elif isinstance(item, NewAxis):
            out.append(None)
        else:
            assert isinstance(item, Gather)
            out.append(indices[item.operand])
    return tuple(out)


def _index(eqn: Equation, inputs: list[Any], sizes: Sizes) -> Sequence[Any]:
    x, *indices = inputs
    return (x[numpy_index(eqn.params["spec"], indices, sizes)],)


def _update(eqn: Equation, inputs: list[Any], sizes: Sizes) -> Sequence[Any]:
    x, v, *indices = inputs
    out = np.array(x)
    where = numpy_index(eqn.params["spec"], indices, sizes)
    if eqn.params["op"] == "add":
        # not by `np.add.at` itself: it reads beyond the end of a line (NumPy 2.4)
        np.add.at(out, where, np.broadcast_to(v, out[where].shape))
    else:
        out[where] = v
    return (out,)


def _iota(eqn: Equation, inputs: list[Any], sizes: Sizes) -> Sequence[Any]:
    return (np.arange(number(eqn.params["size"], sizes)),)


def _concatenate(eqn: Equation, inputs: list[Any], sizes: Sizes) -> Sequence[Any]:
    return (np.concatenate(inputs, axis=eqn.params["axis"]),)


def _cumulative(eqn: Equation, inputs: list[Any], sizes: Sizes) -> Sequence[Any]:
    p = eqn.params
    ufunc = {"sum": np.add, "prod": np.multiply, "max": np.maximum, "min": np.minimum}[p["op"]]
    x = np.flip(inputs[0], p["axis"]) if p["reverse"] else inputs[0]
    out = ufunc.accumulate(x, axis=p["axis"], dtype=x.dtype)
    return (np.flip(out, p["axis"]) if p["reverse"] else out,)


def _sort(eqn: Equation, inputs: list[Any], sizes: Sizes) -> Sequence[Any]:
    axis = eqn.params["axis"]
    order = np.argsort(inputs[0], axis=axis, kind="stable")
    return np.take_along_axis(inputs[0], order, axis), order


def _nonzero(eqn: Equation, inputs: list[Any], sizes: Sizes) -> Sequence[Any]:
    found = np.nonzero(inputs[0])
    sizes[eqn.params["symbol"]] = len(found[0])
    return found


def _numpy(call: Callable[..., Any]) -> Callable[..., Sequence[Any]]:
    return lambda eqn, inputs, sizes: (call(*inputs),)


def _branch(eqn: Equation, inputs: list[Any], sizes: Sizes) -> Sequence[Any]:
    predicate, *captured = inputs
    return run(eqn.regions[0 if predicate else 1], captured, sizes)


def _loop(eqn: Equation, inputs: list[Any], sizes: Sizes) -> Sequence[Any]:
    p = eqn.params
    carried, captured = inputs[: p["carried"]], inputs[p["carried"] :]
    for k in range(number(p["count"], sizes)):
        carried = run(eqn.regions[0], [*carried, *captured], {**sizes, p["symbol"]: k})
    return carried


def _while(eqn: Equation, inputs: list[Any], sizes: Sizes) -> Sequence[Any]:
    p = eqn.params
    carried, captured = inputs[: p["carried"]], inputs[p["carried"] :]
    condition, body = eqn.regions
    trips = 0
    inner = {**sizes, p["symbol"]: trips}
    while run(condition, [*carried, *captured], inner)[0]:
        carried = run(body, [*carried, *captured], inner)
        trips += 1
        inner = {**sizes, p["symbol"]: trips}
    return [*carried, np.int64(trips)]


def _checkpoint(eqn: Equation, inputs: list[Any], sizes: Sizes) -> Sequence[Any]:
    return run(eqn.regions[0], inputs, sizes)


def _require(eqn: Equation, inputs: list[Any], sizes: Sizes) -> Sequence[Any]:
    if not inputs[0]:
        raise ERRORS[eqn.params["error"]](*eqn.params["arguments"])
    return inputs


def _bind(eqn: Equation, inputs: list[Any], sizes: Sizes) -> Sequence[Any]:
    sizes[eqn.params["symbol"]] = int(inputs[0])
    return inputs


def _undefined(shape: tuple[int, ...], dtype: Any) -> Any:
    """Entries that nobody may read: NaN, or a strange number."""
    return np.full(shape, np.nan if np.dtype(dtype).kind == "f" else 77, dtype)


def _empty(eqn: Equation, inputs: list[Any], sizes: Sizes) -> Sequence[Any]:
    return (_undefined(_shape(eqn, sizes), eqn.params["dtype"]),)


def _storage(eqn: Equation, inputs: list[Any], sizes: Sizes) -> Sequence[Any]:
    return (_undefined((2, *_shape(eqn, sizes)), eqn.params["dtype"]),)


def _reserve(eqn: Equation, inputs: list[Any], sizes: Sizes) -> Sequence[Any]:
    (x,) = inputs
    missing = number(eqn.params["count"], sizes) - len(x)
    return (
        (x,)
        if missing <= 0
        else (np.concatenate([x, _undefined((missing + 1, *x.shape[1:]), x.dtype)]),)
    )


RULES: dict[str, Callable[[Equation, list[Any], Sizes], Sequence[Any]]] = {
    "convert": _convert,
    "dim": _dim,
    "broadcast": _broadcast,
    "reshape": _reshape,
    "transpose": _transpose,
    "reduce": _reduce,
    "argreduce": _argreduce,
    "contract": _contract,
    "index": _index,
    "update": _update,
    "iota": _iota,
    "concatenate": _concatenate,
    "cumulative": _cumulative,
    "sort": _sort,
    "nonzero": _nonzero,
    "solve": _numpy(np.linalg.solve),
    "inv": _numpy(np.linalg.inv),
    "det": _numpy(np.linalg.det),
    "logabsdet": _numpy(lambda a: np.linalg.slogdet(a)[1]),
    "detsign": _numpy(lambda a: np.linalg.slogdet(a)[0]),
    "cholesky": _numpy(np.linalg.cholesky),
    "branch": _branch,
    "loop": _loop,
    "while": _while,
    "checkpoint": _checkpoint,
    "bind": _bind,
    "require": _require,
    "empty": _empty,
    "storage": _storage,
    "reserve": _reserve,
}
