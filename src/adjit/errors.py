"""The errors that adjit raises, all under `AdjitError`.

Each message names the user's file, line and expression, says why it cannot be done, and what to
write instead; the parts are the attributes `location`, `reason` and `remedy`.
"""

from adjit.ir.errors import (
    AdjitError,
    ArgumentError,
    CacheError,
    CheckError,
    DataDependentError,
    DTypeError,
    IndexingError,
    InternalError,
    LeakedTraceError,
    Location,
    MatrixError,
    OutputError,
    ShapeError,
    TraceError,
    UnsupportedError,
)

__all__ = [
    "AdjitError",
    "ArgumentError",
    "CacheError",
    "CheckError",
    "DTypeError",
    "DataDependentError",
    "IndexingError",
    "InternalError",
    "LeakedTraceError",
    "Location",
    "MatrixError",
    "OutputError",
    "ShapeError",
    "TraceError",
    "UnsupportedError",
]
