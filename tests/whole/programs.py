"""Random NumPy programs as users write them: statements over named arrays, with views, in-place
updates, branches on plain values and short loops.

A program is drawn together with a run of it, so that shapes fit and numbers stay tame.
"""

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

UNARY = (
    "np.tanh({a})",
    "np.sin({a})",
    "np.exp(-np.abs({a}))",
    "{a}**2",
    "-{a}",
    "np.sqrt({a}**2 + 1.0)",
    "np.log1p({a}**2)",
    "np.maximum({a}, 0.1)",
    "np.clip({a}, -1.5, 1.5)",
    "1.0 / (2.0 + np.cos({a}))",
    "np.where({a} > 0, {a}, 0.3 * {a})",
    "np.cumsum({a}, axis=-1)",
    "{a} / (1.0 + np.abs({a}))",
    "np.arctan({a}) * 0.5",
    "np.expm1(0.3 * np.tanh({a}))",
    "np.sort({a}, axis=-1)",
    "np.abs({a}) ** 1.5",
)
BINARY = (
    "{a} + {b}",
    "{a} - 2.0 * {b}",
    "{a} * {b}",
    "{a} / (1.5 + {b}**2)",
    "np.minimum({a}, {b})",
    "np.where({a} > {b}, {a} * {b}, {b})",
    "np.hypot({a}, {b})",
    "np.logaddexp({a}, {b})",
    "np.arctan2({a}, 1.0 + {b}**2)",
)
REDUCTIONS = (
    "np.sum({a}, axis=0)",
    "np.mean({a}, axis=-1, keepdims=True)",
    "{a}.max(axis=0)",
    "np.sum({a} * {a})",
    "np.std({a})",
    "np.prod(np.tanh({a}), axis=-1)",
    "{a}.min(axis=-1, keepdims=True)",
    "np.linalg.norm({a}, axis=-1)",
    "np.log(np.sum(np.exp({a} - np.max({a})), axis=-1))",
)
VIEWS = (
    "{a}.T",
    "{a}[::-1]",
    "{a}[..., 1:]",
    "{a}[:-1]",
    "{a}.reshape(-1)",
    "{a}[..., ::2]",
    "{a}[None]",
    "np.swapaxes({a}, 0, -1)",
    "{a}.ravel()[::2]",
    "np.squeeze({a}[:1])",
    "{a}[..., :1]",
)
COPIES = (
    "{a}[[0, -1, 0]]",
    "{a}[..., [1, 1, 0]]",
    "np.concatenate([{a}, 2.0 * {a}], axis=0)",
    "np.stack([{a}, -{a}])",
    "np.roll({a}, 1, axis=-1)",
    "{a}.copy()",
    "np.take({a}, [0, 1, 1], axis=-1)",
    "np.outer({a}, {a})[:3, :4]",
    "np.repeat({a}, 2, axis=0)",
    "np.diff({a}, axis=-1)",
    "np.pad({a}, 1)",
)
UPDATES = (
    "{a}[0] = {a}[-1] * 0.5",
    "{a}[1:] += 0.3 * {a}[:-1]",
    "{a}[...] *= 0.7",
    "{a}[::2] = np.tanh({a}[::2])",
    "{a}[{a} > 0.5] = 0.25",
    "{a} += 0.1",
    "{a}[-1] -= np.sum({a}[0])",
    "{a}[[0, 0, 1]] += 1.0",
    "{a}[..., 0] = 1.0",
    "{a}[:] = {a}[::-1]",
    "np.multiply({a}, 0.5, out={a})",
    "{a}[[0, -1]] = 0.2",
)
MIXED_UPDATES = ("{a}[:] = {b}", "{a}[0] = {b}[-1]", "{a} -= 0.2 * {b}", "{a}[1:] = {b}[:-1]")
LOOPS = (
    "for k in range(3):\n    {a}[k % len({a})] = np.sin({a}[-1]) + 0.1 * k",
    "for row in {a}:\n    row *= 0.9",
    "acc = 0.0\nfor k in range(2):\n    acc = acc + np.sum({a}[k % len({a})]) * k\n{a} = {a} + acc",
)
PRODUCTS = ("{a} @ {b}", "{a} @ {b}.T", "{a}.T @ {b}", "np.einsum('ij,kj->ik', {a}, {b})")


