"""Rays, escapes, curves, pixels."""

import numpy as np
from programs.case import Program


def scene_distance(p, centre, radius):
    ball = np.sqrt(np.sum((p - centre) ** 2)) - radius
    floor = p[1] + 1.0
    return ball if ball < floor else floor


def ray_marching(origin, centre, radius, light):
    """Sphere tracing of an image, with normals by differences and a sky."""
    image = 0.0
    for row in range(4):
        for col in range(4):
            direction = np.array([0.35 * (col - 1.5), 0.3 * (1.5 - row), 1.0])
            direction = direction / np.sqrt(np.sum(direction**2))
            t = 0.0
            hit = False
            for _ in range(40):
                d = scene_distance(origin + t * direction, centre, radius)
                if d < 1e-2:
                    hit = True
                    break
                t += d
                if t > 8.0:
                    break
            if not hit:
                image += 0.1
                continue
            p = origin + t * direction
            d0 = scene_distance(p, centre, radius)
            normal = np.zeros(3)
            for k in range(3):
                q = p.copy()
                q[k] += 1e-2
                normal[k] = (scene_distance(q, centre, radius) - d0) / 1e-2
            shade = np.sum(normal * light)
            image += (shade if shade > 0 else 0.2 * shade) / (1.0 + 0.1 * t)
    return image


def hit_sphere(origin, direction, centre, radius):
    """The distance along the ray, or -1."""
    oc = origin - centre
    b = oc @ direction
    c = oc @ oc - radius * radius
    disc = b * b - c
    if disc < 0:
        return -1.0
    root = np.sqrt(disc)
    if -b - root > 1e-3:
        return -b - root
    if -b + root > 1e-3:
        return -b + root
    return -1.0


def ray_tracing(centres, radii, colours, light):
    """The nearest of several spheres, with shadows."""
    total = 0.0
    for row in range(3):
        for col in range(3):
            d = np.array([0.4 * (col - 1) + 0.07, 0.4 * (row - 1) - 0.03, 1.0])
            d = d / np.sqrt(d @ d)
            origin = np.zeros(3)
            nearest, which = 1e9, -1
            for k in range(len(radii)):
                t = hit_sphere(origin, d, centres[k], radii[k])
                if t > 0 and t < nearest:
                    nearest, which = t, k
            if which < 0:
                total += 0.05 * (1 + row)
                continue
            point = nearest * d
            normal = (point - centres[which]) / radii[which]
            shade = max(normal @ light, 0.1)
            for k in range(len(radii)):
                if k != which and hit_sphere(point, light, centres[k], radii[k]) > 0:
                    shade *= 0.5
                    break
            total += shade * colours[which]
    return total


def mandelbrot(cx, cy):
    """Smooth escape counts over a grid around a centre."""
    total = 0.0
    for a in range(4):
        for b in range(4):
            x0 = cx + 0.3 * a
            y0 = cy + 0.3 * b
            x = y = 0.0
            n = 0
            while x * x + y * y <= 16.0 and n < 30:
                x, y = x * x - y * y + x0, 2 * x * y + y0
                n += 1
            if n < 30:
                total += n + 1 - np.log(np.log(x * x + y * y) / 2) / np.log(2.0)
    return total / 16


def julia_with_return(c, z):
    """One point; returns from the loop where it escapes."""

    def escape(x, y, limit):
        for n in range(limit):
            r2 = x * x + y * y
            if r2 > 4.0:
                return n + 4.0 / r2
            x, y = x * x - y * y + c[0], 2 * x * y + c[1]
        return limit + 0.1 * (x - y)

    total = 0.0
    for i in range(len(z)):
        total += escape(z[i, 0], z[i, 1], 25)
    return total


def bezier(points, t):
    """De Casteljau's triangle in place."""
    length = 0.0
    before = points[0].copy()
    for step in range(1, 6):
        s = step * t
        work = points.copy()
        for level in range(len(points) - 1, 0, -1):
            for i in range(level):
                work[i] = (1 - s) * work[i] + s * work[i + 1]
        length += np.sqrt(np.sum((work[0] - before) ** 2))
        before = work[0].copy()
    return length


def soft_raster(triangle, sharpness):
    """Coverage of pixels by the signed distances to three edges."""
    rows, cols = 6, 6
    image = np.zeros((rows, cols))
    for i in range(rows):
        for j in range(cols):
            inside = 1.0
            for k in range(3):
                a, b = triangle[k], triangle[(k + 1) % 3]
                edge = (b[0] - a[0]) * (i - a[1]) - (b[1] - a[1]) * (j - a[0])
                inside *= 1.0 / (1.0 + np.exp(-sharpness * edge))
            image[i, j] = inside
    return np.sum(image**2)


def integral_image(image, gain):
    """Summed areas, then means of boxes that are cut at the border."""
    n, m = image.shape
    S = np.zeros((n + 1, m + 1))
    for i in range(n):
        for j in range(m):
            S[i + 1, j + 1] = image[i, j] + S[i, j + 1] + S[i + 1, j] - S[i, j]
    total = 0.0
    for i in range(n):
        for j in range(m):
            top, bottom = max(0, i - 1), min(n, i + 2)
            left, right = max(0, j - 1), min(m, j + 2)
            area = (bottom - top) * (right - left)
            mean = (S[bottom, right] - S[top, right] - S[bottom, left] + S[top, left]) / area
            total += np.tanh(gain * (image[i, j] - mean)) ** 2
    return total


def error_diffusion(image, level):
    """Floyd and Steinberg: each pixel's rounding error moves to its neighbours."""
    n, m = image.shape
    a = image.copy()
    loss = 0.0
    for i in range(n):
        for j in range(m):
            old = a[i, j]
            new = level if old > 0.5 else 0.0
            a[i, j] = new
            error = old - new
            loss += error * error
            if j + 1 < m:
                a[i, j + 1] += error * 7 / 16
            if i + 1 < n:
                if j > 0:
                    a[i + 1, j - 1] += error * 3 / 16
                a[i + 1, j] += error * 5 / 16
                if j + 1 < m:
                    a[i + 1, j + 1] += error / 16
    return loss


PROGRAMS = (
    Program(
        ray_marching,
        lambda r: (
            np.array([0.1, 0.2, -3.0]),
            np.array([0.2, 0.1, 0.4]),
            0.9,
            np.array([0.3, 0.8, -0.5]),
        ),
        (0, 1, 2, 3),
    ),
    Program(
        ray_tracing,
        lambda r: (
            np.array([[0.3, 0.2, 3.0], [-0.7, -0.2, 4.0], [0.1, 0.9, 2.5]]),
            np.array([0.6, 1.0, 0.5]),
            np.array([0.9, 0.5, 0.7]),
            np.array([0.48, 0.6, -0.64]),
        ),
        (0, 1, 2, 3),
    ),
    Program(mandelbrot, lambda r: (-0.81, 0.13), (0, 1), second_order=True),
    Program(
        julia_with_return, lambda r: (np.array([-0.4, 0.6]), 0.9 * r.normal(size=(6, 2))), (0, 1)
    ),
    Program(bezier, lambda r: (r.normal(size=(5, 2)), 0.18), (0, 1), second_order=True),
    Program(
        soft_raster,
        lambda r: (np.array([[0.5, 0.7], [4.4, 1.2], [2.2, 4.6]]), 0.4),
        (0, 1),
    ),
    Program(integral_image, lambda r: (r.normal(size=(5, 4)), 1.3), (0, 1), second_order=True),
    Program(error_diffusion, lambda r: (r.uniform(size=(4, 5)), 0.93), (0, 1)),
)
