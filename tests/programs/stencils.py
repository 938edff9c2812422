"""Stencils in one, two and three dimensions, by element loops and by slices."""

import numpy as np
from programs.case import Program


def heat_1d(u0, alpha, steps):
    u = u0.copy()
    new = np.zeros(len(u))
    for _ in range(steps):
        new[0] = u[0]
        new[-1] = u[-1]
        for i in range(1, len(u) - 1):
            new[i] = u[i] + alpha * (u[i - 1] - 2.0 * u[i] + u[i + 1])
        u, new = new, u
    return np.sum(u**2)


def wave_1d(u0, c):
    """Leapfrog with three buffers that change places."""
    n = u0.shape[0]
    old = u0.copy()
    now = u0.copy()
    new = np.empty(n)
    for _ in range(7):
        for i in range(1, n - 1):
            new[i] = 2.0 * now[i] - old[i] + c[i] ** 2 * (now[i + 1] - 2.0 * now[i] + now[i - 1])
        new[0] = new[1]
        new[n - 1] = 0.0
        old, now, new = now, new, old
    energy = 0.0
    for i in range(n):
        energy += (now[i] - old[i]) ** 2 + 0.5 * now[i] ** 2
    return energy


def jacobi_2d(u, f, h):
    n, m = u.shape
    v = u.copy()
    w = u.copy()
    for _ in range(4):
        for i in range(1, n - 1):
            for j in range(1, m - 1):
                w[i, j] = 0.25 * (
                    v[i - 1, j] + v[i + 1, j] + v[i, j - 1] + v[i, j + 1] - h * h * f[i, j]
                )
        v, w = w, v
    total = 0.0
    for i in range(n):
        for j in range(m):
            total += v[i, j] * v[i, j] * (1 + i + 2 * j)
    return total


def sor_sweeps(u, f, omega):
    """Symmetric successive over-relaxation, writing to its own argument."""
    n, m = u.shape
    for _ in range(3):
        for i in range(1, n - 1):
            for j in range(1, m - 1):
                gs = 0.25 * (u[i - 1, j] + u[i + 1, j] + u[i, j - 1] + u[i, j + 1] - f[i, j])
                u[i, j] = (1 - omega) * u[i, j] + omega * gs
        for i in range(n - 2, 0, -1):
            for j in range(m - 2, 0, -1):
                gs = 0.25 * (u[i - 1, j] + u[i + 1, j] + u[i, j - 1] + u[i, j + 1] - f[i, j])
                u[i, j] += omega * (gs - u[i, j])
    return float(np.sum(u * u))


def red_black(u, f):
    n = u.shape[0]
    for sweep in range(2):
        for colour in range(2):
            for i in range(1, n - 1):
                for j in range(1 + (i + colour) % 2, n - 1, 2):
                    u[i, j] = 0.25 * (
                        u[i - 1, j] + u[i + 1, j] + u[i, j - 1] + u[i, j + 1] - f[i, j]
                    )
    return np.sum(np.sin(u))


def seidel_nine_points(A):
    n = len(A)
    for _ in range(2):
        for i in range(1, n - 1):
            for j in range(1, n - 1):
                s = 0.0
                for di in range(-1, 2):
                    for dj in range(-1, 2):
                        s += A[i + di, j + dj]
                A[i, j] = s / 9.0
    return (A * A).sum()


def diffusion_3d(u, kappa):
    nx, ny, nz = u.shape
    u = u.copy()
    for _ in range(3):
        lap = np.zeros((nx, ny, nz))
        for i in range(1, nx - 1):
            for j in range(1, ny - 1):
                for k in range(1, nz - 1):
                    lap[i, j, k] = (
                        u[i + 1, j, k] + u[i - 1, j, k]
                        + u[i, j + 1, k] + u[i, j - 1, k]
                        + u[i, j, k + 1] + u[i, j, k - 1]
                        - 6.0 * u[i, j, k]
                    )  # fmt: skip
        u += kappa * lap
        u[0] = u[1]
        u[-1] = u[-2]
        u[:, 0] = u[:, 1]
        u[:, :, -1] = 0.5 * u[:, :, -2]
    return np.mean(u**2)


