"""The machine's form: explicit fused loops and calls of BLAS in one numba function.

The steps: `lower` (recipes and statements), `fuse` and `decide` (loops, and what is stored),
`buffers` (how many axes a temporary needs, which share an array), then the text: `nests` (loops),
`steps` (statements), `values` (scalars), `writer` (lines).
"""

from adjit.codegen.numba_form.emit import emit

__all__ = ["emit"]
