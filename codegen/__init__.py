"""From a graph to source text, and from source text to machine code.

`numpy_form` writes what a person reads, `numba_form` what the machine runs; `vecmath` writes the
elementary functions that kernels vectorise, the other modules here are what kernels call (memory,
BLAS, division, scalar functions) and what compiles, names and saves generated modules.
"""
