"""Pictures: bounds, padding, crops, and a turn for every picture by itself."""

import io

import numpy as np
import pytest
from PIL import Image

from grokscope.spec import InputError
from grokscope_paperclip.data.pictures import augment, centre_crop, crops, make_square, open_image


def encoded(picture: Image.Image, kind: str = "PNG") -> bytes:
    kept = io.BytesIO()
    picture.save(kept, kind)
    return kept.getvalue()


def test_a_wide_picture_is_padded_with_white_evenly() -> None:
    square = make_square(Image.new("L", (512, 300), 0), 512)
    assert square.shape == (512, 512, 1)
    black = np.flatnonzero((square == 0).all(axis=(1, 2)))
    assert abs(black[0] - (511 - black[-1])) <= 1
    assert len(black) == 300
    assert (square[: black[0]] == 255).all()


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P", "CMYK", "I;16", "LA", "1"])
def test_every_mode_becomes_grey_or_colour(mode: str) -> None:
    picture = Image.new(mode, (7, 3))
    assert make_square(picture, 16).shape == (16, 16, 1)
    assert make_square(picture, 16, colour=True).shape == (16, 16, 3)


def test_a_picture_of_one_pixel_grows() -> None:
    assert (make_square(Image.new("L", (1, 1), 9), 8) == 9).all()


def test_the_middle_crop_is_the_published_share() -> None:
    square = np.arange(512 * 512).reshape(512, 512, 1)
    crop = centre_crop(square, 224)
    assert crop.size / square.size == pytest.approx(0.1914, abs=1e-4)
    assert crop[0, 0, 0] == 144 * 512 + 144


def test_five_crops_are_the_middle_and_the_corners() -> None:
    square = np.arange(36).reshape(6, 6, 1)
    found = crops(square, 2)
    assert [int(each[0, 0, 0]) for each in found] == [14, 0, 4, 24, 28]


def test_every_picture_is_augmented_by_its_own_draws() -> None:
    square = np.arange(64 * 64).reshape(64, 64, 1) % 251
    seen = [augment(square, 32, np.random.default_rng(n)) for n in range(24)]
    assert len({each.tobytes() for each in seen}) > 20
    assert all(np.array_equal(a, augment(square, 32, np.random.default_rng(n))) for n, a in enumerate(seen))
    plain = augment(square, 64, np.random.default_rng(0), rotation="none")
    assert np.array_equal(plain, square)
    turned = square
    for _ in range(4):
        turned = np.rot90(turned)
    assert np.array_equal(turned, square)


def test_any_angle_fills_with_white() -> None:
    black = np.zeros((32, 32, 1), np.uint8)
    seen = np.stack([augment(black, 32, np.random.default_rng(n), rotation="any") for n in range(9)])
    assert seen.shape == (9, 32, 32, 1)
    assert (seen == 255).any()


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "empty file"),
        (b"<html><body>Sorry</body>", "HTML page"),
        (b"GIF89a rubbish", "another kind"),
        (encoded(Image.new("L", (64, 64)), "JPEG")[:200], "broken|another kind"),
        (encoded(Image.new("1", (20_000, 20_000))), "400000000 pixels"),
    ],
    ids=["empty", "html", "other", "cut", "huge"],
)
def test_what_is_no_picture_is_refused_in_one_line(data: bytes, why: str) -> None:
    with pytest.raises(InputError, match=why) as caught:
        open_image(data, "x.jpg")
    assert "\n" not in str(caught.value)
