"""All programs, by name."""

from whole.users import fitting, geometry, images, networks, physics, signals, styles
from whole.users.case import CASES

MODULES = (fitting, geometry, images, networks, physics, signals, styles)

__all__ = ["CASES", "MODULES"]