@dataclass
class Program:
    """`source` defines `f(x, y, s)`; `arrays` are the arguments that it was drawn with."""

    source: str
    arguments: tuple

    def __repr__(self):
        return f"Program:\n{self.source}"


def _tame(value):
    value = np.asarray(value)
    return (
        value.dtype == np.float64
        and 0 < value.size <= 400
        and value.ndim <= 4
        and bool(np.all(np.isfinite(value)))
        and float(np.max(np.abs(value))) < 50.0
    )


@st.composite
def programs(draw, most=9):
    """A program of up to `most` statements."""
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    rows, columns = draw(st.integers(2, 4)), draw(st.integers(2, 5))
    order = draw(st.sampled_from(["C", "F"]))
    arguments = (
        np.array(rng.standard_normal((rows, columns)), order=order),
        rng.standard_normal(columns),
        float(rng.standard_normal()),
    )
    env = dict(
        zip("xys", (arguments[0].copy(order="K"), arguments[1].copy(), arguments[2]), strict=True),
        np=np,
    )
    lines = []
    for k in range(draw(st.integers(2, most))):
        line = _statement(draw, env, f"v{k}")
        trial = {
            name: v.copy(order="K") if isinstance(v, np.ndarray) else v for name, v in env.items()
        }
        replay = _run(lines + [line], arguments)
        if replay is None or not all(
            _tame(v) for n, v in replay.items() if n not in ("np", "k", "row", "s")
        ):
            continue
        del trial
        lines.append(line)
        env = replay
    names = sorted(n for n, v in env.items() if n not in ("np", "k", "row"))
    weights = [f"{0.3 + 0.1 * k:.1f} * np.sum(np.sin({n}))" for k, n in enumerate(names)]
    lines.append(f"return {' + '.join(weights)}")
    body = "\n".join("    " + text for line in lines for text in line.split("\n"))
    return Program(f"import numpy as np\n\n\ndef f(x, y, s):\n{body}\n", arguments)


def _run(lines, arguments):
    env = dict(
        zip("xys", (arguments[0].copy(order="K"), arguments[1].copy(), arguments[2]), strict=True),
        np=np,
    )
    try:
        with np.errstate(all="ignore"):
            exec("\n".join(lines), env)
    except (ValueError, IndexError, TypeError):
        return None
    env.pop("__builtins__", None)
    return env


def _statement(draw, env, new):
    names = sorted(n for n, v in env.items() if isinstance(v, np.ndarray))
    arrays = [n for n in names if env[n].ndim >= 1] or ["x"]
    a, b = draw(st.sampled_from(names or ["x"])), draw(st.sampled_from(names or ["x"]))
    c, d = draw(st.sampled_from(arrays)), draw(st.sampled_from(arrays))
    kind = draw(
        st.sampled_from(
            [
                "unary",
                "binary",
                "scalar",
                "reduce",
                "view",
                "view",
                "copy",
                "update",
                "update",
                "mixed",
                "loop",
                "product",
                "alias",
                "branch",
            ]
        )
    )
    table = {
        "unary": UNARY,
        "binary": BINARY,
        "reduce": REDUCTIONS,
        "view": VIEWS,
        "copy": COPIES,
        "update": UPDATES,
        "mixed": MIXED_UPDATES,
        "loop": LOOPS,
        "product": PRODUCTS,
    }
    if kind == "scalar":
        return f"{new} = s * {a} + {draw(st.sampled_from(['1.5', 's', 'np.float64(0.5)']))}"
    if kind == "alias":
        return f"{new} = {a}"
    if kind == "branch":
        return (
            f"if {c}.shape[0] > {draw(st.integers(1, 4))}:\n    {new} = {a} * 2.0\n"
            f"else:\n    {new} = {a} + s"
        )
    text = draw(st.sampled_from(table[kind]))
    if kind in ("update", "mixed", "loop"):
        return text.format(a=c, b=d)
    if kind in ("unary", "binary"):
        return f"{new} = {text.format(a=a, b=b)}"
    return f"{new} = {text.format(a=c, b=d)}"