def diffusion_3d_slices(u, kappa):
    u = u.copy()
    for step in range(5):
        u[1:-1, 1:-1, 1:-1] += kappa * (
            u[2:, 1:-1, 1:-1] + u[:-2, 1:-1, 1:-1]
            + u[1:-1, 2:, 1:-1] + u[1:-1, :-2, 1:-1]
            + u[1:-1, 1:-1, 2:] + u[1:-1, 1:-1, :-2]
            - 6.0 * u[1:-1, 1:-1, 1:-1]
        )  # fmt: skip
        u[0, :, :] = u[1, :, :]
        u[:, -1, :] = -u[:, -2, :]
        u[:, :, 0] = 0.1 * step
    return np.sum(u * u)


def advection_diffusion(c, velocity, kappa, inflow):
    """Upwind differences whose side depends on the sign of the velocity."""
    n = c.shape[0]
    dx, dt = 0.5, 0.1
    c = c.copy()
    for step in range(6):
        old = c.copy()
        for i in range(1, n - 1):
            if velocity[i] > 0:
                slope = (old[i] - old[i - 1]) / dx
            else:
                slope = (old[i + 1] - old[i]) / dx
            c[i] = old[i] - dt * velocity[i] * slope
            c[i] += dt * kappa * (old[i + 1] - 2 * old[i] + old[i - 1]) / dx**2
        c[0] = inflow * np.exp(-0.2 * step)
        c[-1] = c[-2]
    return np.dot(c, c)


def minmod(a, b):
    if a * b <= 0.0:
        return 0.0
    if abs(a) < abs(b):
        return a
    return b


def burgers_limited(u0, dt):
    """Finite volumes with a slope limiter; the flux is written by a helper."""

    def fluxes(u, out):
        n = len(u)
        for i in range(1, n - 2):
            left = u[i] + 0.5 * minmod(u[i] - u[i - 1], u[i + 1] - u[i])
            right = u[i + 1] - 0.5 * minmod(u[i + 1] - u[i], u[i + 2] - u[i + 1])
            speed = 0.5 * (left + right)
            upwind = left if speed > 0 else right
            out[i] = 0.5 * upwind * upwind

    u = u0.copy()
    flux = np.zeros(len(u))
    for _ in range(3):
        fluxes(u, flux)
        for i in range(2, len(u) - 2):
            u[i] -= dt * (flux[i] - flux[i - 1])
    return np.sum(u**2) + u[3]


def gray_scott(u, v, feed, kill):
    for _ in range(3):
        lu = u[:-2, 1:-1] + u[2:, 1:-1] + u[1:-1, :-2] + u[1:-1, 2:] - 4 * u[1:-1, 1:-1]
        lv = v[:-2, 1:-1] + v[2:, 1:-1] + v[1:-1, :-2] + v[1:-1, 2:] - 4 * v[1:-1, 1:-1]
        a, b = u[1:-1, 1:-1], v[1:-1, 1:-1]
        reaction = a * b * b
        a += 0.16 * lu - reaction + feed * (1 - a)
        b += 0.08 * lv + reaction - (feed + kill) * b
        for z in (u, v):
            z[0, :], z[-1, :] = z[-2, :], z[1, :]
            z[:, 0], z[:, -1] = z[:, -2], z[:, 1]
    return (u**2).sum() + np.sum(v)


def fdtd_2d(ex, ey, hz, source):
    n, m = hz.shape
    for t in range(source.shape[0]):
        for j in range(m):
            ey[0, j] = source[t]
        for i in range(1, n):
            for j in range(m):
                ey[i, j] = ey[i, j] - 0.5 * (hz[i, j] - hz[i - 1, j])
        for i in range(n):
            for j in range(1, m):
                ex[i, j] = ex[i, j] - 0.5 * (hz[i, j] - hz[i, j - 1])
        for i in range(n - 1):
            for j in range(m - 1):
                hz[i, j] -= 0.7 * (ex[i, j + 1] - ex[i, j] + ey[i + 1, j] - ey[i, j])
    return np.sum(hz * hz) + np.sum(ex * ey)


def relax_until_converged(u, tol):
    """Laplace's equation until the largest change is small."""
    sweeps = 0
    while True:
        change = 0.0
        for i in range(1, u.shape[0] - 1):
            old = u[i]
            u[i] = 0.5 * (u[i - 1] + u[i + 1])
            change = max(change, abs(u[i] - old))
        sweeps += 1
        if change < tol or sweeps >= 50:
            break
    return np.sum(u * u) + 0.01 * sweeps


