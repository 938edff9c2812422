"""The machine's form: explicit fused loops and calls of BLAS in one numba function.

The steps: `scopes` (regions made ready), `lower` (recipes and statements; `control`: loops and
branches; `overwrite`: what is written in place), `fuse` and `decide` (loops, and what is stored),
`buffers` (how many axes a temporary needs, which share an array), then the text: `flow` (the user's
loops and branches), `nests` (loops over elements), `steps` (statements), `values` (scalars),
`writer` (lines).
"""

from adjit.codegen.numba_form.emit import emit

__all__ = ["emit"]
