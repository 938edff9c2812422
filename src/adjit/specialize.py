"""From one call's arguments to compiled code: capture, differentiate, generate, compile."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cached_property
from typing import Any

from adjit import pipeline
from adjit.arguments import Arguments
from adjit.codegen.program import Program
from adjit.derivation import derive
from adjit.entry import EntryPlan, build_entry, build_matcher, replace_run
from adjit.leaves import leaf_of
from adjit.options import chosen, matter
from adjit.runner import interpret_once, kernel_program, make_runner, worth_interpreting
from adjit.small_sizes import with_small_sizes
from adjit.task import Task
from adjit.tracer import Capture, capture


class Specialization:
    """The code for one pattern of arguments: types, dtypes, ranks, layouts and guards.

    Attributes
    ----------
    task, arguments, capture:
        What was asked, the arguments that it was captured with, what the tracer returned.
    inputs:
        The argument leaf that each graph input stands for; hidden inputs follow.
    forward:
        The captured graph, cleaned up.
    graph, results, gradients:
        The graph that runs (for a gradient, forward and backward), what is returned, and which
        outputs are the gradients of which inputs.
    call:
        The generated call path; returns `adjit.entry.MISS` when the arguments do not fit.
    """

    def __init__(self, task: Task, arguments: Arguments) -> None:
        self.task = task
        self.arguments = arguments
        self.options = chosen()
        self.inputs = [k for k, kind in enumerate(arguments.kinds) if kind.form != "static"]
        self.capture = self._capture()
        self.forward = pipeline.prepare(self.capture.graph)
        derived = derive(task, arguments, self.inputs, self.forward, self.capture.outputs)
        self.graph, self.results = derived.graph, derived.results
        self.gradients = derived.gradients
        self.backend = pipeline.backend()
        self._lock = threading.Lock()
        self._runner: Callable[..., Any] | None = None
        self._called = False
        self.call = build_entry(
            self.plan,
            self._first_run,
            outputs_passed=self.backend != "numpy",
            name=task.generated_name,
        )

    def _capture(self) -> Capture:
        a = self.arguments
        leaves = [leaf_of(a.leaves[k], a.kinds[k], a.names[k]) for k in self.inputs]

        def rebuild(traced: list[Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
            return self.task.parameters.rebuild(a.with_leaves(self.inputs, traced))

        made = capture(self.task.function, leaves, rebuild, name=self.task.name)
        return with_small_sizes(made)

    @property
    def plan(self) -> EntryPlan:
        """What the call path is generated from."""
        a, c = self.arguments, self.capture
        return EntryPlan(
            a.structures,
            a.kinds,
            self.inputs,
            a.differentiated,
            self.graph,
            c.scalar_sizes,
            c.hidden,
            c.guards,
            c.size_guards,
            c.written,
            self.results,
            self.options,
            matter(self.forward) or matter(self.graph),
        )

    @cached_property
    def matches(self) -> Callable[..., bool]:
        """A function of one value per parameter: would `call` accept them?"""
        return build_matcher(self.plan, name=self.task.generated_name)

    @cached_property
    def program(self) -> Program:
        """The kernel in the numba form."""
        return kernel_program(self)

    @property
    def layouts(self) -> tuple[str, ...]:
        """Memory layout of each graph input ("" for scalars)."""
        own = [self.arguments.kinds[k].layout for k in self.inputs]
        return (*own, *(hidden.leaf.layout for hidden in self.capture.hidden))

    def _first_run(self, *values: Any) -> Any:
        """Stands for the compiled function until the first call, which compiles."""
        with self._lock:
            if self._runner is None and not self._called and worth_interpreting(self):
                run = interpret_once(self)
            else:
                if self._runner is None:
                    self._runner = make_runner(self)
                    replace_run(self.call, self._runner)
                run = self._runner
            self._called = True
        return run(*values)

    def __repr__(self) -> str:
        types = ", ".join(f"{v.name}: {v.type}" for v in self.graph.inputs)
        return f"<specialisation of {self.task.name} for {types}>"
