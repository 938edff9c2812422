"""Which equations become statements, and which stand inside the statement that they feed.

An unnamed value that is used once is written where it is used; a named one is a statement of its
own. Cheap unnamed values (`y - t`, `x[:, None]`, `np.arange(n)`) may be written more than once.
Moving an expression later must not move it past a write to the memory that it reads, nor into a
loop or a branch: values that cross into another block are variables.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from adjit.codegen.numpy_form.logic import parts
from adjit.codegen.numpy_form.masks import distinct_users, mask_place
from adjit.codegen.numpy_form.nested import Opened
from adjit.codegen.numpy_form.relations import Plan, read_plan
from adjit.ir.dims import Symbol, symbols_of
from adjit.ir.graph import Equation, param_sizes, values_of
from adjit.ir.indexing import NewAxis, is_full
from adjit.ir.values import Literal, Operand, Value

END = 1 << 60
STATEMENTS = frozenset(
    {"update", "sort", "nonzero", "branch", "loop", "while", "checkpoint", "require"}
)
_VARIABLES = STATEMENTS | {"bind", "reserve"}
_DEEPEST = 16  # expressions within expressions; longer than a line long before that
_REPEATABLE = frozenset({"add", "sub", "neg", "lt", "le", "gt", "ge", "eq", "ne", "logical_not"})


def make_plan(opened: Opened, forced: Collection[Value]) -> Plan:
    """Decide; the values in `forced` get statements of their own."""
    plan = read_plan(opened)
    _decide(plan, forced)
    return plan


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
        users = plan.users.get(eqn.outputs[0], []) if eqn.outputs else []
        here = plan.index[eqn]
        place[eqn], depth[eqn] = here, 0
        if eqn.primitive.name == "nonzero":
            place[eqn] = mask_place(plan, eqn, place)
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
        read = {plan.roots.of(x) for x in _operands(plan, eqn)}
        if not any(here < at < last and root in read for at, root in writes):
            plan.inlined.add(eqn.output)
            place[eqn], depth[eqn] = last, nested


def _operands(plan: Plan, eqn: Equation) -> Iterator[Value]:
    yield from values_of(eqn.inputs)
    if eqn in plan.logicals:
        for part in parts(plan.logicals[eqn]):
            yield from values_of(part.inputs)


def _may_inline(plan: Plan, eqn: Equation, users: list[Equation | None]) -> bool:
    value = eqn.output
    if eqn in plan.logicals:
        return len(users) == 1 and None not in users and not value.name.isidentifier()
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
    read_once = len(distinct_users(plan, user)) == 1
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


def _symbols_mentioned(plan: Plan) -> set[Symbol]:
    return {
        symbol
        for whole in plan.equations
        for eqn in (whole, *(parts(plan.logicals[whole]) if whole in plan.logicals else ()))
        if eqn.primitive.name != "nonzero"
        for size in param_sizes(eqn.params)
        for symbol in symbols_of(size)
    }
