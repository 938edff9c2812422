"""Lowering of contractions: elementwise products, loops, or calls of BLAS."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from adjit.codegen.numba_form.access import coefficient
from adjit.codegen.numba_form.lower import Lowering
from adjit.codegen.numba_form.space import Axis, Index
from adjit.codegen.numba_form.statements import Map, Recipe
from adjit.ir.dims import Size, product
from adjit.ir.graph import Equation
from adjit.ir.values import Operand, Shape, Type, Value

Labels = tuple[int, ...]
Sizes = Mapping[int, Size]


def contract(low: Lowering, eqn: Equation) -> None:
    a, b = eqn.inputs
    in_a, in_b, out = (tuple(eqn.params[k]) for k in ("a_axes", "b_axes", "out_axes"))
    sizes = {**dict(zip(in_a, a.shape, strict=True)), **dict(zip(in_b, b.shape, strict=True))}
    real = [x for x in sizes if sizes[x] != 1]
    summed = [x for x in real if x not in out]
    rows = [x for x in out if x in real and x not in in_b]
    columns = [x for x in out if x in real and x not in in_a]
    if not summed:
        _product(low, eqn.output, (a, in_a), (b, in_b), out)
    elif rows and columns and a.dtype.name in ("float32", "float64"):
        _matrix_product(low, eqn.output, (a, in_a), (b, in_b), out, sizes)
    else:
        _loops(low, eqn.output, (a, in_a), (b, in_b), out, sizes)


def _product(
    low: Lowering, value: Value, a: tuple[Operand, Labels], b: tuple[Operand, Labels], out: Labels
) -> None:
    """`value[out] = a * b`, elementwise."""

    def pick(x: Operand, labels: Labels) -> tuple[int | None, ...]:
        return tuple(
            None if n == 1 or label not in out else out.index(label)
            for label, n in zip(labels, x.shape, strict=True)
        )

    def mapping(places: tuple[int | None, ...]) -> Map:
        return lambda index: tuple(0 if k is None else index[k] for k in places)

    low.virtual(value, Recipe("mul", (a[0], b[0]), (mapping(pick(*a)), mapping(pick(*b)))))


def _loops(
    low: Lowering,
    value: Value,
    a: tuple[Operand, Labels],
    b: tuple[Operand, Labels],
    out: Labels,
    sizes: Sizes,
) -> None:
    """A sum of products, in the order in which the larger operand lies in memory."""
    large, small = (a, b) if len(a[1]) >= len(b[1]) else (b, a)
    order = _memory_order(low, large[0], large[1], sizes)
    order += [x for x in _memory_order(low, small[0], small[1], sizes) if x not in order]
    axes = {label: low.space.axis(sizes[label]) for label in order}
    factor = low.temporary(Type(value.dtype, tuple(sizes[x] for x in order)))
    _product(low, factor, a, b, tuple(order))
    low.fold(
        value,
        factor,
        tuple(axes[x].index for x in order),
        list(axes.values()),
        [axes[x] for x in order if x in out],
        tuple(axes[x].index if x in axes else 0 for x in out),
        "dot",
    )


def _memory_order(low: Lowering, x: Operand, labels: Labels, sizes: Sizes) -> list[int]:
    """The labels (of size 1 left out) of an operand, the slowest first."""
    axes = {label: low.space.axis(sizes[label]) for label in labels if sizes[label] != 1}
    index = tuple(axes[label].index if label in axes else 0 for label in labels)
    root, at = low.resolve(x, index)
    layout = low.memories[root].layout if isinstance(root, Value) and root in low.memories else "C"
    if layout == "F":
        at = at[::-1]
    found = [
        label
        for size in at
        for label, axis in axes.items()
        if axis.symbol in low.space.loops((size,))
    ]
    return list(dict.fromkeys([*found, *axes]))


def _matrix_product(
    low: Lowering,
    value: Value,
    a: tuple[Operand, Labels],
    b: tuple[Operand, Labels],
    out: Labels,
    sizes: Sizes,
) -> None:
    """One call of BLAS for every element of the batch axes."""
    real = [x for x in out if sizes[x] != 1]
    batch = tuple(x for x in real if x in a[1] and x in b[1])
    rows = tuple(x for x in real if x not in b[1])
    columns = tuple(x for x in real if x not in a[1])
    inner = tuple(x for x in _memory_order(low, a[0], a[1], sizes) if x in b[1] and x not in out)
    if tuple(real) == (*batch, *columns, *rows):
        a, b, rows, columns = b, a, columns, rows
    target = value
    if tuple(real) != (*batch, *rows, *columns):
        order = (*batch, *rows, *columns)
        target = low.temporary(Type(value.dtype, tuple(sizes[x] for x in order)), value.name)
        inverse = [out.index(x) for x in order]
        low.virtual(
            value, Recipe("copy", (target,), (lambda index: tuple(index[k] for k in inverse),))
        )
        out = order
    left, left_flip = _operand(low, *a, batch, rows, inner, sizes)
    right, right_flip = _operand(low, *b, batch, inner, columns, sizes)
    axes = {x: low.space.axis(sizes[x]) for x in (*batch, *rows, *inner, *columns)}

    def at(labels: Labels) -> Index:
        return tuple(axes[x].index if x in axes else 0 for x in labels)

    low.memory(target)
    low.write(
        "gemm",
        target,
        [axes[x] for x in batch],
        at(out),
        [low.resolve(left[0], at(left[1])), low.resolve(right[0], at(right[1]))],
        accumulate=False,
        flips=(left_flip, right_flip),
        rows=[axes[x] for x in rows],
        inner=[axes[x] for x in inner],
        columns=[axes[x] for x in columns],
    )


def _operand(
    low: Lowering,
    x: Operand,
    labels: Labels,
    batch: Labels,
    rows: Labels,
    columns: Labels,
    sizes: Sizes,
) -> tuple[tuple[Value, Labels], bool]:
    """A value that BLAS can read as matrices of `rows` by `columns`, and whether transposed."""
    found = _direct(low, x, labels, rows, columns, sizes)
    if found is None:
        # Computed first in its own order: the backward pass may want it the other way round.
        root, _ = low.resolve(x, low.space.over(x.shape)[0])
        if isinstance(root, Value) and not low.is_stored(root):
            low.store(root)
            found = _direct(low, x, labels, rows, columns, sizes)
    if found is not None:
        assert isinstance(x, Value)
        return (x, labels), found
    # A copy in its own order serves this product and, transposed, those of the backward pass.
    copied = low.packed_copy(x)
    found = _direct(low, copied, labels, rows, columns, sizes)
    if found is not None:
        return (copied, labels), found
    order = (*batch, *rows, *columns)
    packed = low.temporary(Type(x.dtype, tuple(sizes[k] for k in order)))
    places = [order.index(k) if k in order else None for k in labels]
    low.virtual(
        packed,
        Recipe("copy", (x,), (lambda index: tuple(0 if k is None else index[k] for k in places),)),
    )
    low.store(packed)
    return (packed, order), False


def _direct(
    low: Lowering, x: Operand, labels: Labels, rows: Labels, columns: Labels, sizes: Sizes
) -> bool | None:
    """False or True where the matrix can be read in place, plain or transposed; else None."""
    axes = {label: low.space.axis(sizes[label]) for label in labels if sizes[label] != 1}
    index = tuple(axes[label].index if label in axes else 0 for label in labels)
    root, at = low.resolve(x, index)
    if not isinstance(root, Value) or not low.is_stored(root) or low.space.reads(at):
        return None
    layout = low.memories[root].layout
    if layout not in ("C", "F"):
        return None
    steps = strides(root.shape, layout)
    row = group_stride([axes[k] for k in rows], at, steps)
    column = group_stride([axes[k] for k in columns], at, steps)
    if row is None or column is None or 0 in (row, column):
        return None
    return False if column == 1 else True if row == 1 else None


def strides(shape: Shape, layout: str = "C") -> tuple[Size, ...]:
    """Distances of neighbours in memory, in elements."""
    if layout == "F":
        return tuple(product(shape[:k]) for k in range(len(shape)))
    return tuple(product(shape[k + 1 :]) for k in range(len(shape)))


def group_stride(axes: Sequence[Axis], at: Index, steps: Sequence[Size]) -> Size | None:
    """The distance of neighbours along axes that run through memory as if they were one axis."""
    found: list[Size] = []
    for axis in axes:
        total: Size = 0
        for size, step in zip(at, steps, strict=True):
            share = coefficient(size, axis.symbol)
            if share is None:
                return None
            total = total + share * step
        found.append(total)
    for k, axis in enumerate(axes[1:]):
        if found[k] != found[k + 1] * axis.size:
            return None
    return found[-1]
