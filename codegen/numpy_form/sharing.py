"""Who shares memory with whom, at one place of the text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from adjit.codegen.numpy_form.relations import Plan
from adjit.codegen.numpy_form.roots import viewed
from adjit.ir.graph import Equation
from adjit.ir.values import Operand, Value


@dataclass(slots=True)
class State:
    """At one place of the text: for each array the others that may share its memory; and the
    arrays that this function made and that hold each element once."""

    shares: dict[Value, frozenset[Value]] = field(default_factory=dict)
    owned: set[Value] = field(default_factory=set)

    def copy(self) -> State:
        return State(dict(self.shares), set(self.owned))

    def bind(self, value: Value, others: Iterable[Value], *, owned: bool) -> None:
        """A value (once more): it may share memory with these others."""
        for other in self.shares.get(value, ()):
            if other is not value:
                self.shares[other] = self.shares[other] - {value}
        self.shares[value] = frozenset(others)
        for other in self.shares[value]:
            self.shares[other] = self.shares.get(other, frozenset()) | {value}
        (self.owned.add if owned else self.owned.discard)(value)

    def near(self, x: Value) -> frozenset[Value]:
        """x, and what may share its memory."""
        return self.shares.get(x, frozenset()) | {x}

    def joined(self, other: State, live: frozenset[Value]) -> State:
        """What holds whichever of the two states it is, for values that are read later."""
        shares = {
            v: (self.shares.get(v, frozenset()) | other.shares.get(v, frozenset())) & live
            for v in live
            if v.shape
        }
        return State(shares, self.owned & other.owned & live)


def base_of(plan: Plan, eqn: Equation) -> tuple[Value | None, bool]:
    """The variable whose memory the equation's result may share (None: it is fresh), and whether
    it may be written through the result."""
    writable = True
    while True:
        writable = writable and eqn.primitive.name != "broadcast"
        x: Operand | None = viewed(eqn)
        if not isinstance(x, Value):
            return None, True
        if x not in plan.inlined:
            return x, writable
        eqn = plan.made_by[x]
