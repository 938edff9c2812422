"""Lines of code with comments: breaking long ones, aligning the comments."""

from __future__ import annotations

import io
import tokenize
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

CODE_WIDTH = 88
LINE_WIDTH = 100
_COMMENT_COLUMN = 52


@dataclass(frozen=True, slots=True)
class Line:
    """One statement, or a heading (`code` empty), at its indentation."""

    indent: int
    code: str
    comment: str = ""


def arrange(lines: Sequence[Line]) -> list[str]:
    """The text, line by line."""
    commented = [line.indent + len(line.code) for line in lines if line.code and line.comment]
    column = min(max(commented, default=0), _COMMENT_COLUMN) + 2
    out: list[str] = []
    for line in lines:
        out += _arranged(line, column)
    return out


def _arranged(line: Line, column: int) -> Iterable[str]:
    pad = " " * line.indent
    comment = f"# {_one_line(line.comment)}" if line.comment else ""
    if not line.code:
        return [pad + comment] if comment else [""]
    code = broken(pad + line.code)
    if not comment:
        return code
    if len(code) == 1:
        beside = (
            f"{code[0]:<{column - 1}} {comment}"
            if len(code[0]) < column
            else (f"{code[0]}  {comment}")
        )
        if len(beside) <= LINE_WIDTH:
            return [beside]
    return [pad + comment, *code]


def _one_line(text: str) -> str:
    """The user's line as it may stand in a comment: printable, on one line, not too long."""
    plain = " ".join(text.split())
    plain = "".join(c if c.isprintable() else "?" for c in plain)
    return plain if len(plain) <= CODE_WIDTH - 8 else plain[: CODE_WIDTH - 12].rstrip() + " ..."


def broken(code: str) -> list[str]:
    """The statement on as many lines as it needs, broken inside brackets."""
    if len(code) <= CODE_WIDTH:
        return [code]
    text = code.lstrip()
    pad = " " * (len(code) - len(text))
    lines = _filled(text, pad)
    if max(map(len, lines)) <= CODE_WIDTH:
        return lines
    bracketed = _bracketed(text)
    return lines if bracketed is None else _filled(bracketed, pad)


def _bracketed(text: str) -> str | None:
    """The statement with brackets round its expression, inside of which it can be broken."""
    if text.startswith("return "):
        return f"return ({text[7:]})"
    target, found, value = text.partition(" = ")
    return f"{target} = ({value})" if found and "(" not in target else None


def _filled(text: str, pad: str) -> list[str]:
    out: list[str] = []
    start, last = 0, 0
    first = pad
    for place in [*_break_places(text), len(text)]:
        if len(pad) + len(text[start:place].rstrip()) > CODE_WIDTH and last > start:
            out.append(pad + text[start:last].rstrip())
            start, pad = last, first + ("        " if text.startswith("def ") else "    ")
        last = place
    return [*out, pad + text[start:].rstrip()]


def _break_places(text: str) -> list[int]:
    """Offsets inside brackets after a comma, or before a binary operator, at the two outermost
    levels at which there are any."""
    found: dict[int, list[int]] = {}
    depth = 0
    previous = ""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        at, after = token.start[1], token.end[1]
        if token.string in ("(", "[", "{"):
            depth += 1
        elif token.string in (")", "]", "}"):
            depth -= 1
        elif depth and token.string == ",":
            found.setdefault(depth, []).append(after + 1)
        elif (
            depth
            and token.string in ("+", "-", "*", "/", "@", "&", "|")
            and (previous not in ("", "(", "[", "{", ",", "=", ":", "**", "*", "/", "@", "+", "-"))
        ):
            found.setdefault(depth, []).append(at)
        previous = token.string
    levels = sorted(found)[:2]
    return sorted(place for level in levels for place in found[level])
