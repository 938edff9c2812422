"""Boolean masks: `nonzero` followed by gathers with all of its outputs is written `x[mask]`."""

from __future__ import annotations

from adjit.codegen.numpy_form.relations import Plan
from adjit.ir.graph import Equation
from adjit.ir.indexing import Gather, NewAxis


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


def distinct_users(plan: Plan, eqn: Equation) -> set[Equation | None]:
    """Those that read any of the equation's outputs."""
    return {user for out in eqn.outputs for user in plan.users.get(out, [])}


def mask_place(plan: Plan, eqn: Equation, place: dict[Equation | None, int]) -> int:
    """Where the mask is read: at its one index or update, else at the `nonzero` itself."""
    users = distinct_users(plan, eqn)
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
