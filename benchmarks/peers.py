"""How each library turns a problem into a call without arguments that returns value and gradients.

An adapter imports its library and prepares the inputs; what happens at the first call (tracing,
compiling) is timed by whoever calls. A library that is not installed raises ImportError.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

import numpy as np
from problems import Problem

Call = Callable[[], tuple[Any, Any]]


def with_namespace(function: Callable[..., Any], namespace: Any) -> Callable[..., Any]:
    """The same function with another library in the place of `np`."""
    assert isinstance(function, types.FunctionType)
    names = {**function.__globals__, "np": namespace}
    return types.FunctionType(function.__code__, names, function.__name__)


def adjit(problem: Problem, arguments: tuple[Any, ...]) -> Call:
    from adjit import value_and_grad

    gradient = value_and_grad(problem.function, argnums=problem.argnums)
    return lambda: gradient(*arguments)


def jax(problem: Problem, arguments: tuple[Any, ...]) -> Call:
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    function = with_namespace(problem.function, jnp)
    gradient = jax.jit(jax.value_and_grad(function, argnums=problem.argnums))
    on_device = [jax.device_put(x) for x in arguments]
    return lambda: jax.block_until_ready(gradient(*on_device))


def autograd(problem: Problem, arguments: tuple[Any, ...]) -> Call:
    import autograd.numpy as anp
    from autograd import value_and_grad

    gradient = value_and_grad(with_namespace(problem.function, anp), problem.argnums)
    return lambda: gradient(*arguments)


def torch(problem: Problem, arguments: tuple[Any, ...]) -> Call:
    import torch

    torch.set_num_threads(1)
    function = with_namespace(problem.function, torch)
    tensors = [torch.from_numpy(x) for x in arguments]
    leaves = [tensors[k].requires_grad_() for k in problem.argnums]

    def call() -> tuple[Any, Any]:
        value = function(*tensors)
        return value.detach(), torch.autograd.grad(value, leaves)

    return call


PEERS: dict[str, Callable[[Problem, tuple[Any, ...]], Call]] = {
    "adjit": adjit,
    "jax": jax,
    "autograd": autograd,
    "torch": torch,
}


def as_vector(result: tuple[Any, Any]) -> np.ndarray:
    """Value and gradients in one vector, to compare libraries."""
    value, gradients = result
    return np.concatenate([np.ravel(np.asarray(x, dtype=np.float64)) for x in (value, *gradients)])
