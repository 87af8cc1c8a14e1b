# mypy: no-warn-return-any
"""Stars, nebulae, the Solar System, and what is observed to calibrate. See `galaxies` for the conventions."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter

from grokscope_paperclip.sky.light import Array, Rng, arc, gaussian, grid, pareto, power_law, rotate, stars


def _field(rng: Rng, n: int, count: int, least: float) -> Array:
    """Stars that have nothing to do with the subject."""
    return stars(n, rng.uniform(-1, 1, count), rng.uniform(-1, 1, count), pareto(rng, count, least))


def _centred(rng: Rng, n: int, spread: float = 0.1) -> tuple[Array, Array]:
    x, y = grid(n)
    return x - rng.uniform(-spread, spread), y - rng.uniform(-spread, spread)


def globular(rng: Rng, n: int, variant: int) -> Array:
    """A ball of thousands of stars, densest in the middle: loose (0) or with a collapsed core (1)."""
    count, core = 2600, (0.2, 0.1)[variant] * rng.uniform(0.9, 1.1)
    q = rng.uniform(0, 0.96, count)
    radius, theta = core * np.sqrt(q / (1 - q)), rng.uniform(0, 2 * np.pi, count)
    dx, dy = rng.uniform(-0.1, 0.1, 2)
    x, y = grid(n)
    glow = (0.25, 0.8)[variant] * gaussian(x - dx, y - dy, core)
    balls = stars(n, dx + radius * np.cos(theta), dy + radius * np.sin(theta), pareto(rng, count, 0.06, 1.5, 6), 0.65)
    return balls + glow


def open_cluster(rng: Rng, n: int, variant: int) -> Array:
    """A few dozen bright stars, loosely together: bare (0) or with wisps of gas left around them (1)."""
    count = int(rng.integers(28, 42))
    dx, dy = rng.uniform(-0.1, 0.1, 2)
    x, y = dx + rng.normal(0, 0.3, count), dy + rng.normal(0, 0.3, count)
    light = stars(n, x, y, rng.uniform(1.2, 7, count), 1.25) + _field(rng, n, 25, 0.05)
    if variant:
        gx, gy = grid(n)
        wisps = np.clip(power_law(rng, n, 3.0) + 0.3, 0, None) * gaussian(gx - dx, gy - dy, 0.42)
        light = light + 0.34 * wisps
    return light


def crowded(rng: Rng, n: int, variant: int) -> Array:
    """Stars from edge to edge with no centre: even (0) or crossed by dark clouds (1)."""
    count = 3600
    x, y = rng.uniform(-1, 1, count), rng.uniform(-1, 1, count)
    light = stars(n, x, y, pareto(rng, count, 0.07, 1.35, 9), 0.65)
    return light * np.exp(-2.6 * np.clip(power_law(rng, n, 3.2) - 0.1, 0, 1.4)) if variant else light


def planetary(rng: Rng, n: int, variant: int) -> Array:
    """A glowing ring or two lobes around one central star: round (0) or bipolar (1)."""
    x, y = _centred(rng, n)
    u, v = rotate(x, y, rng.uniform(0, np.pi))
    rough = np.exp(0.16 * power_law(rng, n, 2.4))
    if variant:
        shell = np.zeros_like(u)
        for side in (-1, 1):
            r = np.hypot((u - side * 0.29) / 1.25, v)
            shell = shell + np.exp(-((r - 0.22) ** 2) / (2 * 0.04**2)) + 0.3 * (r < 0.22)
        body = shell + 0.9 * gaussian(u / 0.6, v, 0.12)
    else:
        r = np.hypot(u, v / rng.uniform(0.8, 1.0))
        radius = rng.uniform(0.36, 0.48)
        body = 1.25 * np.exp(-((r - radius) ** 2) / (2 * 0.07**2)) + 0.3 * (1 / (1 + np.exp((r - radius) / 0.02)))
        body = body + 0.22 * np.exp(-((r - radius * 1.6) ** 2) / (2 * 0.05**2))
    return body * rough + 9 * gaussian(x, y, 0.02) + _field(rng, n, 14, 0.25)


def remnant(rng: Rng, n: int, variant: int) -> Array:
    """A torn shell of thin filaments: whole (0) or one-sided (1)."""
    x, y = _centred(rng, n)
    light, start = np.zeros((n, n)), rng.uniform(0, 2 * np.pi)
    for _ in range((46, 34)[variant]):
        angle = start + (rng.uniform(0, 2 * np.pi) if variant == 0 else rng.normal(0, 0.75))
        dx, dy = rng.normal(0, 0.055, 2)
        piece = arc(x - dx, y - dy, rng.normal(0.58, 0.055), rng.uniform(0.006, 0.013), angle, rng.uniform(0.12, 0.4))
        light += rng.uniform(0.35, 1.1) * piece
    torn = np.clip(1 + 0.75 * power_law(rng, n, 1.9), 0.08, None)
    r = np.hypot(x, y)
    haze = 0.1 * (r < 0.6) * np.clip(1 + 0.6 * power_law(rng, n, 2.6), 0, None)
    return light * torn + gaussian_filter(haze, 1.5) + _field(rng, n, 40, 0.12)


def emission(rng: Rng, n: int, variant: int) -> Array:
    """Clouds from edge to edge: glowing billows (0) or dark pillars against the glow (1)."""
    x, y = grid(n)
    clouds = np.exp(0.75 * power_law(rng, n, 3.1)) * 0.42
    if variant:
        u, v = rotate(x, y, rng.uniform(0, 2 * np.pi))
        for _ in range(3):
            bent = v - rng.uniform(-0.6, 0.6) - 0.1 * np.sin(3 * u + rng.uniform(0, 6)) + 0.05 * power_law(rng, n, 2.6)
            top = rng.uniform(-0.1, 0.45)
            wide = 0.1 + 0.09 * np.clip(-u, 0, 1)
            pillar = np.exp(-((bent / wide) ** 4)) / (1 + np.exp((u - top) / 0.03))
            rim = np.exp(-((np.abs(bent) - wide) ** 2) / (2 * 0.018**2)) / (1 + np.exp((u - top) / 0.03))
            clouds = clouds * (1 - 0.93 * pillar) + 0.45 * rim
    else:
        ridge = np.exp(-np.abs(power_law(rng, n, 2.8)) / 0.12)
        clouds = clouds * (0.7 + 0.8 * ridge) * np.exp(-1.6 * np.clip(power_law(rng, n, 2.9) - 0.5, 0, None))
    return clouds + _field(rng, n, 45, 0.25)


def planet(rng: Rng, n: int, variant: int) -> Array:
    """A sharp disc with bands, dark towards its limb: bare (0) or ringed (1)."""
    x, y = _centred(rng, n, 0.08)
    u, v = rotate(x, y, rng.uniform(-0.5, 0.5))
    radius = (rng.uniform(0.55, 0.72), rng.uniform(0.36, 0.44))[variant]
    r = np.hypot(u, v / 0.94) / radius
    waves = 0.02 * power_law(rng, n, 2.8)
    latitude = np.clip(v / radius + waves, -1, 1)
    bands = sum(rng.uniform(0.1, 0.24) * np.cos(k * latitude + rng.uniform(0, 6)) for k in (7, 11, 17))
    disc = (0.95 + bands) * np.sqrt(np.clip(1 - r**2, 0, 1)) ** 0.7 * (r < 1)
    if variant == 0:
        spot = gaussian((u - rng.uniform(-0.3, 0.3)) / 1.7, v + 0.33 * radius, 0.05)
        return disc * (1 - 0.6 * spot) * 1.5
    tilt = rng.uniform(0.24, 0.38)
    ring = np.hypot(u, v / tilt) / radius
    shine = ((ring > 1.28) & (ring < 1.62)) * 0.8 + ((ring > 1.7) & (ring < 2.1)) * 0.6
    hidden = (r < 1) & (v > 0)
    return np.where(hidden, disc, np.where((shine > 0) & (r < 1), 0.55 * shine, disc + shine)) * 1.4


def comet(rng: Rng, n: int, variant: int) -> Array:
    """A bright head with a tail fading to one side: broad dust (0) or a thin straight one (1)."""
    x, y = _centred(rng, n, 0.05)
    u, v = rotate(x, y, rng.uniform(0, 2 * np.pi))
    u = u + 0.5
    behind = 1 / (1 + np.exp(-u / 0.015))
    wide = (0.035 + 0.32 * np.clip(u, 0, None), 0.022 + 0.07 * np.clip(u, 0, None))[variant]
    bend = v - (0.16 * np.clip(u, 0, None) ** 2, 0)[variant]
    tail = behind * np.exp(-(bend**2) / (2 * wide**2)) * np.exp(-np.clip(u, 0, None) / 0.62)
    head = 6 * gaussian(u, v, 0.025) + 1.6 * np.exp(-np.hypot(u, v) / 0.07)
    return head + (0.75, 1.2)[variant] * tail + _field(rng, n, 8, 0.2)


def calibration(rng: Rng, n: int, variant: int) -> Array:
    """No subject: a flat lamp exposure with its pattern (0) or a standard star (1)."""
    x, y = grid(n)
    if variant:
        return 14 * gaussian(x - rng.uniform(-0.1, 0.1), y, 0.03)
    columns = 0.05 * rng.standard_normal((1, n))
    return 0.8 + 0.15 * x * rng.choice([-1, 1]) + 0.1 * (y**2) + columns
