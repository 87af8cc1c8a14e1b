# mypy: no-warn-return-any
"""Galaxies and what is made of them. Each function draws one class; `variant` is 0 or 1 (see `classes`)."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter

from grokscope_paperclip.sky.light import (
    Array,
    Rng,
    arc,
    elliptical,
    gaussian,
    grid,
    pareto,
    power_law,
    rotate,
    sersic,
    spikes,
    stars,
)


def _place(rng: Rng, n: int, spread: float = 0.12) -> tuple[Array, Array]:
    x, y = grid(n)
    return x - rng.uniform(-spread, spread), y - rng.uniform(-spread, spread)


def _knots(rng: Rng, n: int, light: Array, count: int, flux: float) -> Array:
    """Star-forming knots where the light is."""
    chance = light.ravel() / light.sum()
    where = rng.choice(light.size, count, p=chance)
    x, y = grid(n)
    return stars(n, x.ravel()[where], y.ravel()[where], flux * rng.pareto(2.0, count) + flux / 3, 0.7)


def spiral(rng: Rng, n: int, variant: int) -> Array:
    """Two arms wound around a bulge: loosely (0) or tightly (1)."""
    x, y = _place(rng, n)
    r, theta = elliptical(x, y, rng.uniform(0, np.pi), rng.uniform(0.62, 1.0))
    sense, wind = rng.choice([-1, 1]), (1.9, 3.6)[variant] * rng.uniform(0.9, 1.1)
    phase = theta - sense * wind * np.log(r + 0.03) - rng.uniform(0, np.pi)
    arms = np.clip((1 + np.cos(2 * phase)) / 2, 0, 1) ** 2.6
    disc = np.exp(-r / 0.27) * (r < 1.1)
    patch = np.exp(0.35 * power_law(rng, n, 2.2))
    light = disc * (0.12 + 2.6 * arms * np.clip(r / 0.12, 0, 1) * patch)
    bulge = 2.2 * sersic(r + 0.01, 0.05, 1.6)
    return 0.9 * light + bulge + _knots(rng, n, (disc * arms) ** 1.1 * (r > 0.15), 45, 0.25)


def barred(rng: Rng, n: int, variant: int) -> Array:
    """A straight bar, two arms from its ends: open (0), or closed to a ring (1)."""
    x, y = _place(rng, n)
    angle, ratio = rng.uniform(0, np.pi), rng.uniform(0.75, 1.0)
    u, v = rotate(x, y, angle)
    v = v / ratio
    r, theta = np.hypot(u, v), np.arctan2(v, u)
    half = rng.uniform(0.3, 0.38)
    bar = np.exp(-((np.abs(u) / half) ** 4)) * np.exp(-(v**2) / (2 * 0.055**2))
    sense, wind = rng.choice([-1, 1]), (1.5, 0.5)[variant]
    phase = theta - sense * wind * np.log(np.maximum(r, half) / half) * 2
    arms = np.clip((1 + np.cos(2 * phase)) / 2, 0, 1) ** (3, 1.2)[variant]
    if variant:
        shape = np.exp(-((r - half * 1.12) ** 2) / (2 * 0.06**2)) * (0.45 + 0.55 * arms)
    else:
        shape = arms * np.exp(-(r - half) / 0.2) * (1 / (1 + np.exp(-(r - half * 0.92) / 0.02)))
    patch = np.exp(0.3 * power_law(rng, n, 2.2))
    halo = 0.14 * np.exp(-r / 0.3)
    return 1.9 * bar + 1.35 * shape * patch + halo + 2.5 * gaussian(u, v, 0.07) + _knots(rng, n, shape**1.2, 30, 0.2)


def elliptical_galaxy(rng: Rng, n: int, variant: int) -> Array:
    """Smooth and featureless: nearly round (0) or flattened (1)."""
    x, y = _place(rng, n)
    r, _ = elliptical(x, y, rng.uniform(0, np.pi), (rng.uniform(0.85, 1.0), rng.uniform(0.42, 0.58))[variant])
    return 0.65 * sersic(r + 0.004, rng.uniform(0.26, 0.36), 3.2)


def edge_on(rng: Rng, n: int, variant: int) -> Array:
    """A needle with a dark lane along it: small bulge (0) or large one (1)."""
    x, y = _place(rng, n)
    u, v = rotate(x, y, rng.uniform(0, np.pi))
    disc = np.exp(-np.abs(u) / 0.34) / np.cosh(v / 0.065) ** 2 * (np.abs(u) < 1.1)
    bulge = (0.7, 2.1)[variant] * np.exp(-np.hypot(u, v / 0.75) / (0.09, 0.15)[variant])
    rough = 1 + 0.25 * power_law(rng, n, 2.0)
    lane = np.exp(-((v + 0.012) ** 2) / (2 * 0.022**2)) * np.exp(-((np.abs(u) / 0.75) ** 4))
    return (1.9 * disc + bulge) * np.exp(-3.2 * np.clip(lane * rough, 0, None))


def irregular(rng: Rng, n: int, variant: int) -> Array:
    """Patches and single stars without a centre: with bright knots (0) or without (1)."""
    x, y = _place(rng, n)
    light = np.zeros((n, n))
    for _ in range(rng.integers(5, 8)):
        u, v = rotate(x - rng.normal(0, 0.22), y - rng.normal(0, 0.17), rng.uniform(0, np.pi))
        light += rng.uniform(0.25, 0.7) * gaussian(u, v / rng.uniform(0.45, 0.9), rng.uniform(0.1, 0.2))
    ragged = light * np.clip(1 + 0.55 * power_law(rng, n, 1.6), 0, None)
    resolved = _knots(rng, n, light**1.2, 170, 0.11)
    return 0.75 * ragged + resolved + (_knots(rng, n, ragged**2, 14, 0.9) if variant == 0 else 0)


def merger(rng: Rng, n: int, variant: int) -> Array:
    """Two nuclei and long tails: still apart (0) or nearly one (1)."""
    x, y = _place(rng, n, 0.06)
    x, y = rotate(x, y, rng.uniform(0, 2 * np.pi))
    gap = (0.2, 0.09)[variant] * rng.uniform(0.9, 1.1)
    light = 0.16 * gaussian(x, y * 1.25, 0.24)
    for side in (-1, 1):
        u, v = rotate(x - side * gap, y - side * 0.04, rng.uniform(0, np.pi))
        light = light + rng.uniform(1.3, 2) * sersic(np.hypot(u, v / rng.uniform(0.55, 0.8)) + 0.01, 0.075, 1.5)
        bend = rng.uniform(0.45, 0.62)
        centre = side * (gap + 0.05)
        tail = arc(side * (x - centre), side * y - bend, bend, 0.035, -np.pi / 2 + 0.95, 0.62)
        light = light + rng.uniform(0.85, 1.2) * tail * (side * (x - centre) > -0.02)
    dusty = np.exp(-0.5 * np.clip(power_law(rng, n, 2.4), 0, None) * gaussian(x, y, 0.3))
    return light * dusty + _knots(rng, n, light, 14, 0.25)


def small_galaxy(x: Array, y: Array, rng: Rng, size: float, ratio: float | None = None) -> Array:
    """A galaxy of a few pixels."""
    u, v = rotate(x, y, rng.uniform(0, np.pi))
    return sersic(np.hypot(u, v / (ratio or rng.uniform(0.3, 1.0))) + 0.004, size, rng.choice([1.0, 1.0, 3.0]))


def cluster(rng: Rng, n: int, variant: int) -> Array:
    """Dozens of ellipticals around a giant one: concentrated (0) or in two clumps (1)."""
    x, y = _place(rng, n)
    centres = [(0.0, 0.0)] if variant == 0 else [(-0.36, rng.uniform(-0.15, 0.15)), (0.36, rng.uniform(-0.15, 0.15))]
    angle = rng.uniform(0, np.pi)
    light = np.zeros((n, n))
    for cx, cy in centres:
        a, b = rotate(np.asarray(cx), np.asarray(cy), angle)
        u, v = rotate(x - a, y - b, rng.uniform(0, np.pi))
        light += 0.6 * sersic(np.hypot(u, v / 0.75) + 0.006, 0.13, 3.0)
        for _ in range(46 // len(centres)):
            away, theta = min(abs(rng.standard_cauchy()) * 0.26 + 0.1, 1.2), rng.uniform(0, 2 * np.pi)
            dx, dy = a + away * np.cos(theta), b + away * np.sin(theta)
            light += rng.uniform(0.35, 1.0) * small_galaxy(
                x - dx, y - dy, rng, rng.uniform(0.022, 0.042), rng.uniform(0.55, 1)
            )
    return light


def lens(rng: Rng, n: int, variant: int) -> Array:
    """Thin bright arcs bent around a massive galaxy: a giant arc (0) or nearly a ring (1)."""
    x, y = _place(rng, n)
    radius, angle = rng.uniform(0.42, 0.55), rng.uniform(0, 2 * np.pi)
    light = 0.55 * sersic(np.hypot(x, y / 0.9) + 0.006, 0.11, 3.0)
    for _ in range(7):
        dx, dy = rng.normal(0, 0.4, 2)
        light += 0.6 * small_galaxy(x - dx, y - dy, rng, rng.uniform(0.018, 0.03), 0.8)
    if variant:
        light += 1.3 * arc(x, y, radius, 0.022, angle, 1.9) + 0.9 * arc(x, y, radius, 0.022, angle + np.pi, 1.0)
    else:
        light += 1.6 * arc(x, y, radius, 0.02, angle, 0.62) + 1.1 * arc(x, y, radius * 0.72, 0.02, angle + np.pi, 0.3)
        light += 0.9 * arc(x, y, radius * 1.22, 0.016, angle + rng.uniform(-0.5, 0.5), 0.25)
    return light


def quasar(rng: Rng, n: int, variant: int) -> Array:
    """One blinding point with a cross of spikes: alone (0) or in a visible host galaxy (1)."""
    x, y = _place(rng, n)
    angle = rng.uniform(0, np.pi / 2)
    point = 26 * gaussian(x, y, 0.022) + 2.2 * np.exp(-np.hypot(x, y) / 0.05)
    light = point + 3.2 * spikes(x, y, angle, rng.uniform(0.2, 0.28), 0.009)
    if variant:
        r, _ = elliptical(x, y, rng.uniform(0, np.pi), rng.uniform(0.6, 0.9))
        light = light + 0.75 * np.exp(-r / 0.2)
    for _ in range(3):
        light = light + 0.4 * small_galaxy(x - rng.uniform(-0.9, 0.9), y - rng.uniform(-0.9, 0.9), rng, 0.02)
    return light


def deep_field(rng: Rng, n: int, variant: int) -> Array:
    """Hundreds of tiny galaxies of every shape and no subject: sparse (0) or packed (1)."""
    x, y = grid(n)
    light = np.zeros((n, n))
    line_x, line_y = x[0], y[:, 0]
    for _ in range((80, 170)[variant]):
        size = rng.uniform(0.008, 0.022) * (3 if rng.random() < 0.05 else 1)
        cx, cy = rng.uniform(-1, 1, 2)
        columns, rows = np.abs(line_x - cx) < 7 * size + 0.03, np.abs(line_y - cy) < 7 * size + 0.03
        window = np.ix_(rows, columns)
        light[window] += rng.uniform(0.25, 0.9) * small_galaxy(x[window] - cx, y[window] - cy, rng, size)
    return gaussian_filter(light, 0.5) + stars(n, rng.uniform(-1, 1, 3), rng.uniform(-1, 1, 3), pareto(rng, 3, 1.0))
