"""Kernels for tests: a graph compiled, run on arrays, and compared with the reference."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from graph_eval import evaluate, number

from adjit.codegen.compile import compile_kernel, signature_of
from adjit.codegen.numba_form import emit
from adjit.ir import Graph, verify
from adjit.ir.dims import Size, Symbol


class Compiled:
    """A kernel with the outputs allocated for it; `status` is that of the last run."""

    def __init__(
        self, graph: Graph, layouts: Sequence[str] | None = None, *, wide: bool = False
    ) -> None:
        self.graph = verify(graph)
        self.layouts = list(layouts or ["C" if v.shape else "" for v in graph.inputs])
        self.program = emit(graph, self.layouts, wide=wide)
        self.kernel = compile_kernel(self.program, signature_of(graph, self.layouts))
        self.status = 0

    def __call__(self, *arrays: Any) -> list[Any]:
        """The graph's outputs, in order."""
        sizes = self._sizes(arrays)
        outs = [self._unset(x.type, sizes) for x in self.graph.outputs if x.shape]
        values = [
            a if v.shape else v.dtype.type(a)
            for a, v in zip(arrays, self.graph.inputs, strict=True)
        ]
        returned = self.kernel(*values, *outs)
        scalars = list(returned) if isinstance(returned, tuple) else [returned]
        if self.program.checked:
            self.status = scalars.pop(0)
        return [
            outs.pop(0) if x.shape else x.type.dtype.type(scalars.pop(0))
            for x in self.graph.outputs
        ]

    def _sizes(self, arrays: Sequence[Any]) -> dict[Symbol, Size]:
        return {
            s: (
                int(arrays[at.index])
                if at.axis is None
                else int(np.shape(arrays[at.index])[at.axis])
            )
            // at.divisor
            for s, at in self.graph.symbols.items()
        }

    @staticmethod
    def _unset(type: Any, sizes: dict[Symbol, Size]) -> np.ndarray:
        """An output full of garbage, so that an element that is not written is seen."""
        shape = [number(n, sizes) for n in type.shape]
        return np.full(shape, 77 if type.dtype.kind != "b" else True, type.dtype)


def check(
    graph: Graph, *arrays: Any, layouts: Sequence[str] | None = None, rtol: float = 1e-12
) -> Compiled:
    """Compile, run, compare with the reference; inputs must stay as they are."""
    compiled = Compiled(graph, layouts)
    compare(compiled, *arrays, rtol=rtol)
    return compiled


def compare(compiled: Compiled, *arrays: Any, rtol: float = 1e-12) -> None:
    """Run on these arrays, compare with the reference."""
    before = [np.array(a) for a in arrays]
    with np.errstate(all="ignore"):
        expected = evaluate(compiled.graph, *arrays)
    results = compiled(*arrays)
    for array, copy in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(array, copy, "an input was written to")
    for k, (result, reference) in enumerate(zip(results, expected, strict=True)):
        np.testing.assert_allclose(
            result,
            reference,
            rtol=rtol,
            atol=rtol,
            err_msg=f"output {k} of\n{compiled.program.source}",
        )
        assert np.asarray(result).dtype == reference.dtype
        assert np.shape(result) == np.shape(reference)
