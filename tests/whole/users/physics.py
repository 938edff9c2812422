"""Energies, right-hand sides, orbits."""

import numpy as np
from whole.users.case import user


def lattice(rng, n):
    grid = np.stack(np.meshgrid(np.arange(n), np.arange(2.0), [0.0]), -1).reshape(-1, 3)
    return 1.1 * grid + 0.05 * rng.normal(size=grid.shape)


@user(lambda rng, n: (lattice(rng, n),), compiled=True, single=False)
def lennard_jones(positions, epsilon=1.0, sigma=1.0):
    n = len(positions)
    displacement = positions[:, None, :] - positions[None, :, :]
    r2 = np.sum(displacement**2, axis=-1)
    r2 = r2 + np.eye(n)
    inv6 = (sigma**2 / r2) ** 3
    energy = 4 * epsilon * (inv6**2 - inv6)
    return 0.5 * np.sum(energy * (1 - np.eye(n)))


# np.triu_indices(n) is made while tracing, for this n.
@user(lambda rng, n: (lattice(rng, n),), single=False, sizes=(6, 6))
def lennard_jones_pairs(positions):
    i, j = np.triu_indices(len(positions), k=1)
    r = np.linalg.norm(positions[i] - positions[j], axis=1)
    s6 = r**-6
    within = r < 2.5
    return np.sum(np.where(within, 4 * (s6**2 - s6), 0.0))


@user(
    lambda rng, n: (rng.normal(size=(n, 2)), rng.integers(0, n, (10, 2)), rng.uniform(0.5, 1, 10))
)
def spring_network(x, edges, rest, k=2.0, g=9.81):
    start, end = edges.T
    length = np.sqrt(((x[start] - x[end]) ** 2).sum(1) + 1e-8)
    elastic = 0.5 * k * (length - rest) ** 2
    return elastic.sum() + g * x[:, 1].sum()


@user(lambda rng, n: (rng.normal(size=(n, n + 1)), 0.1), argnums=(0, 1), compiled=True)
def dirichlet_energy(u, h):
    """Finite differences in place: ghost cells first."""
    padded = np.zeros((u.shape[0] + 2, u.shape[1] + 2))
    padded[1:-1, 1:-1] = u
    padded[0, 1:-1] = u[0]
    padded[-1, 1:-1] = u[-1]
    padded[1:-1, 0] = 0.5 * u[:, 0]
    ux = (padded[1:, :] - padded[:-1, :]) / h
    uy = (padded[:, 1:] - padded[:, :-1]) / h
    return 0.5 * h**2 * (np.sum(ux**2) + np.sum(uy**2))


@user(lambda rng, n: (rng.normal(size=n), 0.3), argnums=(0, 1))
def heat_steps(u0, kappa):
    u = u0.copy()
    for _ in range(3):
        u[1:-1] += kappa * (u[2:] - 2 * u[1:-1] + u[:-2])
        u[0] = u[-1] = 0.0
    return 0.5 * np.sum(u**2)


STOICHIOMETRY = np.array([[-1, 1, 0], [-2, 0, 1], [0, -1, 1], [1, 0, -2]])


@user(lambda rng, n: (rng.normal(size=4), rng.uniform(0.5, 1.5, (n, 3)), rng.normal(size=(n, 3))))
def chemical_kinetics(log_k, c, dcdt):
    consumed = np.maximum(-STOICHIOMETRY, 0)
    rates = np.exp(log_k) * np.prod(c[:, None, :] ** consumed, axis=-1)
    return np.mean((rates @ STOICHIOMETRY - dcdt) ** 2)


@user(lambda rng, n: (np.array([0.4, 0.1]), np.array([0.9, 0.1, 0.0])))
def sir_euler(theta, y0):
    beta, gamma = theta
    S, I, R = y0
    dt = 0.5
    infected = []
    for step in range(3):
        new = beta * S * I
        recovered = gamma * I
        S, I, R = S - dt * new, I + dt * (new - recovered), R + dt * recovered
        infected.append(I)
    return np.sum((np.array(infected) - [0.1, 0.15, 0.2]) ** 2) + 0.1 * R


@user(
    lambda rng, n: (rng.normal(size=(n, 3)), rng.normal(size=(n, 3)), rng.uniform(1, 2, n)),
    argnums=(0, 1, 2),
)
def rigid_body(x, v, m):
    com = np.average(x, axis=0, weights=m)
    r = x - com
    L = np.sum(m[:, None] * np.cross(r, v), axis=0)
    inertia = np.einsum("n,ni,ni->", m, r, r) * np.eye(3) - np.einsum("n,ni,nj->ij", m, r, r)
    omega = np.array([0.1, 0.2, 0.3])
    kinetic = 0.5 * omega @ inertia @ omega
    return kinetic + np.dot(L, omega)


@user(lambda rng, n: (rng.normal(size=(n, 3)), rng.uniform(1, 2, n)), single=False, sizes=(6, 6))
def gravity(x, m, soft=0.05):
    i, j = np.tril_indices(len(m), -1)
    d = x[i] - x[j]
    return -(m[i] * m[j] / np.sqrt((d**2).sum(-1) + soft**2)).sum()


@user(lambda rng, n: (rng.uniform(-1, 1, (n, n)),))
def xy_model(theta):
    right = np.roll(theta, -1, axis=1)
    down = np.roll(theta, -1, axis=0)
    return -np.sum(np.cos(theta - right) + np.cos(theta - down)) / theta.size


@user(lambda rng, n: (np.array([0.2, 0.1]), 0.05 * rng.normal(size=n)))
def pendulum_leapfrog(state, torque):
    q, p = state
    h = 0.1
    for k in range(4):
        p = p - 0.5 * h * (np.sin(q) - torque[k])
        q = q + h * p
        p = p - 0.5 * h * np.sin(q)
    return 0.5 * p**2 + 1 - np.cos(q)


@user(lambda rng, n: (np.array([1.0, 0.5, 0.2]), np.linspace(0.1, 3, n), rng.random(n)))
def breit_wigner(p, energy, counts):
    mass, width, background = p
    model = width**2 / 4 / ((energy - mass) ** 2 + width**2 / 4) + background
    return np.sum(model - counts * np.log(model))


@user(lambda rng, n: (rng.normal(size=(n, n)), rng.normal(size=n)), argnums=(0, 1))
def rayleigh_quotient(A, v):
    H = 0.5 * (A + A.T)
    for _ in range(2):
        v = H @ v
        v /= np.sqrt(v @ v)
    return v @ H @ v / (v @ v)


@user(lambda rng, n: (rng.uniform(0.5, 1.5, n), np.linspace(0, 1, n + 1)))
def beam_compliance(height, x):
    h = np.diff(x)
    moment = 1 - 0.5 * (x[1:] + x[:-1])
    rotation = np.concatenate([[0.0], np.cumsum(moment / height**3 * h)])
    deflection = np.trapezoid(rotation, x=x)
    volume = np.sum(height * h)
    return deflection + 0.5 * (volume - 1) ** 2
