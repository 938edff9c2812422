"""Images: convolutions, regularisation, registration, projections."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from whole.users.case import user


@user(lambda rng, n: (rng.normal(size=(4, 3, 3)), rng.normal(size=(n, 7, 7))), compiled=True)
def convolution_by_slices(kernels, images):
    n, h, w = images.shape
    k = kernels.shape[-1]
    out = np.zeros((n, kernels.shape[0], h - k + 1, w - k + 1))
    for i in range(3):
        for j in range(3):
            patch = images[:, None, i : h - k + 1 + i, j : w - k + 1 + j]
            out += kernels[None, :, i, j, None, None] * patch
    return np.mean(np.maximum(out, 0) ** 2)


@user(lambda rng, n: (rng.normal(size=(2, 3, 3, 3)), rng.normal(size=(n, 3, 6, 6))), sizes=(2, 3))
def convolution_by_windows(kernels, x):
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    windows = sliding_window_view(padded, (3, 3), axis=(2, 3))
    y = np.einsum("nchwij,ocij->nohw", windows, kernels)
    return np.log1p(y**2).sum()


@user(lambda rng, n: (rng.normal(size=(3, 4)), rng.normal(size=(n, 4, 6, 8))), sizes=(2, 3))
def pooled_features(W, x):
    n, c, h, w = x.shape
    blocks = x.reshape(n, c, h // 2, 2, w // 2, 2)
    pooled = blocks.max(axis=(3, 5))
    features = pooled.mean(axis=(-2, -1))
    return np.sum(np.tanh(features @ W.T)) + blocks.mean(axis=(3, 5)).std()


@user(lambda rng, n: (rng.normal(size=(n, 8)), rng.normal(size=(n, 8))))
def tv_denoising(u, f, lam=0.3, eps=1e-3):
    dx = u[:, 1:] - u[:, :-1]
    dy = u[1:, :] - u[:-1, :]
    grad_norm = np.sqrt(dx[:-1] ** 2 + dy[:, :-1] ** 2 + eps**2)
    return 0.5 * np.sum((u - f) ** 2) + lam * grad_norm.sum()


@user(
    lambda rng, n: (
        rng.normal(size=(n, 7)),
        rng.normal(size=(n + 2, 9)),
        rng.normal(size=(n + 2, 9)),
    )
)
def poisson_blending(inside, source, target):
    canvas = target.copy()
    canvas[1:-1, 1:-1] = inside
    gx, gy = np.gradient(canvas)
    sx, sy = np.gradient(source)
    return ((gx - sx) ** 2 + (gy - sy) ** 2).sum()


@user(
    lambda rng, n: (
        rng.normal(size=(2, n, 6)) * 0.3,
        rng.normal(size=(n, 6)),
        rng.normal(size=(n, 6)),
    )
)
def optical_flow(flow, first, second, alpha=0.5):
    u, v = flow
    Ix = np.roll(first, -1, axis=1) - first
    Iy = np.roll(first, -1, axis=0) - first
    It = second - first
    data = (Ix * u + Iy * v + It) ** 2
    smooth = sum(np.sum(np.diff(w, axis=k) ** 2) for w in (u, v) for k in (0, 1))
    return data.sum() + alpha * smooth


@user(lambda rng, n: (np.array([0.3, -0.2]), rng.normal(size=(n, 9))))
def bilinear_shift(shift, image):
    """Sample the image off its grid, as a registration does."""
    rows, columns = np.meshgrid(np.arange(1, image.shape[0] - 2), np.arange(1, 7), indexing="ij")
    y, x = rows + shift[0], columns + shift[1]
    y0, x0 = np.floor(y).astype(int), np.floor(x).astype(int)
    fy, fx = y - y0, x - x0
    value = (
        (1 - fy) * (1 - fx) * image[y0, x0]
        + (1 - fy) * fx * image[y0, x0 + 1]
        + fy * (1 - fx) * image[y0 + 1, x0]
        + fy * fx * image[y0 + 1, x0 + 1]
    )
    return np.sum((value - image[rows, columns]) ** 2)


PROJECTION = np.random.default_rng(5).random((12, 20)) < 0.3


@user(lambda rng, n: (rng.random((4, 5)), rng.random(12)))
def tomography(image, sinogram):
    residual = PROJECTION @ image.ravel() - sinogram
    positivity = np.minimum(image, 0)
    return 0.5 * np.vdot(residual, residual) + np.sum(positivity**2)


@user(lambda rng, n: (rng.normal(size=(n, 6)), rng.normal(size=(3, 3))))
def structure_tensor(image, kernel):
    gy = image[2:, 1:-1] - image[:-2, 1:-1]
    gx = image[1:-1, 2:] - image[1:-1, :-2]
    J = np.array([[np.sum(gx * gx), np.sum(gx * gy)], [np.sum(gx * gy), np.sum(gy * gy)]])
    det = J[0, 0] * J[1, 1] - J[0, 1] * J[1, 0]
    corner = det - 0.05 * np.trace(J) ** 2
    return corner / 100 + (image[:3, :3] * kernel).sum()
