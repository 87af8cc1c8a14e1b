# mypy: no-warn-return-any
"""The look of an exposure in the archive: noise, cosmic rays, chip gap, stretch, edges."""

from __future__ import annotations

import numpy as np

from grokscope_paperclip.sky.light import Array, Rng, grid, rotate

NOISE = {"shallow": 0.10, "moderate": 0.045, "deep": 0.015}
"""Depth -> spread of the noise, in units of a typical surface brightness."""

WHITE = 255
STRETCHES = (4.0, 8.0, 14.0)


def expose(light: Array, rng: Rng, depth: str) -> Array:
    """uint8 (n, n): the light as one visit recorded and the archive stretched it. Outside the detector it is white."""
    n = len(light)
    seen = light + NOISE[depth] * rng.standard_normal((n, n)) * np.sqrt(1 + 0.6 * np.clip(light, 0, 4))
    _strike(seen, rng)
    stretch = rng.choice(STRETCHES)
    scaled = np.arcsinh(stretch * np.clip(seen, -0.03, None)) / np.arcsinh(stretch * 3.2)
    picture = np.clip(12 + 238 * scaled, 0, 250).astype(np.uint8)
    picture[_outside(n, rng)] = WHITE
    return picture


def _strike(seen: Array, rng: Rng) -> None:
    """Cosmic rays: short straight streaks that the pipeline missed."""
    n = len(seen)
    for _ in range(rng.poisson(1.2)):
        start, angle, length = rng.uniform(0, n, 2), rng.uniform(0, np.pi), rng.uniform(2, 7)
        steps = np.arange(0, length, 0.5)
        rows = (start[0] + steps * np.sin(angle)).astype(int) % n
        columns = (start[1] + steps * np.cos(angle)).astype(int) % n
        seen[rows, columns] += rng.uniform(0.6, 2)


def _outside(n: int, rng: Rng) -> Array:
    """Pixels without a detector: beyond its turned edge, which most exposures show, or between two chips."""
    x, y = grid(n)
    kind = rng.random()
    if kind < 0.3:
        outside = np.zeros((n, n), bool)
    else:
        u, v = rotate(x, y, rng.choice([0.0, rng.uniform(0, np.pi / 2)]))
        outside = (np.abs(u) > rng.uniform(0.93, 1.1)) | (np.abs(v) > rng.uniform(0.93, 1.1))
    if rng.random() < 0.12:
        u, v = rotate(x, y, rng.uniform(0, np.pi))
        outside |= np.abs(v - rng.uniform(-0.7, 0.7)) < 0.018
    return outside
