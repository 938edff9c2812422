"""Rotations, cameras, poses, distances."""

import math

import numpy as np
from whole.users.case import user


def rodrigues(axis_angle, points):
    """Rotate points (n, 3), each by its own or all by one axis-angle vector."""
    theta = np.sqrt(np.sum(axis_angle**2, axis=-1, keepdims=True) + 1e-12)
    k = axis_angle / theta
    cross = np.cross(k, points)
    dot = np.sum(k * points, axis=-1, keepdims=True)
    return points * np.cos(theta) + cross * np.sin(theta) + k * dot * (1 - np.cos(theta))


def project(cameras, points):
    p = rodrigues(cameras[:, :3], points) + cameras[:, 3:6]
    p = -p[:, :2] / p[:, 2, np.newaxis]
    f, k1, k2 = cameras[:, 6], cameras[:, 7], cameras[:, 8]
    n = np.sum(p**2, axis=1)
    r = 1 + k1 * n + k2 * n**2
    return p * (r * f)[:, np.newaxis]


@user(
    lambda rng, n: (
        rng.normal(size=(3, 9)),
        rng.normal(size=(4, 3)) + [0, 0, 9],
        rng.integers(0, 3, n),
        rng.integers(0, 4, n),
        rng.normal(size=(n, 2)),
    ),
    argnums=(0, 1),
    compiled=True,
)
def bundle_adjustment(cameras, points, camera_index, point_index, observed):
    error = project(cameras[camera_index], points[point_index]) - observed
    return np.sum(np.log1p(error**2))


def transform(angle, offset):
    c, s = np.cos(angle), np.sin(angle)
    T = np.eye(4)
    T[:2, :2] = [[c, -s], [s, c]]
    T[:3, 3] = offset
    return T


@user(
    lambda rng, n: (rng.normal(size=3), rng.normal(size=(3, 3)), rng.normal(size=(n, 3))),
    argnums=(0, 1),
)
def hand_pose(angles, bones, target):
    pose = np.eye(4)
    tips = []
    for angle, bone in zip(angles, bones):
        pose = pose @ transform(angle, bone)
        tips.append(pose[:3, 3])
    tips = np.array(tips)
    d2 = ((target[:, None] - tips) ** 2).sum(axis=-1)
    return d2.min(axis=1).sum() + 0.1 * np.linalg.norm(tips[-1] - tips[0])


def quaternion_product(p, q):
    w1, x1, y1, z1 = p
    w2, x2, y2, z2 = q
    return np.array(
        [
            w1 * w2 - x1 * x2 - y1 * y2 - z1 * z2,
            w1 * x2 + x1 * w2 + y1 * z2 - z1 * y2,
            w1 * y2 - x1 * z2 + y1 * w2 + z1 * x2,
            w1 * z2 + x1 * y2 - y1 * x2 + z1 * w2,
        ]
    )


@user(lambda rng, n: (rng.normal(size=4), rng.normal(size=(3, n)), rng.normal(size=(3, n))))
def quaternion_alignment(q, a, b):
    q = q / np.linalg.norm(q)
    conjugate = q * np.array([1, -1, -1, -1])
    pure = np.vstack([np.zeros((1, a.shape[1])), a])
    rotated = quaternion_product(quaternion_product(q, pure), conjugate)[1:]
    return ((rotated - b) ** 2).sum() / a.shape[1]


@user(
    lambda rng, n: (
        rng.normal(size=(3, 3)),
        rng.normal(size=3),
        rng.normal(size=(n, 3)),
        rng.normal(size=(n, 3)),
    ),
    argnums=(0, 1),
)
def procrustes(A, t, X, Y):
    R = A - A.T
    R = np.eye(3) + R + R @ R / 2
    fit = X @ R.T + t
    orthogonality = R.T @ R - np.identity(3)
    return np.mean(np.sum((fit - Y) ** 2, axis=1)) + np.sum(orthogonality**2)


