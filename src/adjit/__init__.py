"""adjit: `@grad` on a plain NumPy function gives a compiled gradient that a person can read."""

from adjit import errors
from adjit.check import check_grads
from adjit.checkpointed import checkpoint
from adjit.errors import AdjitError
from adjit.function import CompiledFunction
from adjit.options import options
from adjit.transforms import grad, jit, value_and_grad

__version__ = "0.1.0"

__all__ = [
    "AdjitError",
    "CompiledFunction",
    "__version__",
    "check_grads",
    "checkpoint",
    "errors",
    "grad",
    "jit",
    "options",
    "value_and_grad",
]
