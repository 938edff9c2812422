"""Room for the forward values of all iterations that the backward pass needs.

A stack has one axis for each loop around the value, so that nothing is copied from one level to
the next: it is made outside of all of them and goes through every region on the way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from adjit.adjoint.regions.frames import Frame
from adjit.ir import Equation, GraphBuilder, Operand, Size, Type, Value, literal
from adjit.ir.dims import symbol_size
from adjit.ir.indexing import At, Item, Slice, Spec, full
from adjit.ir.primitives import structural as st


@dataclass(frozen=True, slots=True, eq=False)
class Stack:
    """`last` is the stack once everything is in it. `spec` is where one value stands."""

    last: Value
    spec: Spec

    @property
    def type(self) -> Type:
        return self.last.type

    @property
    def local(self) -> bool:
        """True without a loop around: whoever does not have the value returns anything."""
        return all(isinstance(item, Slice) for item in self.spec)

    def empty(self, builder: GraphBuilder) -> Operand:
        """The stack with nothing in it."""
        shape, dtype, name = self.type.shape, self.type.dtype, self.last.name
        if shape == ():
            return literal(0, dtype)
        return builder.emit(st.empty, shape=shape, dtype=dtype, name=name)


@dataclass(frozen=True, slots=True, eq=False)
class Thread:
    """A stack on its way through a block: as it comes in, as it goes out."""

    stack: Stack
    inside: Value
    leaving: Operand


@dataclass(frozen=True, slots=True, eq=False)
class Passage:
    """Stacks at the borders of a region: the operands that go in, what comes out, and equations
    to put before."""

    before: list[Equation]
    entering: list[Operand]
    leaving: list[Value]


def pass_through(threads: Sequence[Thread], around: list[Thread] | None) -> Passage:
    """Bring stacks to a region. They come from the block around it, and are entered into its own
    list `around`; or are made there (None)."""
    builder = GraphBuilder()
    entering: list[Operand] = []
    leaving: list[Value] = []
    for thread in threads:
        stack = thread.stack
        if around is None:
            entering.append(stack.empty(builder))
            leaving.append(stack.last)
        else:
            inside, out = (Value(stack.type, stack.last.name) for _ in range(2))
            around.append(Thread(stack, inside, out))
            entering.append(inside)
            leaving.append(out)
    return Passage(builder.equations, entering, leaving)


def stack_for(frame: Frame, value: Value) -> Stack:
    """A stack for a value of the block; `Unbounded` if there is none."""
    loops = frame.loops()
    spec: list[Item] = [At(symbol_size(loop.symbol)) for loop in loops]
    shape: list[Size] = [loop.trips() for loop in loops]
    for size in value.shape:
        most = frame.room(size)
        shape.append(most)
        spec.append(full(size) if size == most else Slice(0, size))
    name = f"{value.name}s" if value.name else "saved"
    return Stack(Value(Type(value.dtype, tuple(shape)), name), tuple(spec))


def stored(builder: GraphBuilder, stack: Stack, inside: Value, value: Value) -> Operand:
    """The stack after this iteration's value went in."""
    if stack.local and stack.type == value.type:
        return value
    before = stack.empty(builder) if stack.local else inside
    return builder.update(before, value, stack.spec, name=stack.last.name)


@dataclass(frozen=True, slots=True)
class Swept:
    """A block's adjoint: what stands in the place of a forward equation that has to fill stacks,
    the backward equations, the cotangents asked for, and the stacks that go through the block."""

    replaced: Mapping[Equation, Sequence[Equation]]
    backward: Sequence[Equation]
    results: Sequence[Operand]
    threads: Sequence[Thread]
