"""The rules of a first course on backpropagation: derived, printed as code, checked numerically.

Each rule is derived on paper, then adjit derives it from the plain function; the printed code shows
the same rule, and the numbers are compared with the formula and with finite differences.

    python examples/backprop_rules.py
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from textwrap import dedent

import numpy as np

from adjit import check_grads, grad

RNG = np.random.default_rng(0)


def linear(W, x, b, t):
    z = W @ x + b
    return 0.5 * np.sum((z - t) ** 2)


def linear_by_hand(W, x, b, t):
    dz = W @ x + b - t
    return np.outer(dz, x), W.T @ dz, dz


def activation(x, t):
    y = np.tanh(x)
    return 0.5 * np.sum((y - t) ** 2)


def activation_by_hand(x, t):
    y = np.tanh(x)
    dy = y - t
    return ((1 - y**2) * dy,)


def relu(x, t):
    y = np.maximum(0, x)
    return 0.5 * np.sum((y - t) ** 2)


def relu_by_hand(x, t):
    dy = np.maximum(0, x) - t
    return (1.0 * (x > 0) * dy,)


def network(W1, b1, W2, b2, x, t):
    z1 = W1 @ x + b1
    y1 = np.tanh(z1)
    z2 = W2 @ y1 + b2
    y2 = np.tanh(z2)
    return 0.5 * np.sum((y2 - t) ** 2)


def network_by_hand(W1, b1, W2, b2, x, t):
    y1 = np.tanh(W1 @ x + b1)
    y2 = np.tanh(W2 @ y1 + b2)
    dz2 = (y2 - t) * (1 - y2**2)
    dz1 = (W2.T @ dz2) * (1 - y1**2)
    return np.outer(dz1, x), dz1, np.outer(dz2, y1), dz2


@dataclass(frozen=True)
class Rule:
    """A rule of the course: its derivation, the function, the same gradient by hand."""

    title: str
    derivation: str
    function: Callable
    by_hand: Callable
    argnums: tuple[int, ...]
    arguments: tuple[np.ndarray, ...]


def normal(*shape: int) -> np.ndarray:
    return RNG.standard_normal(shape)


RULES = (
    Rule(
        "Linear layer: dJ/db = dz, dJ/dW = dz xᵀ, dJ/dx = Wᵀ dz",
        """
        Let z = W x + b, that is z_i = Σ_j W_ij x_j + b_i, and let dz_i = ∂J/∂z_i be known.
          ∂J/∂b_i  = dz_i ∂z_i/∂b_i             = dz_i           so  db = dz
          ∂J/∂W_ij = dz_i ∂z_i/∂W_ij            = dz_i x_j       so  dW = dz xᵀ
          ∂J/∂x_j  = Σ_i dz_i ∂z_i/∂x_j         = Σ_i W_ij dz_i  so  dx = Wᵀ dz
        Here J = ½ Σ (z_i - t_i)², so dz = z - t.""",
        linear,
        linear_by_hand,
        (0, 1, 2),
        (normal(2, 3), normal(3), normal(2), normal(2)),
    ),
    Rule(
        "Activation: dJ/dx = g'(x) ⊙ dy",
        """
        Let y = g(x) elementwise: y_i depends on x_i alone, so ∂J/∂x_i = dy_i g'(x_i).
        For g = tanh the slope is found from the result: g'(x) = 1 - tanh(x)² = 1 - y².
        Here J = ½ Σ (y_i - t_i)², so dy = y - t.""",
        activation,
        activation_by_hand,
        (0,),
        (normal(4), normal(4)),
    ),
    Rule(
        "ReLU: dJ/dx = 1·(x > 0) ⊙ dy",
        """
        Let y = max(0, x): its slope is 1 where x > 0 and 0 where x < 0.
        At the kink any number from 0 to 1 is a subgradient; adjit takes 0, as the course does.""",
        relu,
        relu_by_hand,
        (0,),
        (np.array([-1.5, -0.5, 0.5, 2.0]), normal(4)),
    ),
    Rule(
        "Two layers: the rules, one after the other, from the last line to the first",
        """
        z1 = W1 x + b1;  y1 = g(z1);  z2 = W2 y1 + b2;  y2 = g(z2);  J = ½ Σ (y2 - t)²
          dy2 = y2 - t
          dz2 = g'(z2) ⊙ dy2          activation
          db2 = dz2                   linear layer
          dW2 = dz2 y1ᵀ
          dy1 = W2ᵀ dz2
          dz1 = g'(z1) ⊙ dy1          activation
          db1 = dz1                   linear layer
          dW1 = dz1 xᵀ""",
        network,
        network_by_hand,
        (0, 1, 2, 3),
        (normal(3, 4), normal(3), normal(2, 3), normal(2), normal(4), normal(2)),
    ),
)


def show(rule: Rule, *, explain: bool) -> None:
    """Print derivation and generated code; raise unless three ways to the gradient agree."""
    print(f"\n{rule.title}\n{'=' * len(rule.title)}{dedent(rule.derivation)}\n")
    gradient = grad(rule.function, argnums=rule.argnums)
    found = gradient(*rule.arguments)
    print(gradient.source())
    if explain:
        gradient.explain().print()

    expected = rule.by_hand(*rule.arguments)
    for ours, formula in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours, formula, rtol=1e-12, atol=1e-14)
    check_grads(rule.function, rule.arguments, argnums=rule.argnums)
    print("agrees with the formula and with finite differences")


def show_kink() -> None:
    """At x = 0 exactly, where finite differences have nothing to say."""
    slope = grad(relu)(np.zeros(1), -np.ones(1))
    print(f"\nslope of max(0, x) at 0: {slope[0]:.0f}")
    np.testing.assert_array_equal(slope, 0.0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="without the tables of formulas")
    options = parser.parse_args()
    for rule in RULES:
        show(rule, explain=not options.quick)
    show_kink()


if __name__ == "__main__":
    main()
