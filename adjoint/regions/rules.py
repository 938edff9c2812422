"""The table of reverse rules for primitives with regions."""

from __future__ import annotations

from collections.abc import Mapping

from adjit.adjoint.regions import branches, loops
from adjit.adjoint.sweeping import RegionRule
from adjit.ir import Primitive
from adjit.ir.primitives import regions as rg

REGIONS: Mapping[Primitive, RegionRule] = {
    rg.loop: loops.loop,
    rg.while_: loops.while_loop,
    rg.branch: branches.branch,
    rg.checkpoint: branches.checkpoint,
}
