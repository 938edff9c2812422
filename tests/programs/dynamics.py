"""Bodies that move, pull, bounce and touch."""

import numpy as np
from programs.case import Program


def nbody(x, v, m):
    """Pairs by element loops, Newton's third law, symplectic steps."""
    n = len(m)
    dt = 0.02
    for _ in range(4):
        a = np.zeros((n, 3))
        for i in range(n):
            for j in range(i + 1, n):
                d = x[j] - x[i]
                r2 = d[0] * d[0] + d[1] * d[1] + d[2] * d[2] + 0.01
                inv = 1.0 / (r2 * np.sqrt(r2))
                for k in range(3):
                    a[i, k] += m[j] * d[k] * inv
                    a[j, k] -= m[i] * d[k] * inv
        for i in range(n):
            for k in range(3):
                v[i, k] += dt * a[i, k]
                x[i, k] += dt * v[i, k]
    energy = 0.0
    for i in range(n):
        energy += 0.5 * m[i] * np.sum(v[i] ** 2)
        for j in range(i):
            energy -= m[i] * m[j] / np.sqrt(np.sum((x[i] - x[j]) ** 2) + 0.01)
    return energy + x[0, 0]


class Body:
    def __init__(self, position, velocity, mass):
        self.position = position
        self.velocity = velocity
        self.mass = mass

    def kick(self, force, dt):
        self.velocity = self.velocity + dt * force / self.mass

    def drift(self, dt):
        self.position = self.position + dt * self.velocity


def nbody_objects(x, v, m):
    """The same physics with a list of small objects."""
    bodies = [Body(x[i], v[i], m[i]) for i in range(3)]
    for _ in range(5):
        for body in bodies:
            force = np.zeros(2)
            for other in bodies:
                if other is not body:
                    d = other.position - body.position
                    force = force + other.mass * body.mass * d / (d @ d + 0.1) ** 1.5
            body.kick(force, 0.05)
        for body in bodies:
            body.drift(0.05)
    return sum(0.5 * b.mass * (b.velocity @ b.velocity) for b in bodies) + bodies[0].position[1]


def bouncing_ball(height, speed, restitution):
    """Contact with the ground: the step in which it happens is split."""
    y, v, t = height, speed, 0.0
    dt = 0.05
    for _ in range(60):
        new = y + dt * v - 0.5 * 9.81 * dt * dt
        if new < 0.0:
            hit = (v + np.sqrt(v * v + 2 * 9.81 * y)) / 9.81
            v = -restitution * (v - 9.81 * hit)
            rest = dt - hit
            y = v * rest - 0.5 * 9.81 * rest * rest
            v -= 9.81 * rest
        else:
            y = new
            v -= 9.81 * dt
        t += dt
    return y + 0.1 * v


def spring_contact(x0, v0, stiffness, friction):
    """A block against a one-sided spring, with dry friction."""
    x, v = x0, v0
    dt = 0.01
    work = 0.0
    for _ in range(80):
        force = -0.3 * x
        if x < 0.0:
            force -= stiffness * x
            if v < 0:
                force -= 0.5 * v
        force -= friction * np.tanh(v / 0.1)
        v += dt * force
        x += dt * v
        work += dt * force * v
    return x + v + work


def mass_spring_chain(x, k, rest):
    n = len(x)
    v = np.zeros(n)
    f = np.empty(n)
    for _ in range(10):
        f.fill(0.0)
        for i in range(n - 1):
            stretch = x[i + 1] - x[i] - rest
            f[i] += k[i] * stretch
            f[i + 1] -= k[i] * stretch
        f[0] = 0.0
        v += 0.05 * f
        v *= 0.99
        x += 0.05 * v
    return np.sum(x * x) + v[-1]


def cloth(p, stiffness):
    """Positions corrected until constraints nearly hold (position-based dynamics)."""
    n = p.shape[0]
    for _ in range(5):
        for i in range(n - 1):
            dx = p[i + 1, 0] - p[i, 0]
            dy = p[i + 1, 1] - p[i, 1]
            length = np.sqrt(dx * dx + dy * dy)
            correction = 0.5 * stiffness * (length - 1.0) / length
            if i > 0:
                p[i, 0] += correction * dx
                p[i, 1] += correction * dy
            p[i + 1, 0] -= correction * dx
            p[i + 1, 1] -= correction * dy
    return np.sum(p**2)


def double_pendulum(theta, omega, lengths):
    t1, t2 = theta[0], theta[1]
    w1, w2 = omega
    l1, l2 = lengths[0], lengths[1]
    g, h = 9.81, 0.01
    for _ in range(20):
        d = t1 - t2
        den = 3.0 - np.cos(2 * d)
        a1 = (
            -3 * g * np.sin(t1)
            - g * np.sin(t1 - 2 * t2)
            - 2 * np.sin(d) * (w2**2 * l2 + w1**2 * l1 * np.cos(d))
        ) / (l1 * den)
        a2 = (2 * np.sin(d) * (2 * w1**2 * l1 + 2 * g * np.cos(t1) + w2**2 * l2 * np.cos(d))) / (
            l2 * den
        )
        w1 += h * a1
        w2 += h * a2
        t1 += h * w1
        t2 += h * w2
    return l1 * np.cos(t1) + l2 * np.cos(t2) + w1 * w2