def perona_malik(image, kappa):
    """Diffusion that stops at edges."""
    rows, cols = image.shape
    out = image.copy()
    for _ in range(2):
        before = out.copy()
        for i in range(rows):
            for j in range(cols):
                flow = 0.0
                for di, dj in ((-1, 0), (1, 0), (0, -1), (0, 1)):
                    a, b = i + di, j + dj
                    if a < 0 or a >= rows or b < 0 or b >= cols:
                        continue
                    d = before[a, b] - before[i, j]
                    flow += d * np.exp(-((d / kappa) ** 2))
                out[i, j] += 0.2 * flow
    return np.sum(out**3)


def ring_of_oscillators(x, k):
    """Periodic neighbours by the remainder and by negative indices."""
    n = len(x)
    x = x.copy()
    v = np.zeros_like(x)
    for _ in range(8):
        for i in range(n):
            v[i] += 0.1 * k * (x[(i + 1) % n] - 2 * x[i] + x[i - 1])
        for i in range(n):
            x[i] += 0.1 * v[i]
    return np.sum(v * v) + x[0] * x[n // 2]


def shallow_water(h, hu, g):
    """Lax-Friedrichs steps of two conserved quantities."""
    n = len(h)
    for _ in range(4):
        f1, f2 = np.zeros(n), np.zeros(n)
        for i in range(n):
            f1[i] = hu[i]
            f2[i] = hu[i] ** 2 / h[i] + 0.5 * g * h[i] ** 2
        new_h, new_hu = h.copy(), hu.copy()
        for i in range(1, n - 1):
            new_h[i] = 0.5 * (h[i - 1] + h[i + 1]) - 0.05 * (f1[i + 1] - f1[i - 1])
            new_hu[i] = 0.5 * (hu[i - 1] + hu[i + 1]) - 0.05 * (f2[i + 1] - f2[i - 1])
        new_hu[0] = -new_hu[1]
        new_hu[-1] = -new_hu[-2]
        new_h[0], new_h[-1] = new_h[1], new_h[-2]
        h, hu = new_h, new_hu
    return np.sum(h * hu) + h[n // 2] ** 2


def grids(*shape, count=2):
    return lambda rng: tuple(rng.standard_normal(shape) for _ in range(count))


PROGRAMS = (
    Program(heat_1d, lambda r: (r.normal(size=9), 0.3, 6), (0, 1), second_order=True),
    Program(
        wave_1d, lambda r: (r.normal(size=8), r.uniform(0.4, 0.9, 8)), (0, 1), second_order=True
    ),
    Program(jacobi_2d, lambda r: (*grids(6, 5)(r), 0.4), (0, 1, 2)),
    Program(sor_sweeps, lambda r: (*grids(5, 6)(r), 1.3), (0, 1, 2), second_order=True),
    Program(red_black, grids(6, 6), (0, 1)),
    Program(seidel_nine_points, grids(6, 6, count=1), (0,)),
    Program(diffusion_3d, lambda r: (*grids(4, 5, 4, count=1)(r), 0.11), (0, 1)),
    Program(diffusion_3d_slices, lambda r: (*grids(4, 5, 6, count=1)(r), 0.11), (0, 1)),
    Program(
        advection_diffusion,
        lambda r: (r.normal(size=9), np.array([1, 1, 1, 0.5, -0.4, -1, 0.7, 0.3, 1]), 0.3, 0.8),
        (0, 1, 2, 3),
        second_order=True,
    ),
    Program(burgers_limited, lambda r: (r.normal(size=11) + 0.4, 0.1), (0, 1)),
    Program(
        gray_scott,
        lambda r: (r.uniform(0.5, 1, (5, 6)), r.uniform(0, 0.5, (5, 6)), 0.04, 0.06),
        (0, 1, 2, 3),
    ),
    Program(
        fdtd_2d,
        lambda r: (
            r.normal(size=(4, 5)),
            r.normal(size=(4, 5)),
            r.normal(size=(4, 5)),
            r.normal(size=4),
        ),
        (0, 1, 2, 3),
    ),
    Program(relax_until_converged, lambda r: (r.normal(size=7), 0.02), (0,)),
    Program(perona_malik, lambda r: (r.normal(size=(5, 4)), 1.2), (0, 1), second_order=True),
    Program(ring_of_oscillators, lambda r: (r.normal(size=7), 0.8), (0, 1)),
    Program(
        shallow_water,
        lambda r: (r.uniform(1, 2, 8), r.normal(size=8), 9.81),
        (0, 1, 2),
        second_order=True,
    ),
)
