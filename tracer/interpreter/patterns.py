"""Patterns of `match`, on Python values."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import Any

from adjit.ir.errors import UnsupportedError
from adjit.tracer.interpreter import protocols
from adjit.tracer.interpreter.attributes import load_attribute
from adjit.tracer.interpreter.evaluate import evaluate
from adjit.tracer.interpreter.frame import Frame
from adjit.tracer.operators import is_traced
from adjit.tracer.symint import SymInt

_SELF_MATCHING = (bool, bytearray, bytes, dict, float, frozenset, int, list, set, str, tuple)


def matches(frame: Frame, pattern: ast.pattern, subject: Any, bound: dict[str, Any]) -> bool:
    """True when the subject matches; names go to `bound`."""
    if isinstance(pattern, ast.MatchValue):
        value = evaluate(frame, pattern.value)
        return protocols.truth(frame, protocols.compare(frame, ast.Eq, subject, value))
    if isinstance(pattern, ast.MatchSingleton):
        return subject is pattern.value
    if isinstance(pattern, ast.MatchAs):
        if pattern.pattern is not None and not matches(frame, pattern.pattern, subject, bound):
            return False
        if pattern.name is not None:
            bound[pattern.name] = subject
        return True
    if isinstance(pattern, ast.MatchOr):
        return any(matches(frame, p, subject, bound) for p in pattern.patterns)
    if isinstance(pattern, ast.MatchSequence):
        return _sequence(frame, pattern.patterns, subject, bound)
    if isinstance(pattern, ast.MatchMapping):
        return _mapping(frame, pattern, subject, bound)
    if isinstance(pattern, ast.MatchClass):
        return _class(frame, pattern, subject, bound)
    raise frame.trace.error(
        UnsupportedError, f"the pattern {type(pattern).__name__}", "use if and elif"
    )


def _sequence(
    frame: Frame, patterns: list[ast.pattern], subject: Any, bound: dict[str, Any]
) -> bool:
    if (
        is_traced(subject)
        or not isinstance(subject, Sequence)
        or isinstance(subject, (str, bytes, bytearray))
    ):
        return False
    items = list(protocols.iterate(frame, subject))
    star = [k for k, p in enumerate(patterns) if isinstance(p, ast.MatchStar)]
    if not star:
        return len(items) == len(patterns) and all(
            matches(frame, p, x, bound) for p, x in zip(patterns, items, strict=True)
        )
    k = star[0]
    rest = len(items) - (len(patterns) - k - 1)
    if rest < k:
        return False
    starred = patterns[k]
    if isinstance(starred, ast.MatchStar) and starred.name is not None:
        bound[starred.name] = items[k:rest]
    pairs = [
        *zip(patterns[:k], items[:k], strict=True),
        *zip(patterns[k + 1 :], items[rest:], strict=True),
    ]
    return all(matches(frame, p, x, bound) for p, x in pairs)


def _mapping(frame: Frame, pattern: ast.MatchMapping, subject: Any, bound: dict[str, Any]) -> bool:
    if not isinstance(subject, Mapping):
        return False
    keys = [evaluate(frame, key) for key in pattern.keys]
    for key, inner in zip(keys, pattern.patterns, strict=True):
        if not protocols.contains(frame, subject, key):
            return False
        if not matches(frame, inner, protocols.get_item(frame, subject, key), bound):
            return False
    if pattern.rest is not None:
        items = frame.trace.outside.plain(subject)
        bound[pattern.rest] = {key: x for key, x in items.items() if key not in keys}
    return True


def _class(frame: Frame, pattern: ast.MatchClass, subject: Any, bound: dict[str, Any]) -> bool:
    cls = evaluate(frame, pattern.cls)
    own = subject.python_type() if is_traced(subject) else type(subject)
    own = int if isinstance(subject, SymInt) else own
    if not issubclass(own, cls):
        return False
    positional = pattern.patterns
    if positional and cls in _SELF_MATCHING:
        return len(positional) == 1 and matches(frame, positional[0], subject, bound)
    names = [*getattr(cls, "__match_args__", ())[: len(positional)], *pattern.kwd_attrs]
    if len(names) != len(positional) + len(pattern.kwd_attrs):
        raise TypeError(f"{cls.__name__}() accepts fewer positional sub-patterns")
    for name, inner in zip(names, [*positional, *pattern.kwd_patterns], strict=True):
        try:
            value = load_attribute(frame, subject, name)
        except AttributeError:
            return False
        if not matches(frame, inner, value, bound):
            return False
    return True
