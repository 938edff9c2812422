"""Sorting by comparisons, in place; the order carries the slope."""

import numpy as np
from programs.case import Program


def weighted(a):
    total = 0.0
    for i in range(len(a)):
        total += (i + 1) * a[i] ** 2
    return total


def bubble_sort(x):
    a = x.copy()
    n = len(a)
    swapped = True
    while swapped:
        swapped = False
        for i in range(1, n):
            if a[i - 1] > a[i]:
                a[i - 1], a[i] = a[i], a[i - 1]
                swapped = True
        n -= 1
    return weighted(a)


def insertion_sort(x):
    """Shifts until an `and` that protects the index stops it; writes to the argument."""
    for i in range(1, len(x)):
        key = x[i]
        j = i - 1
        while j >= 0 and x[j] > key:
            x[j + 1] = x[j]
            j -= 1
        x[j + 1] = key
    return weighted(x)


def selection_sort_with_payload(keys, values):
    keys, values = keys.copy(), values.copy()
    n = len(keys)
    for i in range(n - 1):
        smallest = i
        for j in range(i + 1, n):
            if keys[j] < keys[smallest]:
                smallest = j
        keys[i], keys[smallest] = keys[smallest], keys[i]
        values[i], values[smallest] = values[smallest], values[i]
    return weighted(values) + np.sum(keys[: n // 2])


def odd_even_network(x, softness):
    """Compare and exchange with smooth minima, a fixed network."""
    a = x.copy()
    n = len(a)
    for stage in range(n):
        for i in range(stage % 2, n - 1, 2):
            gap = a[i + 1] - a[i]
            p = 1.0 / (1.0 + np.exp(-gap / softness))
            low = p * a[i] + (1 - p) * a[i + 1]
            high = p * a[i + 1] + (1 - p) * a[i]
            a[i] = low
            a[i + 1] = high
    return weighted(a)


def bitonic_network(x):
    """Batcher's network for a power of two: strides halve, directions alternate."""
    a = x.copy()
    n = len(a)
    k = 2
    while k <= n:
        j = k // 2
        while j > 0:
            for i in range(n):
                partner = i ^ j
                if partner > i:
                    ascending = (i & k) == 0
                    if (a[i] > a[partner]) == ascending:
                        a[i], a[partner] = a[partner], a[i]
            j //= 2
        k *= 2
    return weighted(a)


def merge_two(a, b):
    n, m = len(a), len(b)
    out = np.empty(n + m)
    i = j = 0
    for k in range(n + m):
        if j >= m or (i < n and a[i] <= b[j]):
            out[k] = a[i]
            i += 1
        else:
            out[k] = b[j]
            j += 1
    return weighted(out)


def merge_sort_bottom_up(x):
    """Widths double; source and target change places."""
    n = len(x)
    a, b = x.copy(), np.empty(n)
    width = 1
    while width < n:
        start = 0
        while start < n:
            middle = min(start + width, n)
            end = min(start + 2 * width, n)
            i, j = start, middle
            for k in range(start, end):
                if i < middle and (j >= end or a[i] <= a[j]):
                    b[k] = a[i]
                    i += 1
                else:
                    b[k] = a[j]
                    j += 1
            start += 2 * width
        a, b = b, a
        width *= 2
    return weighted(a)


def quickselect_median(x):
    a = x.copy()
    low, high, k = 0, len(a) - 1, len(a) // 2
    while low < high:
        pivot = a[high]
        store = low
        for i in range(low, high):
            if a[i] < pivot:
                a[i], a[store] = a[store], a[i]
                store += 1
        a[store], a[high] = a[high], a[store]
        if store == k:
            break
        if store < k:
            low = store + 1
        else:
            high = store - 1
    return a[k] ** 2


def heap_of_largest(x, k):
    """The k largest in a heap, sifted down from the root."""
    heap = x[:k].copy()

    def sift(root):
        while 2 * root + 1 < k:
            child = 2 * root + 1
            if child + 1 < k and heap[child + 1] < heap[child]:
                child += 1
            if heap[root] <= heap[child]:
                return
            heap[root], heap[child] = heap[child], heap[root]
            root = child

    for root in range(k // 2 - 1, -1, -1):
        sift(root)
    for i in range(k, len(x)):
        if x[i] > heap[0]:
            heap[0] = x[i]
            sift(0)
    return np.sum(heap**2) + heap[0]


def median_filter(x, width):
    """Windows sorted by NumPy, one after the other."""
    half = width // 2
    out = x.copy()
    for i in range(half, len(x) - half):
        window = x[i - half : i + half + 1].copy()
        window.sort()
        out[i] = window[half]
    return np.sum(out * np.cos(out))


PROGRAMS = (
    Program(bubble_sort, lambda r: (r.normal(size=7),)),
    Program(insertion_sort, lambda r: (r.normal(size=8),), second_order=True),
    Program(selection_sort_with_payload, lambda r: (r.normal(size=7), r.normal(size=7)), (0, 1)),
    Program(odd_even_network, lambda r: (r.normal(size=6), 0.5), (0, 1), second_order=True),
    Program(bitonic_network, lambda r: (r.normal(size=8),)),
    Program(merge_two, lambda r: (np.sort(r.normal(size=5)), np.sort(r.normal(size=6))), (0, 1)),
    Program(merge_sort_bottom_up, lambda r: (r.normal(size=11),)),
    Program(quickselect_median, lambda r: (r.normal(size=9),)),
    Program(heap_of_largest, lambda r: (r.normal(size=10), 5)),
    Program(median_filter, lambda r: (r.normal(size=9), 3)),
)