def billiards(x, v, radius):
    """Discs that collide elastically and reflect from walls."""
    n = x.shape[0]
    for _ in range(25):
        x += 0.05 * v
        for i in range(n):
            for j in range(i + 1, n):
                d = x[i] - x[j]
                dist2 = d @ d
                if dist2 < 4 * radius**2:
                    u = v[i] - v[j]
                    approach = u @ d
                    if approach < 0:
                        impulse = approach / dist2
                        v[i] -= impulse * d
                        v[j] += impulse * d
            for k in range(2):
                if x[i, k] < -2.0 and v[i, k] < 0:
                    v[i, k] = -v[i, k]
                elif x[i, k] > 2.0 and v[i, k] > 0:
                    v[i, k] *= -0.9
    return np.sum(x * x) + np.sum(v[:, 0])


def kuramoto(theta, omega, coupling):
    n = len(theta)
    theta = theta.copy()
    for _ in range(6):
        dtheta = omega.copy()
        for i in range(n):
            for j in range(n):
                dtheta[i] += coupling / n * np.sin(theta[j] - theta[i])
        theta += 0.1 * dtheta
    c = s = 0.0
    for angle in theta:
        c += np.cos(angle)
        s += np.sin(angle)
    return np.sqrt(c * c + s * s) / n


def langevin(x, noise, temperature, gamma):
    """Given noise; a double well."""
    history = np.zeros((noise.shape[0], len(x)))
    for t in range(noise.shape[0]):
        force = -4 * x * (x**2 - 1)
        x = x + 0.05 * force / gamma + np.sqrt(2 * temperature * 0.05 / gamma) * noise[t]
        history[t, :] = x
    late = history[noise.shape[0] // 2 :]
    return np.mean(late**2) + np.var(late[:, 0])


def lennard_jones_cutoff(x, epsilon, cutoff):
    """Forces by pairs within the cut-off, in a periodic box."""
    n = len(x)
    box = 4.0
    energy = 0.0
    force = np.zeros((n, 2))
    for i in range(n - 1):
        for j in range(i + 1, n):
            d = x[i] - x[j]
            for k in range(2):
                if d[k] > 0.5 * box:
                    d[k] -= box
                elif d[k] < -0.5 * box:
                    d[k] += box
            r2 = d @ d
            if r2 > cutoff * cutoff:
                continue
            s6 = 1.0 / r2**3
            energy += 4 * epsilon * (s6 * s6 - s6)
            pull = 24 * epsilon * (2 * s6 * s6 - s6) / r2
            force[i] += pull * d
            force[j] -= pull * d
    return energy + 0.01 * np.sum(force**2)


def particle_on_grid(x, field, grid):
    """Each particle walks along a table until it has found its cell."""
    total = 0.0
    for i in range(len(x)):
        k = 0
        while k < len(grid) - 2 and grid[k + 1] < x[i]:
            k += 1
        w = (x[i] - grid[k]) / (grid[k + 1] - grid[k])
        total += ((1 - w) * field[k] + w * field[k + 1]) ** 2
    return total


def lattice(rng):
    grid = np.array([[i, j] for i in range(3) for j in range(3)]) * 1.25 + 0.1
    return grid + 0.1 * rng.standard_normal(grid.shape)


PROGRAMS = (
    Program(
        nbody,
        lambda r: (r.normal(size=(4, 3)), r.normal(size=(4, 3)), r.uniform(0.5, 1.5, 4)),
        (0, 1, 2),
        second_order=True,
    ),
    Program(
        nbody_objects,
        lambda r: (r.normal(size=(3, 2)), r.normal(size=(3, 2)), r.uniform(0.5, 1.5, 3)),
        (0, 1, 2),
    ),
    Program(bouncing_ball, lambda r: (1.23, 0.4, 0.8), (0, 1, 2), second_order=True),
    Program(spring_contact, lambda r: (0.21, -1.1, 60.0, 0.3), (0, 1, 2, 3)),
    Program(
        mass_spring_chain,
        lambda r: (np.arange(6.0) + 0.1 * r.normal(size=6), r.uniform(1, 3, 5), 0.9),
        (0, 1, 2),
    ),
    Program(cloth, lambda r: (r.normal(size=(5, 2)) + np.arange(5.0)[:, None], 0.9), (0, 1)),
    Program(
        double_pendulum,
        lambda r: (np.array([1.2, -0.7]), np.array([0.3, 0.5]), np.array([1.0, 0.8])),
        (0, 1, 2),
        second_order=True,
    ),
    Program(
        billiards,
        lambda r: (
            np.array([[-1.3, 0.2], [0.4, 0.1], [1.2, -1.2]]),
            np.array([[1.5, 0.1], [-1.0, 0.2], [0.9, 1.4]]),
            0.35,
        ),
        (0, 1),
    ),
    Program(kuramoto, lambda r: (r.normal(size=5), r.normal(size=5), 1.4), (0, 1, 2)),
    Program(langevin, lambda r: (r.normal(size=3), r.normal(size=(9, 3)), 0.3, 1.5), (0, 2, 3)),
    Program(lennard_jones_cutoff, lambda r: (lattice(r), 0.9, 1.6), (0, 1), second_order=True),
    Program(
        particle_on_grid,
        lambda r: (np.array([0.33, 2.71, 1.12, 3.6]), r.normal(size=6), np.linspace(0.0, 4.0, 6)),
        (0, 1, 2),
    ),
)
