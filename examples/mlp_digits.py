"""Train a small network on handwritten digits with the gradient that adjit derives.

The network is a plain NumPy function. Its compiled gradient trains it to more than 97 % accuracy on
digits that it has not seen, and the code of that gradient is printed for reading. Two pictures are
saved: the loss curve, and the test digits that the network gets wrong.

    python examples/mlp_digits.py
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import matplotlib as mpl
import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.syntax import Syntax
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from adjit import value_and_grad

mpl.use("Agg")
import matplotlib.pyplot as plt

Params = list[tuple[np.ndarray, np.ndarray]]

HIDDEN = 256
BATCH = 32
EPOCHS = 40
RATE = 3e-3
DECAY = 0.3  # decoupled weight decay (AdamW), the only regularisation
REQUIRED_ACCURACY = 0.97


@value_and_grad
def loss(params, x, y):
    """Mean cross-entropy of the labels `y` under a network with one hidden layer."""
    (W1, b1), (W2, b2) = params
    z1 = x @ W1 + b1
    y1 = np.maximum(0, z1)
    z2 = y1 @ W2 + b2
    z2 = z2 - z2.max(axis=1, keepdims=True)
    logp = z2 - np.log(np.exp(z2).sum(axis=1, keepdims=True))
    return -np.mean(logp[np.arange(len(y)), y])


def predict(params: Params, x: np.ndarray) -> np.ndarray:
    (W1, b1), (W2, b2) = params
    return np.argmax(np.maximum(0, x @ W1 + b1) @ W2 + b2, axis=1)


def initial_params(rng: np.random.Generator, sizes: list[int]) -> Params:
    """He's initialisation: weights of variance 2 / inputs, biases 0."""
    return [(rng.normal(0.0, np.sqrt(2 / n), (n, m)), np.zeros(m)) for n, m in pairwise(sizes)]


@dataclass
class Adam:
    """Adam with decoupled weight decay, in place on the parameters.

    Source: D. Kingma, J. Ba, "Adam" (2015); I. Loshchilov, F. Hutter, "Decoupled weight decay
    regularization" (2019).
    """

    mean: Params
    square: Params
    steps: int = 0

    @classmethod
    def for_params(cls, params: Params) -> Adam:
        zeros = [[(np.zeros_like(W), np.zeros_like(b)) for W, b in params] for _ in range(2)]
        return cls(*zeros)

    def update(self, params: Params, gradient: Params, rate: float) -> None:
        self.steps += 1
        for layers in zip(params, gradient, self.mean, self.square, strict=True):
            for p, g, m, v in zip(*layers, strict=True):
                m += 0.1 * (g - m)
                v += 0.001 * (g**2 - v)
                step = (m / (1 - 0.9**self.steps)) / (np.sqrt(v / (1 - 0.999**self.steps)) + 1e-8)
                p -= rate * (step + DECAY * p)


def train(
    params: Params,
    train_set: tuple[np.ndarray, np.ndarray],
    test_set: tuple[np.ndarray, np.ndarray],
    *,
    epochs: int,
    rng: np.random.Generator,
    console: Console,
) -> list[float]:
    """Train `params` in place; return the mean training loss of every epoch."""
    x, y = train_set
    optimiser = Adam.for_params(params)
    losses = []
    columns = [TextColumn("training"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()]
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("training", total=epochs)
        for epoch in range(epochs):
            order = rng.permutation(len(y))
            rate = 0.5 * RATE * (1 + np.cos(np.pi * epoch / epochs))
            total = 0.0
            for start in range(0, len(y), BATCH):
                # The last batch is smaller: the same compiled function serves it.
                batch = order[start : start + BATCH]
                value, gradient = loss(params, x[batch], y[batch])
                optimiser.update(params, gradient, rate)
                total += value * len(batch)
            losses.append(float(total / len(y)))
            accuracy = np.mean(predict(params, test_set[0]) == test_set[1])
            report = f"epoch {epoch + 1:2d}   loss {losses[-1]:.4f}   test accuracy {accuracy:.2%}"
            progress.console.print(report, highlight=False)
            progress.advance(task)
    return losses


def save_pictures(
    folder: Path, losses: list[float], images: np.ndarray, labels: np.ndarray, guesses: np.ndarray
) -> list[Path]:
    """The loss curve, and every test digit whose guess is wrong."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / "digits_loss.png", folder / "digits_wrong.png"]

    figure, axes = plt.subplots(figsize=(6, 4), layout="constrained")
    axes.semilogy(np.arange(1, len(losses) + 1), losses, marker=".")
    axes.set(xlabel="epoch", ylabel="mean training loss", title="Handwritten digits")
    figure.savefig(paths[0], dpi=150)

    wrong = np.flatnonzero(labels != guesses)[:40]
    rows = max(1, -(-len(wrong) // 8))
    figure, grid = plt.subplots(rows, 8, figsize=(8, 1.35 * rows), layout="constrained")
    for axes in np.ravel(grid):
        axes.set_axis_off()
    for axes, k in zip(np.ravel(grid), wrong, strict=False):
        axes.imshow(images[k].reshape(8, 8), cmap="gray_r")
        axes.set_title(f"{labels[k]}, read {guesses[k]}", fontsize=9)
    figure.savefig(paths[1], dpi=150)
    plt.close("all")
    return paths


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, default=Path(__file__).parent / "output")
    parser.add_argument("--quick", action="store_true", help="three epochs, no required accuracy")
    options = parser.parse_args()
    epochs = 3 if options.quick else options.epochs
    console = Console()

    digits = load_digits()
    x_train, x_test, y_train, y_test = train_test_split(
        digits.data / 16, digits.target, test_size=0.2, stratify=digits.target, random_state=0
    )
    rng = np.random.default_rng(options.seed)
    params = initial_params(rng, [x_train.shape[1], HIDDEN, 10])

    console.print(f"{len(y_train)} digits to learn from, {len(y_test)} to be tested on")
    losses = train(
        params, (x_train, y_train), (x_test, y_test), epochs=epochs, rng=rng, console=console
    )

    console.print("\nThe code of the gradient:\n")
    code = Syntax("", "python", background_color="default").highlight(loss.source())
    console.print(code, soft_wrap=True)

    guesses = predict(params, x_test)
    for path in save_pictures(options.output, losses, x_test, y_test, guesses):
        console.print(f"saved {path}", soft_wrap=True, highlight=False)
    accuracy = np.mean(guesses == y_test)
    console.print(f"test accuracy {accuracy:.2%}", highlight=False)
    if not options.quick and accuracy < REQUIRED_ACCURACY:
        raise SystemExit(f"expected at least {REQUIRED_ACCURACY:.0%}")


if __name__ == "__main__":
    main()
