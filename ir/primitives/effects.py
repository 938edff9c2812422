"""The primitive with an effect: what raises an exception of the user's when the code runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from adjit.ir.primitives import core
from adjit.ir.values import Type

BOOL = np.dtype(np.bool_)

#: The exceptions that compiled code can raise, by the name that generated code has for them.
ERRORS: Mapping[str, type[Exception]] = {
    **{
        cls.__name__: cls
        for cls in (
            Exception,
            AssertionError,
            ValueError,
            TypeError,
            ArithmeticError,
            FloatingPointError,
            OverflowError,
            ZeroDivisionError,
            LookupError,
            IndexError,
            KeyError,
            RuntimeError,
            NotImplementedError,
        )
    },
    "np.linalg.LinAlgError": np.linalg.LinAlgError,
}


def _require(
    types: Sequence[Type], params: Mapping[str, Any], regions: Sequence[Any]
) -> tuple[Type, ...]:
    core.require(list(types) == [Type(BOOL)], "require: the predicate is a bool scalar")
    core.require(params["error"] in ERRORS, f"require: no exception {params['error']}")
    core.require(type(params["arguments"]) is tuple, "require: the arguments of the exception")
    return (types[0],)


#: `require(ok; error, arguments) -> ok`: the function raises `ERRORS[error](*arguments)` unless the
#: bool scalar `ok` holds; the arguments are texts and numbers. It stands where the user's check
#: stands: it is kept though nobody reads its output, and what comes after it stays after it.
require = core.register(core.Primitive("require", "structural", _require))
