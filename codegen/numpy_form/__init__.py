"""The reader's form: plain NumPy statements with the user's own names, forward then backward."""

from adjit.codegen.numpy_form.emit import emit
from adjit.codegen.numpy_form.explain import Row, explain_rows
from adjit.codegen.numpy_form.load import load

__all__ = ["Row", "emit", "explain_rows", "load"]