@user(lambda rng, n: (np.array([0.7, 0.2]), rng.uniform(-1, 1, (n, 2)), rng.uniform(0.5, 1, n)))
def haversine_centre(place, stations, distance, radius=1.0):
    lat, lon = place
    dlat = stations[:, 0] - lat
    dlon = stations[:, 1] - lon
    a = np.sin(dlat / 2) ** 2 + np.cos(lat) * np.cos(stations[:, 0]) * np.sin(dlon / 2) ** 2
    d = 2 * radius * np.arcsin(np.sqrt(a))
    return np.sum((d - distance) ** 2)


@user(
    lambda rng, n: (np.array([1.0, 0.3, 0.2]), rng.uniform(0, 6, n), rng.normal(size=(n, 2))),
    compiled=True,
)
def kepler_orbit(elements, mean_anomaly, seen):
    a, e, omega = elements
    E = mean_anomaly
    for _ in range(3):
        E = E - (E - e * np.sin(E) - mean_anomaly) / (1 - e * np.cos(E))
    x = a * (np.cos(E) - e)
    y = a * np.sqrt(1 - e**2) * np.sin(E)
    c, s = np.cos(omega), np.sin(omega)
    sky = np.stack((c * x - s * y, s * x + c * y), axis=-1)
    return np.sum((sky - seen) ** 2)


@user(lambda rng, n: (rng.uniform(-1, 1, 6), rng.normal(size=(n, 3))))
def camera_euler_angles(pose, points):
    roll, pitch, yaw = pose[:3]
    Rx = np.array([[1, 0, 0], [0, np.cos(roll), -np.sin(roll)], [0, np.sin(roll), np.cos(roll)]])
    Ry = np.array(
        [[np.cos(pitch), 0, np.sin(pitch)], [0, 1, 0], [-np.sin(pitch), 0, np.cos(pitch)]]
    )
    Rz = np.array([[np.cos(yaw), -np.sin(yaw), 0], [np.sin(yaw), np.cos(yaw), 0], [0, 0, 1]])
    R = Rz @ Ry @ Rx
    homogeneous = np.c_[points, np.ones(len(points))]
    P = np.hstack([R, pose[3:, None]])
    seen = homogeneous @ P.T
    return np.mean(np.hypot(seen[:, 0], seen[:, 1]) / (5 + seen[:, 2] ** 2))


@user(lambda rng, n: (0.4, 1.1, 0.7))
def robot_arm_by_math(q1, q2, q3):
    x = math.cos(q1) + 0.8 * math.cos(q1 + q2) + 0.5 * math.cos(q1 + q2 + q3)
    y = math.sin(q1) + 0.8 * math.sin(q1 + q2) + 0.5 * math.sin(q1 + q2 + q3)
    return math.hypot(x - 1.2, y - 0.4) ** 2 + 1e-2 * (math.pow(q2, 2) + math.exp(-q3))


@user(lambda rng, n: (rng.normal(size=(n, 2)), np.linspace(0, 1, 11)), sizes=(4, 5))
def bezier_length(control, t):
    points = control
    for _ in range(3):
        points = points[:-1] + 0.4 * (points[1:] - points[:-1])
    t = t[:, None]
    p0, p1, p2, p3 = control[0], control[1], control[2], control[3]
    curve = (1 - t) ** 3 * p0 + 3 * (1 - t) ** 2 * t * p1 + 3 * (1 - t) * t**2 * p2 + t**3 * p3
    length = np.linalg.norm(np.diff(curve, axis=0), axis=1).sum()
    return length + points.sum()


@user(lambda rng, n: (rng.normal(size=(n, 3)), rng.integers(0, n, (8, 3))))
def mesh_area(vertices, faces):
    a, b, c = vertices[faces[:, 0]], vertices[faces[:, 1]], vertices[faces[:, 2]]
    normals = np.cross(b - a, c - a)
    area = 0.5 * np.sqrt((normals**2).sum(axis=1) + 1e-9)
    volume = np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6
    return area.sum() + volume**2
