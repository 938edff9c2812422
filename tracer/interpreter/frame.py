"""Frames: the names of a running function, and where in the source it stands."""

from __future__ import annotations

import ast
import linecache
from types import CellType
from typing import Any

from adjit.ir.errors import AdjitError, LeakedTraceError, Location, UnsupportedError
from adjit.tracer.control.journal import NameSlot, birth
from adjit.tracer.control.state import Unavailable
from adjit.tracer.guards import Path
from adjit.tracer.interpreter.scopes import Scope
from adjit.tracer.outside import holds_traced
from adjit.tracer.trace import Trace

NO_ARGUMENT = object()


class Frame:
    """One call of a function in progress.

    `parent` is the frame that the function was defined in, where that is interpreted too;
    otherwise its free names are in `cells`, the closure of the Python function.
    """

    __slots__ = (
        "born",
        "cells",
        "class_name",
        "file",
        "first",
        "globals",
        "handling",
        "is_function",
        "locals",
        "name",
        "node",
        "parent",
        "scope",
        "trace",
    )

    def __init__(
        self,
        trace: Trace,
        name: str,
        file: str,
        scope: Scope,
        globals: dict[str, Any],
        *,
        parent: Frame | None = None,
        cells: dict[str, CellType] | None = None,
        class_name: str = "",
        is_function: bool = True,
    ) -> None:
        self.trace = trace
        self.name = name
        self.file = file
        self.scope = scope
        self.globals = globals
        self.parent = parent
        self.cells = cells or {}
        self.class_name = class_name
        self.is_function = is_function
        self.locals: dict[str, Any] = {}
        self.handling: list[BaseException] = parent.handling if not is_function and parent else []
        self.first: Any = NO_ARGUMENT
        self.node: ast.AST | None = None
        self.born = birth()

    def call(self, function: Any, *args: Any) -> Any:
        """Call a function of the user's, interpreted where it can be."""
        return self.call_with(function, args, {})

    def call_with(self, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        assert self.trace.run_function is not None
        return self.trace.run_function(self.trace, function, args, kwargs, self)

    # Names.

    def mangle(self, name: str) -> str:
        """Private names of a class (`__x`) as Python stores them."""
        if self.class_name and name.startswith("__") and not name.endswith("__"):
            return f"_{self.class_name.lstrip('_')}{name}"
        return name

    def load(self, name: str) -> Any:
        """The value of a name."""
        name = self.mangle(name)
        frame = self
        while True:
            if name in frame.scope.globals:
                return self._load_global(name)
            if name in frame.locals:
                found = frame.locals[name]
                if isinstance(found, Unavailable):
                    raise found.error(self.trace)
                return found
            if name in frame.scope.locals:
                if frame.is_function and frame is self.function_frame():
                    raise UnboundLocalError(
                        f"cannot access local variable {name!r} where it is not associated with a "
                        "value",
                        name=name,
                    )
                raise NameError(
                    f"cannot access free variable {name!r} where it is not associated "
                    "with a value in enclosing scope",
                    name=name,
                )
            if frame.parent is None:
                break
            frame = frame.parent
        if name in frame.cells:
            return self._load_cell(name, frame.cells[name])
        return self._load_global(name)

    def _load_cell(self, name: str, cell: CellType) -> Any:
        try:
            found = cell.cell_contents
        except ValueError:
            raise NameError(
                f"cannot access free variable {name!r} where it is not associated with "
                "a value in enclosing scope",
                name=name,
            ) from None
        return self.trace.outside.adopt(found, Path("cell", cell), name)

    def _load_global(self, name: str) -> Any:
        outside = self.trace.outside
        if name in self.globals:
            return outside.adopt(self.globals[name], Path("global", self.globals, name), name)
        builtins = self.globals.get("__builtins__", __builtins__)
        table = builtins if isinstance(builtins, dict) else vars(builtins)
        if name not in table:
            raise NameError(f"name {name!r} is not defined", name=name)
        outside.guard("absent", self.globals, name, None)
        return table[name]

    def store(self, name: str, value: Any) -> None:
        """Bind a name."""
        name = self.mangle(name)
        owner = self._owner(name)
        if owner is None:
            what = f"the assignment to {name}, which is not local to the function,"
            cls = LeakedTraceError if holds_traced(value) else UnsupportedError
            raise self.trace.error(
                cls,
                f"{what} outlives the trace: the compiled function would not repeat it",
                "return the value from the function instead",
            )
        if owner.trace is not self.trace and holds_traced(value):
            raise self.trace.error(
                LeakedTraceError,
                f"{name} of the surrounding function would keep a value of a "
                "function that is differentiated by itself",
                "return the value instead",
            )
        self.trace.root.changes.note(NameSlot(owner.locals, name, owner.born))
        owner.locals[name] = value

    def delete(self, name: str) -> None:
        """Unbind a name."""
        name = self.mangle(name)
        owner = self._owner(name)
        if owner is None or name not in owner.locals:
            raise NameError(f"name {name!r} is not defined", name=name)
        self.trace.root.changes.note(NameSlot(owner.locals, name, owner.born))
        del owner.locals[name]

    def _owner(self, name: str) -> Frame | None:
        """The frame that binds a name; None where it is a global or lies in a closure cell."""
        if not self.is_function and name not in self.scope.locals and self.parent is not None:
            return self.parent._owner(name)
        if name in self.scope.globals:
            return None
        if name not in self.scope.nonlocals:
            return self
        frame = self.parent
        while frame is not None:
            if name in frame.scope.locals:
                return frame
            frame = frame.parent
        return None

    def function_frame(self) -> Frame:
        """This frame, or that of the function around a comprehension."""
        frame = self
        while not frame.is_function and frame.parent is not None:
            frame = frame.parent
        return frame

    # Places.

    def line(self, number: int) -> str:
        return linecache.getline(self.file, number, self.globals).strip()

    def enter(self, node: ast.stmt) -> None:
        """Note the statement that runs now: what is captured next comes from its line."""
        self.trace.builder.location = Location(
            self.file, node.lineno, self.name, self.line(node.lineno)
        )

    def locate(self, error: AdjitError, node: ast.expr | ast.stmt) -> None:
        """Give an error the place of the innermost expression that raised it."""
        root = self.trace.root
        if root.located is not error:
            root.located = error
            error.location = Location(self.file, node.lineno, self.name, self.text(node))

    def text(self, node: ast.expr | ast.stmt) -> str:
        """The source of an expression, in one line."""
        first, last = node.lineno, node.end_lineno or node.lineno
        lines = [
            linecache.getline(self.file, k, self.globals).rstrip("\n")
            for k in range(first, last + 1)
        ]
        compound = isinstance(node, ast.stmt) and (hasattr(node, "body") or hasattr(node, "cases"))
        if compound or node.end_col_offset is None:
            return lines[0].strip()
        data = [line.encode() for line in lines]
        data[-1] = data[-1][: node.end_col_offset]
        data[0] = data[0][node.col_offset :]
        text = " ".join(part.decode(errors="replace").strip() for part in data)
        return text if len(text) <= 160 else text[:157] + "..."

    def annotate(self, error: BaseException, node: ast.stmt) -> None:
        """Add to an error of the user's own where it came from."""
        if not any(note.startswith("while adjit traced") for note in _notes(error)):
            error.add_note(
                f"while adjit traced {self.file}:{node.lineno}, in {self.name}\n"
                f"    {self.line(node.lineno)}"
            )


def _notes(error: BaseException) -> list[str]:
    return getattr(error, "__notes__", [])
