"""Samples for every row of the NumPy surface, one file for each family of the tables."""

from surface_samples import (
    elementwise,
    indexing,
    joining,
    linear_algebra,
    methods,
    numbers,
    products,
    reductions,
    shapes,
)

SAMPLES = [
    *elementwise.SAMPLES,
    *indexing.SAMPLES,
    *joining.SAMPLES,
    *linear_algebra.SAMPLES,
    *methods.SAMPLES,
    *numbers.SAMPLES,
    *products.SAMPLES,
    *reductions.SAMPLES,
    *shapes.SAMPLES,
]
