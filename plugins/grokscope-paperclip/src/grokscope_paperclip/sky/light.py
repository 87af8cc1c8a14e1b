# mypy: no-warn-return-any
"""Ingredients of pictures: profiles, stars, noise fields, arcs. Pure functions of arrays, x and y in [-1, 1], y up."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter

Array = np.ndarray
Rng = np.random.Generator


def grid(n: int) -> tuple[Array, Array]:
    """x and y of the pixel centres of an n by n picture."""
    line = (np.arange(n) + 0.5) * 2 / n - 1
    x, y = np.meshgrid(line, line[::-1])
    return x, y


def rotate(x: Array, y: Array, angle: float) -> tuple[Array, Array]:
    """Coordinates along and across a direction at `angle` radians."""
    return x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)


def elliptical(x: Array, y: Array, angle: float, ratio: float) -> tuple[Array, Array]:
    """Radius and angle in the plane of a disc whose short axis is `ratio` of its long one."""
    u, v = rotate(x, y, angle)
    return np.hypot(u, v / ratio), np.arctan2(v / ratio, u)


def sersic(radius: Array, effective: float, index: float) -> Array:
    """exp(-b [(r / r_e)^(1/n) - 1]) with b = 2 n - 1/3, one at the effective radius."""
    b = 2 * index - 1 / 3
    return np.exp(-b * ((radius / effective) ** (1 / index) - 1))


def gaussian(x: Array, y: Array, width: float) -> Array:
    return np.exp(-(x**2 + y**2) / (2 * width**2))


def arc(x: Array, y: Array, radius: float, width: float, angle: float, span: float) -> Array:
    """A piece of a ring: Gaussian in radius times Gaussian in angle."""
    r, theta = np.hypot(x, y), np.arctan2(y, x)
    away = (theta - angle + np.pi) % (2 * np.pi) - np.pi
    return np.exp(-((r - radius) ** 2) / (2 * width**2) - away**2 / (2 * span**2))


def power_law(rng: Rng, n: int, slope: float) -> Array:
    """Noise whose power falls as k^-slope, with mean 0 and spread 1."""
    k = np.hypot(*np.meshgrid(np.fft.fftfreq(n), np.fft.rfftfreq(n), indexing="ij"))
    k[0, 0] = np.inf
    waves = rng.standard_normal((n, n // 2 + 1)) + 1j * rng.standard_normal((n, n // 2 + 1))
    field = np.fft.irfft2(waves * k ** (-slope / 2), s=(n, n))
    return np.asarray((field - field.mean()) / field.std())


def stars(n: int, x: Array, y: Array, flux: Array, width: float = 0.75) -> Array:
    """Gaussian stars at (x, y) in [-1, 1]; `flux` is the height of each, `width` its sigma in pixels."""
    column, row = (x + 1) * n / 2 - 0.5, (1 - y) * n / 2 - 0.5
    inside = (column > -0.5) & (column < n - 0.5) & (row > -0.5) & (row < n - 0.5)
    column, row, flux = column[inside], row[inside], np.broadcast_to(flux, x.shape)[inside]
    picture = np.zeros((n, n))
    np.add.at(picture, (np.rint(row).astype(int), np.rint(column).astype(int)), flux)
    return np.asarray(gaussian_filter(picture, width, mode="constant")) * (2 * np.pi * width**2)


def pareto(rng: Rng, count: int, least: float, steepness: float = 1.2, most: float = 1e3) -> Array:
    """Fluxes of stars: few bright, many faint."""
    return np.minimum(least * (1 + rng.pareto(steepness, count)), most)


def spikes(x: Array, y: Array, angle: float, length: float, width: float) -> Array:
    """The cross that a bright point throws: two perpendicular lines fading outwards."""
    u, v = rotate(x, y, angle)

    def line(along: Array, across: Array) -> Array:
        return np.exp(-np.abs(along) / length) * np.exp(-(across**2) / (2 * width**2))

    return line(u, v) + line(v, u)
