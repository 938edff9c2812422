"""The arguments of one call, flattened and classified."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import optree

from adjit import pytrees
from adjit.errors import ArgumentError, DTypeError
from adjit.leaves import Kind, kind_of, normalise
from adjit.task import Task


@dataclass(frozen=True, slots=True)
class Arguments:
    """One value per parameter, taken apart.

    `leaves[k]` has kind `kinds[k]` and the suggested name `names[k]`; the leaves of parameter p
    are `spans[p]`. `wrt[j]` are the differentiated leaves of the j-th entry of argnums, with
    `wrt_structures[j]` their structure.
    """

    values: tuple[Any, ...]
    structures: tuple[optree.PyTreeSpec, ...]
    leaves: tuple[Any, ...]
    kinds: tuple[Kind, ...]
    names: tuple[str, ...]
    spans: tuple[range, ...]
    wrt: tuple[range, ...]
    wrt_structures: tuple[optree.PyTreeSpec, ...]

    @property
    def differentiated(self) -> frozenset[int]:
        """Leaves that a gradient is returned for."""
        return frozenset(k for span in self.wrt for k in span if self.kinds[k].form != "static")

    def with_leaves(self, places: Sequence[int], replacements: Sequence[Any]) -> list[Any]:
        """One value per parameter, with some leaves replaced."""
        flat = list(self.leaves)
        for k, value in zip(places, replacements, strict=True):
            flat[k] = value
        return [
            pytrees.unflatten(spec, [flat[k] for k in span])
            for spec, span in zip(self.structures, self.spans, strict=True)
        ]


def take_apart(task: Task, values: Sequence[Any]) -> Arguments:
    """Flatten and normalise one value per parameter. Raises for what cannot be handled."""
    flat: list[Any] = []
    names: list[str] = []
    structures: list[optree.PyTreeSpec] = []
    spans: list[range] = []
    for p, (name, value) in enumerate(zip(task.parameters.names, values, strict=True)):
        if p in task.static:
            leaves, spec = [value], pytrees.LEAF
        else:
            leaves, spec = pytrees.flatten(value)
        spans.append(range(len(flat), len(flat) + len(leaves)))
        structures.append(spec)
        flat += leaves
        names += _leaf_names(name, spec)
    wrt, wrt_structures = _selected_leaves(task, structures, spans)
    chosen = {k for span in wrt for k in span}
    lone = {span[0] for span, spec in zip(wrt, wrt_structures, strict=True) if spec.is_leaf()}
    static = {k for p in task.static for k in spans[p]}
    for k, value in enumerate(flat):
        if k not in static:
            passive = k not in lone and (
                value is None or isinstance(value, (str, bool)) or callable(value)
            )
            flat[k] = normalise(value, differentiated=k in chosen and not passive, name=names[k])
    kinds = tuple(kind_of(value, static=k in static) for k, value in enumerate(flat))
    _refuse_nothing_to_differentiate(task, wrt, kinds)
    rebuilt = tuple(
        pytrees.unflatten(spec, [flat[k] for k in span])
        for spec, span in zip(structures, spans, strict=True)
    )
    return Arguments(
        rebuilt,
        tuple(structures),
        tuple(flat),
        kinds,
        tuple(names),
        tuple(spans),
        wrt,
        wrt_structures,
    )


def _selected_leaves(
    task: Task, structures: Sequence[optree.PyTreeSpec], spans: Sequence[range]
) -> tuple[tuple[range, ...], tuple[optree.PyTreeSpec, ...]]:
    wrt: list[range] = []
    specs: list[optree.PyTreeSpec] = []
    for selected in task.selected or ():
        spec, span = structures[selected.parameter], spans[selected.parameter]
        if selected.key is not None:
            entries = list(spec.entries())
            if selected.key not in entries:
                raise ArgumentError(
                    f"argnums names {selected.key!r}, which this call does not pass",
                    remedy="pass it, or choose another argument",
                )
            place = entries.index(selected.key)
            start = span.start + sum(c.num_leaves for c in spec.children()[:place])
            spec = spec.children()[place]
            span = range(start, start + spec.num_leaves)
        wrt.append(span)
        specs.append(spec)
    return tuple(wrt), tuple(specs)


def _refuse_nothing_to_differentiate(
    task: Task, wrt: Sequence[range], kinds: Sequence[Kind]
) -> None:
    for selected, span in zip(task.selected or (), wrt, strict=True):
        if all(kinds[k].form == "static" for k in span):
            name = selected.key or task.parameters.names[selected.parameter]
            raise DTypeError(
                f"argument {name!r} holds nothing that can be differentiated",
                remedy="pass floats or float arrays, or choose other argnums",
            )


def _leaf_names(parameter: str, spec: optree.PyTreeSpec) -> list[str]:
    """`params_0_W` for `params[0]["W"]`: identifiers, unique enough, free of the user's text."""
    out = []
    for path in spec.paths():
        parts = [re.sub(r"\W", "_", str(part)) for part in path]
        out.append("_".join([parameter, *parts]))
    return out
