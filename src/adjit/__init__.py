"""adjit: `@grad` on a plain NumPy function gives a compiled gradient that a person can read."""

__version__ = "0.1.0"
