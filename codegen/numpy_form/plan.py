"""Which equations become statements, and which stand inside the statement that they feed.

An unnamed value that is used once is written where it is used; a named one is a statement of its
own. Cheap unnamed values (`y - t`, `x[:, None]`, `np.arange(n)`) may be written more than once.
Moving an expression later must not move it past a write to the memory that it reads, nor into a
loop or a branch: values that cross into another block are variables.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from adjit.codegen.numpy_form.nested import Opened
from adjit.codegen.numpy_form.roots import Roots, find_roots
from adjit.ir.dims import Symbol, symbols_of
from adjit.ir.graph import Equation, Graph, param_sizes, values_of
from adjit.ir.indexing import Gather, NewAxis, is_full
from adjit.ir.values import Literal, Operand, Value

END = 1 << 60
STATEMENTS = frozenset({"update", "sort", "nonzero", "branch", "loop", "while", "checkpoint"})
_VARIABLES = STATEMENTS | {"bind", "reserve"}
_DEEPEST = 16  # expressions within expressions; longer than a line long before that
_REPEATABLE = frozenset({"add", "sub", "neg", "lt", "le", "gt", "ge", "eq", "ne", "logical_not"})


@dataclass(slots=True)
class Plan:
    """The graph's def-use relations and the set of values that are written in place of use.

    `equations` are all of them, those of regions included, in the order of the text, `index` says
    where. `flows` says which value that is bound several times a value becomes (see `nested`);
    `pinned` values are variables whatever they are.
    """

    graph: Graph
    roots: Roots
    bound: Mapping[Symbol, Value]
    notes: Mapping[Equation, str]
    equations: list[Equation] = field(default_factory=list)
    made_by: dict[Value, Equation] = field(default_factory=dict)
    index: dict[Equation, int] = field(default_factory=dict)
    users: dict[Value, list[Equation | None]] = field(default_factory=dict)
    flows: dict[Value, Value] = field(default_factory=dict)
    pinned: set[Value] = field(default_factory=set)
    tests: dict[Equation | None, int] = field(default_factory=dict)  # where a while's condition stands
    inlined: set[Value] = field(default_factory=set)
    counted: set[Symbol] = field(default_factory=set)
    integers: set[Value] = field(default_factory=set)  # Python ints: arguments, indices, ...
    numbers: dict[Value, bool] = field(default_factory=dict)  # memo of `printer.is_number`
    has_backward: bool = False

    def producer(self, x: Operand) -> Equation | None:
        """The equation that made x; None for literals and inputs."""
        return self.made_by.get(x) if isinstance(x, Value) else None

    def inline_producer(self, x: Operand, primitive: str) -> Equation | None:
        """The equation that made x, where it is of this primitive and written in place."""
        eqn = self.producer(x)
        if eqn is None or eqn.primitive.name != primitive or x not in self.inlined:
            return None
        return eqn


def inside(plan: Plan, eqn: Equation) -> list[Equation]:
    """The equation and all those that are written in it, operands first."""
    out: list[Equation] = []
    for x in values_of(eqn.inputs):
        if x in plan.inlined:
            out += inside(plan, plan.made_by[x])
    return [*out, eqn]


def make_plan(opened: Opened, forced: Collection[Value]) -> Plan:
    """Decide; the values in `forced` get statements of their own."""
    graph = opened.graph
    plan = Plan(graph, find_roots(graph), opened.bound, opened.notes)
    _Reader(plan).block(graph.equations)
    for x in values_of(graph.outputs):
        plan.users.setdefault(x, []).append(None)
    plan.integers = {
        graph.inputs[source.index] for source in graph.symbols.values() if source.axis is None
    }
    plan.integers.update(opened.bound.values())
    plan.has_backward = any(eqn.role == "backward" for eqn in graph.equations)
    _decide(plan, forced)
    return plan


@dataclass(slots=True)
class _Reader:
    """Collects the relations. A use in another block than the value's own pins the value."""

    plan: Plan
    place: int = 0
    home: dict[Value, int] = field(default_factory=dict)
    blocks: int = 0

    def block(self, equations: Collection[Equation]) -> int:
        """Read a block; return its number."""
        self.blocks += 1
        here = self.blocks
        for eqn in equations:
            self._add(eqn, here)
        return here

    def _add(self, eqn: Equation, here: int) -> None:
        plan, name = self.plan, eqn.primitive.name
        plan.index[eqn] = self.place
        plan.equations.append(eqn)
        self.place += 1
        for x in values_of(eqn.inputs):
            self._use(x, eqn, here)
        for out in eqn.outputs:
            plan.made_by[out] = eqn
            self.home[out] = here
        if name in ("loop", "while"):
            self._flow(eqn.inputs, eqn)
        for k, region in enumerate(eqn.regions):
            inner = self.block(region.equations)
            if name == "while" and k == 0:
                plan.tests[eqn] = self.place
                for x in values_of(region.outputs):
                    self._use(x, eqn, inner)
            else:
                self._flow(region.outputs, eqn)
            self.place += 1

    def _use(self, x: Value, eqn: Equation, block: int) -> None:
        self.plan.users.setdefault(x, []).append(eqn)
        if self.home.get(x) != block:
            self.plan.pinned.add(x)

    def _flow(self, sources: Collection[Operand], eqn: Equation) -> None:
        for x, target in zip(sources, eqn.outputs, strict=True):
            if isinstance(x, Value):
                self.plan.users.setdefault(x, []).append(eqn)
                self.plan.pinned.add(x)
                if x is not target:
                    self.plan.flows.setdefault(x, target)


