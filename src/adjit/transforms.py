"""The decorators: `grad`, `value_and_grad`, `jit`.

Each works bare (`@grad`), with arguments (`@grad(argnums=1)`) and as a call (`grad(f)`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, overload

from adjit.function import CompiledFunction
from adjit.signature import ArgNums

Decorator = Callable[[Callable[..., Any]], CompiledFunction]


def _transform(
    name: str, function: Callable[..., Any] | None, **options: Any
) -> CompiledFunction | Decorator:
    if function is None:
        return lambda f: CompiledFunction(f, transform=name, **options)
    return CompiledFunction(function, transform=name, **options)


@overload
def grad(
    fun: Callable[..., Any],
    /,
    *,
    argnums: ArgNums = 0,
    has_aux: bool = False,
    static_argnums: ArgNums = (),
    static_argnames: ArgNums = (),
    check: bool | None = None,
) -> CompiledFunction: ...
@overload
def grad(
    fun: None = None,
    /,
    *,
    argnums: ArgNums = 0,
    has_aux: bool = False,
    static_argnums: ArgNums = (),
    static_argnames: ArgNums = (),
    check: bool | None = None,
) -> Decorator: ...
def grad(
    fun: Callable[..., Any] | None = None,
    /,
    argnums: ArgNums = 0,
    has_aux: bool = False,
    static_argnums: ArgNums = (),
    static_argnames: ArgNums = (),
    check: bool | None = None,
) -> CompiledFunction | Decorator:
    """Gradient of a function that returns a float scalar.

    Parameters
    ----------
    fun:
        A plain NumPy function. Arguments are never written to.
    argnums:
        What to differentiate: a position, an argument name, or a tuple of them (then a tuple of
        gradients is returned). An argument may be a float, a float32 or float64 array, or a
        list, tuple, dict, named tuple or dataclass of them. For a method, `self` does not count.
    has_aux:
        The function returns `(value, aux)`; `(gradient, aux)` is returned.
    static_argnums, static_argnames:
        Arguments that are Python objects to specialise on, compared by value at each call.
    check:
        True compares the gradient with differences of the plain function, at the first call of
        each specialisation (a new pattern of arguments), in two random directions. That runs the
        function some ten times by NumPy, on copies of the arguments. None is as the environment
        variable ADJIT_CHECK says, which is off where it is not set. No verdict is given where the
        function raises or returns nan or has a kink, and in gradients inside of traced functions.

    Returns
    -------
    CompiledFunction
        Called as `fun`; returns the gradient in the argument's structure, shapes and dtypes (a
        Python float for a Python float).

    Raises
    ------
    adjit.errors.AdjitError
        At the first call with a new pattern of arguments, for whatever cannot be differentiated
        rightly; the message names the user's line.
    adjit.errors.CheckError
        With `check`, where gradient and differences disagree; both stand in the message.

    Notes
    -----
    Reverse-mode automatic differentiation: Griewank and Walther, "Evaluating Derivatives", 2nd
    ed., SIAM 2008, chapter 3.

    Examples
    --------
    >>> import numpy as np
    >>> from adjit import grad
    >>> @grad
    ... def loss(w, x):
    ...     return np.sum((w * x) ** 2)
    >>> loss(np.array([1.0, 2.0]), np.array([3.0, 1.0]))
    array([18.,  4.])
    """
    return _transform(
        "grad",
        fun,
        argnums=argnums,
        has_aux=has_aux,
        static_argnums=static_argnums,
        static_argnames=static_argnames,
        check=check,
    )


@overload
def value_and_grad(
    fun: Callable[..., Any],
    /,
    *,
    argnums: ArgNums = 0,
    has_aux: bool = False,
    static_argnums: ArgNums = (),
    static_argnames: ArgNums = (),
    check: bool | None = None,
) -> CompiledFunction: ...
@overload
def value_and_grad(
    fun: None = None,
    /,
    *,
    argnums: ArgNums = 0,
    has_aux: bool = False,
    static_argnums: ArgNums = (),
    static_argnames: ArgNums = (),
    check: bool | None = None,
) -> Decorator: ...
def value_and_grad(
    fun: Callable[..., Any] | None = None,
    /,
    argnums: ArgNums = 0,
    has_aux: bool = False,
    static_argnums: ArgNums = (),
    static_argnames: ArgNums = (),
    check: bool | None = None,
) -> CompiledFunction | Decorator:
    """The function's value and its gradient, as `grad`; returns `(value, gradient)`.

    With `has_aux` it returns `((value, aux), gradient)`. Fits
    `scipy.optimize.minimize(value_and_grad(f), x0, jac=True)`.

    Examples
    --------
    >>> import numpy as np
    >>> from adjit import value_and_grad
    >>> value_and_grad(lambda x: x ** 3)(2.0)
    (8.0, 12.0)
    """
    return _transform(
        "value_and_grad",
        fun,
        argnums=argnums,
        has_aux=has_aux,
        static_argnums=static_argnums,
        static_argnames=static_argnames,
        check=check,
    )


@overload
def jit(
    fun: Callable[..., Any], /, *, static_argnums: ArgNums = (), static_argnames: ArgNums = ()
) -> CompiledFunction: ...
@overload
def jit(
    fun: None = None, /, *, static_argnums: ArgNums = (), static_argnames: ArgNums = ()
) -> Decorator: ...
def jit(
    fun: Callable[..., Any] | None = None,
    /,
    static_argnums: ArgNums = (),
    static_argnames: ArgNums = (),
) -> CompiledFunction | Decorator:
    """The function itself, compiled: same arguments, same results.

    Examples
    --------
    >>> import numpy as np
    >>> from adjit import jit
    >>> jit(lambda x: np.tanh(x) + x)(np.zeros(2))
    array([0., 0.])
    """
    return _transform("jit", fun, static_argnums=static_argnums, static_argnames=static_argnames)
