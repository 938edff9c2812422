"""Strides, in elements, of traced arrays: they decide where NumPy would give a view or a copy."""

from __future__ import annotations

from collections.abc import Sequence

from adjit.ir.dims import Size
from adjit.ir.indexing import NewAxis, Slice, Spec
from adjit.ir.values import Shape
from adjit.tracer.sizes import Sizes

#: None: not known (an argument that is neither C- nor F-contiguous).
Strides = tuple[Size, ...] | None


def contiguous(shape: Shape, layout: str) -> Strides:
    """The strides of an array of this shape with layout "C" or "F"; else None."""
    if len(shape) <= 1 and layout in ("C", "F"):
        return (1,) * len(shape)
    if layout == "C":
        out: list[Size] = []
        step: Size = 1
        for n in reversed(shape):
            out.insert(0, step)
            step = step * n
        return tuple(out)
    if layout == "F":
        backwards = contiguous(shape[::-1], "C")
        return backwards if backwards is None else backwards[::-1]
    return None


def is_contiguous(shape: Shape, strides: Strides, layout: str) -> bool:
    """True when the strides are provably those of a C- (or F-) contiguous array."""
    expected = contiguous(shape, layout)
    if strides is None or expected is None:
        return False
    return all(n == 1 or a == b for n, a, b in zip(shape, strides, expected, strict=True))


def indexed(strides: Strides, spec: Spec) -> Strides:
    """Strides after a basic index."""
    if strides is None:
        return None
    out: list[Size] = []
    axis = 0
    for item in spec:
        if isinstance(item, NewAxis):
            out.append(0)
            continue
        if isinstance(item, Slice):
            out.append(strides[axis] * item.step)
        axis += 1
    return tuple(out)


def broadcasted(shape: Shape, strides: Strides, new: Shape) -> Strides:
    """Strides after `np.broadcast_to` of the shape `new`."""
    if strides is None:
        return None
    extra = len(new) - len(shape)
    return (0,) * extra + tuple(
        0 if n == 1 and m != 1 else s for n, m, s in zip(shape, new[extra:], strides, strict=True)
    )


def reshaped(sizes: Sizes, shape: Shape, strides: Strides, new: Shape) -> Strides | bool:
    """Strides of the view that `reshape` to `new` gives, False where NumPy copies, None where it
    cannot be known. (NumPy's `_attempt_nocopy_reshape`, with sizes that may be symbolic.)"""
    if is_contiguous(shape, strides, "C"):
        return contiguous(new, "C")
    kept = [n for n in shape if n != 1]
    if kept == [n for n in new if n != 1]:
        if strides is None:
            return None if kept else (0,) * len(new)
        given = iter([s for n, s in zip(shape, strides, strict=True) if n != 1])
        return tuple(0 if n == 1 else next(given) for n in new)
    if strides is None:
        return None
    old = [(n, s) for n, s in zip(shape, strides, strict=True) if n != 1]
    return _regroup(sizes, [n for n, _ in old], [s for _, s in old], new)


def _regroup(
    sizes: Sizes, old: Sequence[Size], strides: Sequence[Size], new: Shape
) -> Strides | bool:
    out: list[Size] = [0] * len(new)
    i = k = 0
    while k < len(new) and i < len(old):
        i_end, k_end = i + 1, k + 1
        n_old, n_new = old[i], new[k]
        while not sizes.decide(n_old, "==", n_new):
            if sizes.decide(n_new, "<", n_old):
                if k_end == len(new):
                    return False
                n_new = n_new * new[k_end]
                k_end += 1
            else:
                if i_end == len(old):
                    return False
                n_old = n_old * old[i_end]
                i_end += 1
        for a in range(i, i_end - 1):
            if not sizes.decide(strides[a], "==", strides[a + 1] * old[a + 1]):
                return False
        step: Size = strides[i_end - 1]
        for b in range(k_end - 1, k - 1, -1):
            out[b] = step
            step = step * new[b]
        i, k = i_end, k_end
    return tuple(out)