def _decide(plan: Plan, forced: Collection[Value]) -> None:
    place: dict[Equation | None, int] = {None: END}
    depth: dict[Equation | None, int] = {None: 0}
    writes = [
        (plan.index[eqn], plan.roots.of(eqn.inputs[0]))
        for eqn in plan.equations
        if eqn.primitive.name == "update"
    ]
    plan.counted = _symbols_mentioned(plan)
    for eqn in reversed(plan.equations):
        users = plan.users.get(eqn.outputs[0], [])
        here = plan.index[eqn]
        place[eqn], depth[eqn] = here, 0
        if eqn.primitive.name == "nonzero":
            place[eqn] = _mask_place(plan, eqn, place)
            continue
        if len(eqn.outputs) != 1 or not users or eqn.output in forced:
            continue
        if eqn.primitive.name == "dim":
            plan.inlined.add(eqn.output)
            continue
        if eqn.output in plan.pinned or not _may_inline(plan, eqn, users):
            continue
        nested = max(depth.get(user, 0) for user in users) + 1
        if nested > _DEEPEST:
            continue
        last = max(plan.tests[user] if user in plan.tests else place[user] for user in users)
        read = {plan.roots.of(x) for x in values_of(eqn.inputs)}
        if not any(here < at < last and root in read for at, root in writes):
            plan.inlined.add(eqn.output)
            place[eqn], depth[eqn] = last, nested


def _may_inline(plan: Plan, eqn: Equation, users: list[Equation | None]) -> bool:
    value = eqn.output
    if eqn.primitive.name in _VARIABLES or value.name:
        return False
    for user in users:
        if user is None and plan.has_backward:
            return False
        if user is None or user.primitive.name not in ("update", "sort", "nonzero"):
            continue
        if user.primitive.name == "update" and user.inputs[0] is value:
            return False
        if user.primitive.name == "sort" or not _mask_only(plan, user):
            return False
    return len(users) == 1 or _is_repeatable(plan, eqn, users)


def _mask_only(plan: Plan, user: Equation) -> bool:
    """True unless `user` is a nonzero whose mask is read at several places."""
    if user.primitive.name != "nonzero":
        return True
    elsewhere = any(out in plan.pinned for out in user.outputs)
    read_once = len(_distinct_users(plan, user)) == 1
    return user.params["symbol"] not in plan.counted and read_once and not elsewhere


