"""Evaluates the user's functions on traced values.

Python's own syntax, statement by statement (`statements`) and expression by expression
(`expressions`): that is what makes `if`, `for` and calls visible to the trace. `calls` says where a
call goes: to a row of the NumPy surface, into the user's function, or to the library as it is.
"""
