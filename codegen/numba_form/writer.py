"""The text of a kernel while it is written: bodies of lines, printed with short values inlined."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from adjit.codegen.numba_form.scalars import ATOM
from adjit.codegen.numba_form.space import Index
from adjit.ir.values import Operand

INDENT = "    "
WIDTH = 84
_WORD = re.compile(r"[^\W\d]\w*")


@dataclass(slots=True)
class Let:
    """`name = template.format(*operands)`, a value that never changes.

    `free`: the user did not name it, so that it may move into the one line that uses it.
    """

    name: str
    template: str
    operands: tuple[str, ...]
    needs: tuple[int, ...]
    binds: int
    free: bool


@dataclass(slots=True)
class Line:
    """Any other statement."""

    text: str


@dataclass(slots=True, eq=False)
class Body:
    """Lines of one indentation; `known` holds the values computed here: operand, index -> name."""

    lines: list[Let | Line | Block] = field(default_factory=list)
    known: dict[tuple[Operand, Index], str] = field(default_factory=dict)

    def let(
        self,
        name: str,
        template: str,
        operands: tuple[str, ...] = (),
        needs: tuple[int, ...] = (),
        binds: int = ATOM,
        *,
        free: bool = False,
    ) -> str:
        self.lines.append(Let(name, template, operands, needs, binds, free))
        return name

    def pin(self, name: str) -> bool:
        """The value of this name is to be computed where it stands; False: not in this body."""
        for line in reversed(self.lines):
            if isinstance(line, Let) and line.name == name:
                line.free = False
                return True
        return False

    def acts(self) -> bool:
        """False for a body of comments only."""
        return any(not isinstance(x, Line) or not x.text.startswith("#") for x in self.lines)

    def line(self, text: str) -> None:
        self.lines.append(Line(text))


@dataclass(slots=True, eq=False)
class Block:
    """An indented body under a header."""

    header: str
    body: Body


def render(body: Body, depth: int) -> list[str]:
    """The lines as text. A free value used once, further down in the same body, moves there."""
    uses = Counter(word for text in _texts(body) for word in _WORD.findall(text))
    return list(_render(body, depth, uses))


def _texts(body: Body) -> Iterator[str]:
    for line in body.lines:
        if isinstance(line, Line):
            yield line.text
        elif isinstance(line, Let):
            yield line.template.format(*line.operands)
        else:
            yield line.header
            yield from _texts(line.body)


def _render(body: Body, depth: int, uses: Counter[str]) -> Iterator[str]:
    movable: dict[str, tuple[str, int]] = {}
    here = Counter(
        word
        for line in body.lines
        if not isinstance(line, Block)
        for word in _WORD.findall(_text(line))
    )
    for line in body.lines:
        if isinstance(line, Block):
            yield INDENT * depth + line.header
            yield from _render(line.body, depth + 1, uses)
        elif isinstance(line, Line):
            yield INDENT * depth + _substitute(line.text, movable)
        else:
            operands = []
            for name, need in zip(line.operands, (*line.needs, *[0] * 9), strict=False):
                text, binds = movable.pop(name, (name, ATOM))
                operands.append(f"({text})" if binds < need else text)
            text = _substitute(line.template.format(*operands), movable)
            once = uses[line.name] == here[line.name] == 1
            if line.free and once and len(text) < WIDTH - 24:
                movable[line.name] = (text, line.binds)
            else:
                yield f"{INDENT * depth}{line.name} = {text}"


def _text(line: Let | Line) -> str:
    return line.text if isinstance(line, Line) else line.template.format(*line.operands)


def _substitute(text: str, movable: dict[str, tuple[str, int]]) -> str:
    """Put moved values into a statement, where they stand as an argument or right-hand side."""
    for name in _WORD.findall(text):
        if name in movable:
            inner, binds = movable.pop(name)
            alone = text.endswith(f"= {name}")
            shown = inner if alone or binds == ATOM else f"({inner})"
            text = re.sub(rf"\b{name}\b", shown.replace("\\", r"\\"), text)
    return text
