"""How each library turns a problem into calls without arguments.

An adapter imports its library and prepares the inputs; what happens at the first call (tracing,
compiling) is timed by whoever calls. A library that is not installed raises ImportError; one that
has no version of the problem raises NotOffered.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from problem import Problem


class NotOffered(Exception):
    """The library cannot run the problem's text, and nobody wrote another for it."""


@dataclass(frozen=True)
class Calls:
    """`gradient` returns value and gradients; `objective` the value alone, where that is offered.

    `saved_bytes` is what the forward pass keeps for the backward one, where the library tells.
    """

    gradient: Callable[[], tuple[Any, Any]]
    objective: Callable[[], Any] | None = None
    saved_bytes: Callable[[], int | None] = lambda: None


Adapter = Callable[[Problem, tuple[Any, ...]], Calls]


def with_namespace(function: Callable[..., Any], namespace: Any) -> Callable[..., Any]:
    """The same function, and those it calls in its module, with another library as `np`."""
    names: dict[str, Any] = {**function.__globals__, "np": namespace}
    for name, value in names.items():
        if isinstance(value, types.FunctionType) and value.__module__ == function.__module__:
            names[name] = types.FunctionType(value.__code__, names, name)
    return types.FunctionType(function.__code__, names, function.__name__)


def text_for(peer: str, problem: Problem, namespace: Any) -> Callable[..., Any]:
    """The function that a library runs."""
    if peer in problem.versions:
        return problem.versions[peer]()
    if peer in problem.as_written:
        return with_namespace(problem.function, namespace)
    raise NotOffered(f"{peer} has no version of {problem.name}")


def limit(problem: Problem, arguments: tuple[Any, ...]) -> Calls:
    """Value and gradients written by hand, compiled by numba."""
    if "limit" not in problem.versions:
        raise NotOffered(f"nobody wrote the gradient of {problem.name} by hand")
    import numba

    gradient = numba.njit(error_model="numpy", fastmath=True)(problem.versions["limit"]())
    return Calls(lambda: gradient(*arguments))


def adjit(problem: Problem, arguments: tuple[Any, ...]) -> Calls:
    from adjit import jit, value_and_grad

    gradient = value_and_grad(problem.function, argnums=problem.argnums)
    objective = jit(problem.function)
    return Calls(
        lambda: gradient(*arguments),
        lambda: objective(*arguments),
        lambda: getattr(gradient, "saved_bytes", None),
    )


def jax(problem: Problem, arguments: tuple[Any, ...], peer: str = "jax") -> Calls:
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    function = text_for(peer, problem, jnp)
    # numbers are constants: they are lengths of loops, which must not be traced
    arrays = [k for k, x in enumerate(arguments) if isinstance(x, np.ndarray)]

    def of_arrays(*values: Any) -> Any:
        given = dict(zip(arrays, values, strict=True))
        return function(*(given.get(k, x) for k, x in enumerate(arguments)))

    argnums = tuple(arrays.index(k) for k in problem.argnums)
    gradient = jax.jit(jax.value_and_grad(of_arrays, argnums=argnums))
    objective = jax.jit(of_arrays)
    on_device = [jax.device_put(arguments[k]) for k in arrays]
    return Calls(
        lambda: jax.block_until_ready(gradient(*on_device)),
        lambda: jax.block_until_ready(objective(*on_device)),
    )


def jax_naive(problem: Problem, arguments: tuple[Any, ...]) -> Calls:
    """JAX as one writes it who translates line by line: Python's loops, `at[i].set`."""
    return jax(problem, arguments, "jax-naive")


def autograd(problem: Problem, arguments: tuple[Any, ...]) -> Calls:
    import autograd.numpy as anp
    from autograd import value_and_grad

    function = text_for("autograd", problem, anp)
    gradient = value_and_grad(function, problem.argnums)
    return Calls(lambda: gradient(*arguments), lambda: function(*arguments))


def torch(problem: Problem, arguments: tuple[Any, ...]) -> Calls:
    import torch

    torch.set_num_threads(1)
    function = text_for("torch", problem, torch)
    tensors = [torch.from_numpy(x) for x in arguments]
    leaves = [tensors[k].requires_grad_() for k in problem.argnums]

    def call() -> tuple[Any, Any]:
        value = function(*tensors)
        return value.detach(), torch.autograd.grad(value, leaves)

    return Calls(call)


PEERS: dict[str, Adapter] = {
    "limit": limit,
    "adjit": adjit,
    "jax": jax,
    "jax-naive": jax_naive,
    "autograd": autograd,
    "torch": torch,
}


def as_vector(result: tuple[Any, Any]) -> np.ndarray:
    """Value and gradients in one vector, to compare libraries."""
    value, gradients = result
    return np.concatenate([np.ravel(np.asarray(x, dtype=np.float64)) for x in (value, *gradients)])
