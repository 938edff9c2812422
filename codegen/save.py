"""Writing a compiled function as a module of its own, which needs numpy; the kernel also numba.

The module refuses arguments that it was not written for (other dtypes, other numbers of axes,
sizes that were fixed while tracing, other constants): it holds one specialisation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from adjit.codegen.interface import Interface, constant_text, is_plain
from adjit.codegen.kernel_call import dtypes, kernel_call, lay_out, symbol_names
from adjit.codegen.naming import Names, identifier
from adjit.codegen.numpy_form.emit import input_names, module_text, write_function
from adjit.codegen.numpy_form.expr import dtype_text, size_expr
from adjit.codegen.numpy_form.layout import Line, arrange
from adjit.codegen.portable import standalone
from adjit.codegen.program import Program
from adjit.codegen.signature import (
    constants,
    parameter_list,
    parameter_names,
    statics,
    unpack,
    uses_dataclasses,
)
from adjit.ir.dims import Size, Symbol, as_symbol, symbols_of
from adjit.ir.graph import Graph
from adjit.ir.substitution import to_source
from adjit.ir.values import Value

#: A fact about sizes that held while tracing: (size, comparison, number, truth).
SizeGuard = tuple[Size, str, int, bool]

_ARRAY = '''def _array(name, x, dtype, shape):
    """The argument as an array, refused where the function was not written for it."""
    x = np.asarray(x)
    fits = x.ndim == len(shape) and all(
        m > 1 if n is None else m == n for n, m in zip(shape, x.shape))
    if x.dtype != dtype or not fits:
        sizes = ", ".join("2 or more" if n is None else str(n) for n in shape)
        raise TypeError(f"{name} is {x.dtype} of shape {x.shape}; this function was written "
                        f"for {np.dtype(dtype)} of shape ({sizes})")
    return x'''
_REQUIRE = '''def _require(holds, what):
    """Refuse a call that another specialisation would have served."""
    if not holds:
        raise ValueError(f"this function was written for calls with {what}")'''


def save_module(
    graph: Graph,
    interface: Interface,
    path: str | Path,
    *,
    kernel: Program | None = None,
    layouts: Sequence[str] = (),
    guards: Sequence[SizeGuard] = (),
    version: str = "",
) -> None:
    """Write the function to `path`.

    Parameters
    ----------
    graph, interface:
        The function.
    path:
        The file; an existing one is replaced.
    kernel:
        The program in the numba form; without it the NumPy form is written. Nobody runs another
        variant of it where it meets large arguments of sin and cos: it must be the wide one.
    layouts:
        The memory layouts of the inputs that the kernel was written for, as `numba_form.emit` takes
        them; arrays that lie otherwise are copied.
    guards:
        Facts about sizes that the trace relied on.
    version:
        adjit's version, for the docstring.

    Raises
    ------
    UnsupportedError
        When the function returns objects that have no source text, or, with `kernel`, arrays whose
        size is known only after the call.
    """
    text = (
        numpy_module(graph, interface, guards, version)
        if kernel is None
        else numba_module(graph, interface, kernel, layouts, guards, version)
    )
    Path(path).write_text(text, encoding="utf-8", newline="\n")


def numpy_module(
    graph: Graph, interface: Interface, guards: Sequence[SizeGuard] = (), version: str = ""
) -> str:
    """The module in the NumPy form."""
    written = write_function(
        graph, interface, strict=True, checks=lambda names: _checks(graph, interface, names, guards)
    )
    modules = "numpy and scipy" if "scipy.special" in written.imports else "numpy"
    return module_text(written, doc=_doc(interface, version, modules), helpers=(_ARRAY, _REQUIRE))


def numba_module(
    graph: Graph,
    interface: Interface,
    kernel: Program,
    layouts: Sequence[str] = (),
    guards: Sequence[SizeGuard] = (),
    version: str = "",
) -> str:
    """The kernel and a function with the user's signature that allocates and calls it."""
    name = identifier(interface.name, "f")
    taken = {name, *parameter_names(interface), "_array", "_require"}
    source, entry = standalone(kernel.source, dtypes(graph), taken, entry=kernel.entry)
    names = Names((*parameter_names(interface), entry))
    inputs = input_names(graph, interface, names)
    by_index = {k: inputs[v] for k, v in enumerate(graph.inputs)}
    lines = [Line(0, f"def {name}({parameter_list(interface)}):")]
    lines += [
        Line(4, text)
        for text in (
            *unpack(interface, by_index.get),
            *_checks(graph, interface, inputs, guards),
            *lay_out(graph, inputs, layouts),
            *kernel_call(graph, replace(kernel, entry=entry), inputs, names, interface),
        )
    ]
    if "import numpy as np\n" not in source:
        source = f"import numpy as np\n\n{source}"
    if uses_dataclasses(interface.results):
        source = f"import dataclasses\n\n{source}"
    known = constants(interface)
    blocks = [
        source,
        *(["\n".join(known)] if known else []),
        _ARRAY,
        _REQUIRE,
        "\n".join(arrange(lines)),
    ]
    doc = _doc(interface, version, "numpy and numba")
    return doc + "\n\n" + "\n\n\n".join(blocks) + "\n"