def _is_repeatable(plan: Plan, eqn: Equation, users: list[Equation | None]) -> bool:
    name, inputs = eqn.primitive.name, eqn.inputs
    if name == "iota":
        return len(users) <= 3
    if not all(isinstance(x, Literal) or _is_variable(plan, x) for x in inputs):
        return False
    if name == "transpose" or _only_new_axes(eqn):
        return True
    cheap = name in _REPEATABLE or (
        name in ("mul", "div") and any(isinstance(x, Literal) for x in inputs)
    )
    written = any(
        user is not None and user.primitive.name == "update" and user.inputs[0] is x
        for x in values_of(inputs)
        for user in plan.users[x]
    )
    return cheap and not written and len(users) == len(set(users)) == 2


def _is_variable(plan: Plan, x: Operand) -> bool:
    eqn = plan.producer(x)
    return isinstance(x, Value) and (eqn is None or (bool(x.name) and eqn.primitive.name != "dim"))


def _only_new_axes(eqn: Equation) -> bool:
    if eqn.primitive.name == "reshape":
        source = eqn.inputs[0].shape
        return bool(source) and source == tuple(n for n in eqn.params["shape"] if n != 1)
    if eqn.primitive.name != "index":
        return False
    items = [item for item in eqn.params["spec"] if not isinstance(item, NewAxis)]
    return all(map(is_full, items, eqn.inputs[0].shape))


# Boolean masks: `nonzero` followed by gathers with all of its outputs is written `x[mask]`.


def mask_of(plan: Plan, eqn: Equation, first: int) -> Equation | None:
    """The `nonzero` whose outputs are exactly the gathers of this index/update, items `first`,
    `first + 1`, ... of its spec; None where the gathers are anything else."""
    spec = eqn.params["spec"]
    indices = eqn.inputs[1 if eqn.primitive.name == "index" else 2 :]
    found = plan.producer(indices[spec[first].operand])
    if found is None or found.primitive.name != "nonzero":
        return None
    count = len(found.outputs)
    advanced = [k for k, item in enumerate(spec) if not _is_kept(item)]
    if advanced != list(range(first, first + count)):
        return None
    items = spec[first : first + count]
    if not all(
        isinstance(item, Gather) and indices[item.operand] is out
        for item, out in zip(items, found.outputs, strict=True)
    ):
        return None
    axis = sum(1 for item in spec[:first] if not isinstance(item, NewAxis))
    fits = found.inputs[0].shape == eqn.inputs[0].shape[axis : axis + count]
    return found if fits else None


def _is_kept(item: object) -> bool:
    return type(item).__name__ in ("Slice", "NewAxis")


def _distinct_users(plan: Plan, eqn: Equation) -> set[Equation | None]:
    return {user for out in eqn.outputs for user in plan.users.get(out, [])}


def _mask_place(plan: Plan, eqn: Equation, place: dict[Equation | None, int]) -> int:
    """Where the mask is read: at its one index or update, else at the `nonzero` itself."""
    users = _distinct_users(plan, eqn)
    only = next(iter(users)) if len(users) == 1 else None
    if any(out in plan.pinned for out in eqn.outputs):
        return plan.index[eqn]
    if only is None or only.primitive.name not in ("index", "update"):
        return plan.index[eqn]
    gathers = [k for k, item in enumerate(only.params["spec"]) if isinstance(item, Gather)]
    direct = gathers and mask_of(plan, only, gathers[0]) is eqn
    if not direct or eqn.params["symbol"] in plan.counted:
        return plan.index[eqn]
    return place[only]


def _symbols_mentioned(plan: Plan) -> set[Symbol]:
    return {
        symbol
        for eqn in plan.equations
        if eqn.primitive.name != "nonzero"
        for size in param_sizes(eqn.params)
        for symbol in symbols_of(size)
    }
