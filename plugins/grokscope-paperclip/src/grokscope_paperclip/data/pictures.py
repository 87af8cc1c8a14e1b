"""Pictures from bytes, whatever the bytes: opened within bounds, made square on white, cropped and turned."""

from __future__ import annotations

import io
import warnings
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from grokscope.spec import InputError

Array = np.ndarray

WHITE = 255
MOST_PIXELS = 2**26
"""64 million: beyond it a preview is not opened; a mosaic of the archive has about 20 million."""


def open_image(data: bytes, name: str) -> Image.Image:
    """The picture in these bytes, decoded.

    Raises:
        InputError: they are empty, no picture, broken, or more than 64 million pixels.
    """
    expected = "a JPEG or PNG picture"
    if not data:
        raise InputError(f"{name}: found an empty file, expected {expected}")
    if data.lstrip()[:15].lower().startswith((b"<!doctype html", b"<html")):
        raise InputError(f"{name}: found an HTML page, expected {expected}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # bounded below, before decoding
            picture = Image.open(io.BytesIO(data), formats=("JPEG", "PNG"))
            if picture.width * picture.height > MOST_PIXELS:
                raise InputError(
                    f"{name}: found {picture.width} x {picture.height} pixels, expected at most {MOST_PIXELS:,}"
                )
            picture.load()
    except UnidentifiedImageError:
        raise InputError(f"{name}: found {len(data):,} bytes of another kind, expected {expected}") from None
    except Image.DecompressionBombError as error:
        raise InputError(f"{name}: found {error}, expected at most {MOST_PIXELS:,} pixels") from None
    except (OSError, SyntaxError, ValueError) as error:
        raise InputError(f"{name}: found a broken picture ({error}), expected {expected}") from None
    return picture


def read(path: Path) -> Image.Image:
    """The picture in a file (see `opened`)."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: found {error.strerror}, expected a picture") from None
    return open_image(data, str(path))


def make_square(picture: Image.Image, size: int, *, colour: bool = False) -> Array:
    """uint8 (size, size, channels): the longest side made `size`, padded with white to a square, centred."""
    mode = "RGB" if colour else "L"
    if picture.mode not in ("L", "RGB"):
        picture = picture.convert("RGBA" if "transparency" in picture.info or "A" in picture.mode else "RGB")
    if picture.mode == "RGBA":
        backed = Image.new("RGBA", picture.size, (WHITE, WHITE, WHITE, WHITE))
        picture = Image.alpha_composite(backed, picture)
    scale = size / max(picture.size)
    wide, high = (max(1, min(size, round(side * scale))) for side in picture.size)
    resized = np.asarray(picture.convert(mode).resize((wide, high), Image.Resampling.LANCZOS))
    resized = resized.reshape(*resized.shape[:2], -1)
    whole = np.full((size, size, resized.shape[2]), WHITE, np.uint8)
    top, left = (size - resized.shape[0]) // 2, (size - resized.shape[1]) // 2
    whole[top : top + resized.shape[0], left : left + resized.shape[1]] = resized
    return whole


def centre_crop(pictures: Array, crop: int) -> Array:
    """The middle of pictures (..., size, size, channels)."""
    start = (pictures.shape[-2] - crop) // 2
    return pictures[..., start : start + crop, start : start + crop, :]


def crops(picture: Array, crop: int) -> Array:
    """(5, crop, crop, channels): the middle and the four corners of one square picture."""
    size = picture.shape[0]
    middle, end = (size - crop) // 2, size - crop
    places = ((middle, middle), (0, 0), (0, end), (end, 0), (end, end))
    return np.stack([picture[r : r + crop, c : c + crop] for r, c in places])


def augment(picture: Array, crop: int, rng: np.random.Generator, *, rotation: str = "quarter") -> Array:
    """(crop, crop, channels): turned, flipped up-down and left-right, and cropped, by this picture's own draws.

    `rotation`: `quarter` turns by a multiple of 90 degrees, `any` by any angle on white, `none` not at all.
    """
    if rotation == "quarter":
        picture = np.rot90(picture, int(rng.integers(4)))
    elif rotation == "any":
        picture = _rotate(picture, rng.uniform(0, 360))
    if rotation != "none":
        picture = picture[:: rng.choice((1, -1)), :: rng.choice((1, -1))]
    row, column = rng.integers(picture.shape[0] - crop + 1, size=2)
    return picture[row : row + crop, column : column + crop]


def _rotate(picture: Array, degrees: float) -> Array:
    flat = picture[:, :, 0] if picture.shape[2] == 1 else picture
    fill = WHITE if picture.shape[2] == 1 else (WHITE,) * 3
    turned = Image.fromarray(flat).rotate(degrees, Image.Resampling.BILINEAR, fillcolor=fill)
    return np.asarray(turned).reshape(picture.shape)
