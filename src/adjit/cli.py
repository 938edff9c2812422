"""The command line: `adjit cache` and `adjit show FILE.py:FUNC`."""

from __future__ import annotations

import argparse
import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from adjit import cache
from adjit.errors import AdjitError, ArgumentError
from adjit.function import CompiledFunction


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point of the `adjit` command; returns the exit status."""
    parser = _parser()
    options = parser.parse_args(argv)
    try:
        result: int = options.run(options)
    except AdjitError as error:
        print(f"adjit: {error}", file=sys.stderr)
        return 1
    return result


def _parser() -> argparse.ArgumentParser:
    import adjit

    parser = argparse.ArgumentParser(
        prog="adjit", description="Compiled gradients of plain NumPy functions."
    )
    parser.add_argument("--version", action="version", version=f"adjit {adjit.__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    folder = commands.add_parser("cache", help="the folder of compiled code: size, clear")
    folder.add_argument("action", nargs="?", choices=("size", "clear"), default="size")
    folder.set_defaults(run=_cache)
    show = commands.add_parser(
        "show", help="print the code generated for a decorated function that FILE.py calls"
    )
    show.add_argument("target", metavar="FILE.py:FUNC")
    show.add_argument("--form", choices=("numpy", "numba", "graph", "explain"), default="numpy")
    show.add_argument(
        "--args",
        metavar="EXPR",
        help="arguments as a Python tuple, seen with the "
        "names of FILE.py, when FILE.py does not call FUNC itself: "
        "--args '(np.ones(3), 2.0)'",
    )
    show.set_defaults(run=_show)
    return parser


def _cache(options: argparse.Namespace) -> int:
    if options.action == "clear":
        print(f"freed {_human(cache.clear())}")
        return 0
    modules, used = cache.size()
    print(f"{cache.cache_folder()}\n{modules} generated modules, {_human(used)}")
    return 0


def _human(count: int) -> str:
    value = float(count)
    for unit in ("B", "kB", "MB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} GB"


def _show(options: argparse.Namespace) -> int:
    file, separator, name = options.target.rpartition(":")
    if not separator or not Path(file).is_file():
        raise ArgumentError(
            f"{options.target!r} is not FILE.py:FUNC with an existing file",
            remedy="name a file and a function in it: model.py:loss",
        )
    module = _load(Path(file))
    found: Any = module
    for part in name.split("."):
        found = getattr(found, part, None)
    if found is None:
        raise ArgumentError(f"{file} has no function {name!r}", remedy="check its name")
    if not isinstance(found, CompiledFunction):
        found = CompiledFunction(found, transform="value_and_grad", argnums=0)
    values = eval(options.args, vars(module)) if options.args else ()
    values = values if isinstance(values, tuple) else (values,)
    if not values and not found.specializations:
        raise ArgumentError(
            f"{file} does not call {name} when it is imported, so there is no code to show",
            remedy="pass arguments: --args '(np.ones(3),)'",
        )
    if options.form == "graph":
        print(found.graph(*values))
    elif options.form == "explain":
        found.explain(*values).print()
    else:
        print(found.source(*values, form=options.form))
    return 0


def _load(path: Path) -> Any:
    name = f"adjit_shown_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ArgumentError(f"{path} cannot be imported", remedy="name a .py file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    sys.path.insert(0, str(path.parent.resolve()))
    spec.loader.exec_module(module)
    return module