def _doc(interface: Interface, version: str, modules: str) -> str:
    name = identifier(interface.name, "f")
    first = f"{name}, generated by {f'adjit {version}'.strip()}; needs {modules}."
    fixed = [text for text, static in statics(interface) if not is_plain(static.value)]
    notes = [f"Fixed when it was written, and not looked at: {', '.join(fixed)}."] if fixed else []
    if interface.arrays:
        names = ", ".join(text for text, index in interface.hidden if index in interface.arrays)
        notes.append(f"Read when it was written; others may be passed by name: {names}.")
    if not notes:
        return f'"""{first}"""'
    quoted = "\n".join(notes).replace("\\", "\\\\").replace('"', '\\"')
    return f'"""{first}\n\n{quoted}\n"""'


# Checks: what the specialisation was made for.


def _checks(
    graph: Graph, interface: Interface, names: Mapping[Value, str], guards: Sequence[SizeGuard]
) -> list[str]:
    name = symbol_names(graph, names)
    out = [
        _require(f"{text} == {constant_text(static.value)}")
        for text, static in statics(interface)
        if is_plain(static.value)
    ]
    numbers = {
        graph.inputs[source.index] for source in graph.symbols.values() if source.axis is None
    }
    for k in _check_order(graph):
        value = graph.inputs[k]
        dtype, variable = dtype_text(value.dtype), names[value]
        if value.shape:
            sizes = ", ".join(_expected(graph, k, axis, name) for axis in range(len(value.shape)))
            shape = f"({sizes},)" if len(value.shape) == 1 else f"({sizes})"
            out.append(f'{variable} = _array("{variable}", {variable}, {dtype}, {shape})')
            out += [
                _require(f"{variable}.shape[{axis}] == {size_expr(n, to_source(n, name)).text}")
                for axis, n in enumerate(value.shape)
                if as_symbol(n) is None and _is_own(graph, k, axis)
            ]
        elif value not in numbers:
            out.append(f"{variable} = {dtype}({variable})")
    for size, comparison, bound, truth in guards:
        text = f"{size_expr(size, to_source(size, name)).text} {comparison} {bound}"
        out.append(_require(text if truth else f"not {text}"))
    return out


def _check_order(graph: Graph) -> list[int]:
    """The inputs, those first whose shapes the checks of others read."""
    waiting = list(range(len(graph.inputs)))
    out: list[int] = []
    while waiting:
        ready = [k for k in waiting if not _read_by(graph, k) & set(waiting) - {k}]
        out += ready or waiting
        waiting = [k for k in waiting if k not in out]
    return out


def _read_by(graph: Graph, index: int) -> set[int]:
    return {
        graph.symbols[symbol].index
        for size in graph.inputs[index].shape
        for symbol in symbols_of(size)
        if symbol in graph.symbols
    }


def _require(condition: str) -> str:
    return f"_require({condition}, {constant_text(condition)})"


def _expected(graph: Graph, index: int, axis: int, name: Callable[[Symbol], str]) -> str:
    """The size of an axis as the check wants it: None where it is free."""
    size = graph.inputs[index].shape[axis]
    symbol = as_symbol(size)
    source = graph.symbols.get(symbol) if symbol is not None else None
    free = source is not None and (source.index, source.axis) == (index, axis)
    return "None" if free or _is_own(graph, index, axis) else to_source(size, name)


def _is_own(graph: Graph, index: int, axis: int) -> bool:
    """True where the size of an axis is written with a quotient of itself: `2 * (n // 2)`."""
    sources = [graph.symbols.get(s) for s in symbols_of(graph.inputs[index].shape[axis])]
    return any(s is not None and (s.index, s.axis) == (index, axis) for s in sources)
