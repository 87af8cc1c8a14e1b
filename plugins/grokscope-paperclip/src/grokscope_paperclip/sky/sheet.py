"""Contact sheets: many pictures on one, so that a person can look."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from grokscope_paperclip.sky.classes import CLASSES
from grokscope_paperclip.sky.light import Array
from grokscope_paperclip.sky.look import NOISE, expose

GAP, LABEL = 6, 20


def sheet(rows: Sequence[tuple[str, Sequence[Array]]], size: int = 128) -> Image.Image:
    """Rows of uint8 pictures, each row under its title."""
    across = max(len(pictures) for _, pictures in rows)
    whole = Image.new("L", (across * (size + GAP) + GAP, len(rows) * (size + LABEL + GAP) + GAP), 235)
    draw, font = ImageDraw.Draw(whole), ImageFont.load_default(13)
    for row, (title, pictures) in enumerate(rows):
        top = GAP + row * (size + LABEL + GAP)
        draw.text((GAP, top), title, fill=20, font=font)
        for column, picture in enumerate(pictures):
            tile = Image.fromarray(picture).resize((size, size), Image.Resampling.LANCZOS)
            whole.paste(tile, (GAP + column * (size + GAP), top + LABEL))
    return whole


def class_sheet(seed: int = 0, size: int = 128, across: int = 6) -> Image.Image:
    """Every class, both variants, at every depth."""
    rows = []
    for number, each in enumerate(CLASSES):
        pictures = []
        for column in range(across):
            rng = np.random.default_rng([seed, number, column])
            pictures.append(expose(each.draw(rng, size, column % 2), rng, list(NOISE)[column % 3]))
        rows.append((f"{each.name}: {each.variants[0]}, {each.variants[1]}", pictures))
    half = (len(rows) + 1) // 2
    left, right = sheet(rows[:half], size), sheet(rows[half:], size)
    whole = Image.new("L", (left.width + right.width, max(left.height, right.height)), 235)
    whole.paste(left, (0, 0))
    whole.paste(right, (left.width, 0))
    return whole
