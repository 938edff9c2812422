"""What a derivative rule may ask for: the builder, who made a value, which values are active."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from adjit.adjoint.cotangents import Condition, Cotangent
from adjit.adjoint.support import Support
from adjit.ir import Equation, Graph, GraphBuilder, Literal, Operand, Value
from adjit.ir.indexing import Spec
from adjit.ir.primitives import elementwise as ew
from adjit.ir.primitives import structural as st


@dataclass(frozen=True, slots=True)
class Context:
    """The surroundings of an equation under differentiation."""

    builder: GraphBuilder
    producers: Mapping[Value, Equation]
    active: AbstractSet[Value]

    def wants(self, x: Operand) -> bool:
        """True for a value that the derivative is to reach."""
        return isinstance(x, Value) and x in self.active

    def producer(self, x: Operand) -> Equation | None:
        """The forward equation that made x; None for inputs and literals."""
        return self.producers.get(x) if isinstance(x, Value) else None

    def constant(self, x: Operand) -> bool:
        """True for a number of the source text, also when it fills an array."""
        made = self.producer(x)
        if made is not None and made.primitive in (st.broadcast, st.reshape, ew.convert):
            return self.constant(made.inputs[0])
        return isinstance(x, Literal)


def producers_of(graph: Graph) -> dict[Value, Equation]:
    """For every value that an equation makes, that equation."""
    return {value: eqn for eqn in graph.equations for value in eqn.outputs}


@dataclass(frozen=True, slots=True)
class Scatter:
    """A contribution to some places of an array: `dx[spec] += value`, on the running sum.

    `conditions` are as those of a `Cotangent`, each one number: they hold for the whole array.
    `support` is that of the value.
    """

    value: Operand
    spec: Spec
    indices: tuple[Operand, ...] = ()
    conditions: tuple[Condition, ...] = ()
    support: Support | None = None


#: (context, equation, cotangent of the first output) -> (number of the input, contribution)...
#: A lazy rule sees the cotangent with its conditions, a dense rule one whole array.
LazyRule = Callable[[Context, Equation, Cotangent], Iterator[tuple[int, "Cotangent | Scatter"]]]
DenseRule = Callable[
    [Context, Equation, Operand], Iterator[tuple[int, "Operand | Scatter | Cotangent"]]
]

#: (context, equation, tangents of the inputs, None for zero) -> tangent of the first output.
ForwardRule = Callable[[Context, Equation, Sequence["Operand | None"]], Operand]
