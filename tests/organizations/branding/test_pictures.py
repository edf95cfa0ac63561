"""What becomes of a picture: any PNG or JPEG drawn anew to fit, everything else refused in a sentence."""

import io
import random
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from organizations.branding.pictures import DECODER, Drawing, drawn
from organizations.branding.refusals import DecoderBusyError, LogoError
from tests.organizations.branding.hosts import RED, chunk, png, png_of_chunks, saved

BLUE = (0, 0, 255)
RED_IN_16_BITS = struct.pack(">3H", *(257 * value for value in RED))
SCRIPT = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'

KINDS = [
    "grey",
    "black and white",
    "grey with alpha",
    "grey in 16 bits",
    "palette",
    "palette with a clear colour",
    "alpha",
    "RGB in 16 bits",
    "CMYK",
    "grey JPEG",
    "progressive",
    "animated",
]


def plain(size: tuple[int, int], mode: str = "RGB", color: Any = RED) -> Image.Image:
    return Image.new(mode, size, color)


def noise(size: tuple[int, int]) -> Image.Image:
    return Image.frombytes("RGB", size, random.Random(7).randbytes(size[0] * size[1] * 3))


def shown(drawing: Drawing) -> Image.Image:
    return Image.open(io.BytesIO(drawing.content))


def exif(orientation: int) -> Image.Exif:
    tags = Image.Exif()
    tags[0x0112], tags[0x010E] = orientation, "SECRET PLACE"
    return tags


@pytest.mark.parametrize(
    ("size", "fitted"),
    [
        ((200, 60), (200, 60)),
        ((600, 180), (600, 180)),
        ((601, 180), (600, 180)),
        ((1200, 360), (600, 180)),
        ((500, 500), (180, 180)),
        ((16, 16), (16, 16)),
        ((4096, 16), (600, 3)),
        ((16, 4096), (1, 180)),
        ((4096, 4096), (180, 180)),
        ((1333, 777), (309, 180)),
    ],
)
@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_picture_is_drawn_to_fit_and_never_larger(
    size: tuple[int, int], fitted: tuple[int, int], kind: str
) -> None:
    drawing = drawn(saved(plain(size), kind))

    assert abs(drawing.width - fitted[0]) <= 1
    assert abs(drawing.height - fitted[1]) <= 1
    assert shown(drawing).size == (drawing.width, drawing.height)
    assert drawing.mime_type == f"image/{kind.lower()}"
    assert all(abs(a - b) < 4 for a, b in zip(shown(drawing).getpixel((0, 0)), RED, strict=True))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("data", "pixel"),
    [
        (saved(plain((300, 300), "L", 77), "PNG"), (77, 77, 77)),
        (saved(plain((300, 300), "1", 1), "PNG"), (255, 255, 255)),
        (saved(plain((300, 300), "LA", (77, 255)), "PNG"), (77, 77, 77, 255)),
        (saved(plain((300, 300), "I;16", 40000), "PNG"), (155, 155, 155)),
        (saved(plain((300, 300)).quantize(4), "PNG"), RED),
        (saved(plain((300, 300), "RGBA", (*RED, 0)).quantize(4), "PNG"), (0, 0, 0, 0)),
        (saved(plain((300, 300), "RGBA", (*RED, 255)), "PNG"), (*RED, 255)),
        (png_of_chunks((300, 300), depth=16, rows=(b"\0" + RED_IN_16_BITS * 300) * 300), RED),
        (saved(plain((300, 300), "CMYK", (0, 255, 255, 0)), "JPEG"), (254, 0, 0)),
        (saved(plain((300, 300), "L", 77), "JPEG"), (77, 77, 77)),
        (saved(plain((300, 300)), "JPEG", progressive=True), RED),
        (saved(plain((300, 300)), "PNG", save_all=True, append_images=[plain((300, 300), color=BLUE)]), RED),
    ],
    ids=KINDS,
)  # fmt: skip
def test_every_kind_of_png_and_jpeg_comes_out_in_plain_colours(data: bytes, pixel: tuple[int, ...]) -> None:
    picture = shown(drawn(data))

    found = picture.getpixel((90, 90))
    assert picture.mode == ("RGBA" if len(pixel) == 4 else "RGB")
    assert all(abs(a - b) <= 4 for a, b in zip(found, pixel, strict=True))  # type: ignore[arg-type]
    assert getattr(picture, "n_frames", 1) == 1


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_picture_is_turned_as_its_camera_says(orientation: int, kind: str) -> None:
    """Blue was held at the top left of a wide picture."""
    upright = plain((1000, 500))
    upright.paste(BLUE, (0, 0, 500, 250))
    back = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # Image.Transpose that undoes each
    stored = upright.transpose(Image.Transpose(back[orientation])) if orientation in back else upright

    picture = shown(drawn(saved(stored, kind, exif=exif(orientation)))).convert("RGB")

    assert picture.size == (360, 180)
    corners = [picture.getpixel(at) for at in ((20, 20), (340, 20), (20, 160), (340, 160))]
    assert [corner[2] > 128 for corner in corners] == [True, False, False, False]  # type: ignore[index]


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_nothing_that_the_file_says_of_itself_is_kept(kind: str) -> None:
    options = {"pnginfo": None} if kind == "PNG" else {"comment": b"SECRET COMMENT"}
    data = saved(plain((300, 300)), kind, exif=exif(1), icc_profile=b"SECRET PROFILE" * 9, **options)
    data += b"SECRET TAIL"

    content = drawn(data).content

    assert b"SECRET" in data
    assert b"SECRET" not in content
    assert not Image.open(io.BytesIO(content)).getexif()


def cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def of_passes(count: int) -> bytes:
    """A progressive JPEG whose last pass comes again and again."""
    data = saved(plain((64, 64)), "JPEG", progressive=True)
    last = data.rindex(b"\xff\xda")
    again = data[last:-2]
    return data[:-2] + again * (count - data.count(b"\xff\xda")) + b"\xff\xd9"


PROFILE = chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(1000)))
LONG_TEXT = chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(2**20 - 9)))
ROW = (b"\0" + bytes(RED) * 32) * 32
REFUSED: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "neither PNG nor JPEG"),
    "html": (b"<!doctype html><title>Not found</title>", "neither PNG nor JPEG"),
    "svg": (SCRIPT, "neither PNG nor JPEG"),
    "gif": (saved(plain((64, 64)), "GIF"), "neither PNG nor JPEG"),
    "webp": (saved(plain((64, 64)), "WEBP"), "neither PNG nor JPEG"),
    "bmp": (saved(plain((64, 64)), "BMP"), "neither PNG nor JPEG"),
    "tiff": (saved(plain((64, 64)), "TIFF"), "neither PNG nor JPEG"),
    "postscript": (b"%!PS-Adobe-3.0 EPSF-3.0\n", "neither PNG nor JPEG"),
    "avif": (saved(plain((64, 64)), "AVIF"), "neither PNG nor JPEG"),
    "png by its first bytes": (b"\x89PNG\r\n\x1a\n" + b"<html>" * 9, "broken or incomplete"),
    "jpeg by its first bytes": (b"\xff\xd8\xff" + b"<html>" * 9, "broken or incomplete"),
    "half a png": (cut(saved(noise((64, 64)), "PNG")), "broken or incomplete"),
    "half a jpeg": (cut(saved(noise((64, 64)), "JPEG")), "broken or incomplete"),
    "a head of 60000x60000": (png_of_chunks((60000, 60000)), "at most 4096x4096"),
    "a pixel too wide": (saved(plain((4097, 16)), "PNG"), "at most 4096x4096"),
    "a pixel too high": (saved(plain((16, 4097)), "JPEG"), "at most 4096x4096"),
    "a pixel too narrow": (saved(plain((15, 60)), "PNG"), "at least 16x16"),
    "a tracker's pixel": (saved(plain((1, 1)), "JPEG"), "at least 16x16"),
    "two profiles": (png_of_chunks((32, 32), PROFILE, PROFILE, rows=ROW), "several colour profiles"),
    "many passes": (of_passes(65), "too many passes"),
    "texts that unpack to 100 MiB": (
        png_of_chunks((32, 32), *[LONG_TEXT] * 100, rows=ROW),
        "broken or incomplete",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_picture_for_a_page_is_refused_in_a_sentence(name: str) -> None:
    data, words = REFUSED[name]

    with pytest.raises(LogoError) as caught:
        drawn(data)

    assert words in caught.value.message
    assert caught.value.message.endswith(".")


@pytest.mark.parametrize(
    "data", [of_passes(64), png_of_chunks((32, 32), PROFILE, rows=ROW)], ids=["64 passes", "one profile"]
)
def test_the_last_that_is_taken(data: bytes) -> None:
    assert drawn(data).width in {32, 64}


def recipes() -> list[Callable[[], bytes]]:
    small = noise((40, 40))
    return [
        lambda: saved(small, "PNG", exif=exif(6)),
        lambda: saved(small.quantize(), "PNG", icc_profile=b"x" * 99),
        lambda: saved(small, "JPEG", progressive=True, exif=exif(6)),
        lambda: saved(small.convert("CMYK"), "JPEG"),
    ]


def resealed(data: bytearray) -> bytes:
    """With right checksums, so that what is wrong gets further than the first of them."""
    place = 8
    while data[:1] == b"\x89" and place + 8 <= len(data):
        end = place + 8 + struct.unpack_from(">I", data, place)[0]
        if end + 4 > len(data):
            break
        data[end : end + 4] = struct.pack(">I", zlib.crc32(data[place + 4 : end]))
        place = end + 4
    return bytes(data)


@pytest.mark.parametrize("recipe", recipes(), ids=["png", "palette", "jpeg", "cmyk"])
def test_a_damaged_file_is_drawn_or_refused_and_nothing_else(recipe: Callable[[], bytes]) -> None:
    """Pillow's readers fail in a dozen ways; a warning of theirs would fail this test too."""
    dice, whole, outcomes = random.Random(42), recipe(), set()
    for _ in range(400):
        data = bytearray(whole)
        for _ in range(dice.randint(1, 8)):
            data[dice.randrange(8, len(data))] = dice.randrange(256)
        try:
            outcomes.add(drawn(resealed(data)).mime_type)
        except LogoError as refused:
            outcomes.add(refused.code)

    assert "not_a_picture" in outcomes
    assert DECODER.acquire(timeout=0)  # free again after every failure
    DECODER.release()


def test_pictures_are_drawn_one_at_a_time_and_who_waits_too_long_is_told(monkeypatch: Any) -> None:
    monkeypatch.setattr("organizations.branding.pictures.PATIENCE", 0.05)

    with DECODER, pytest.raises(DecoderBusyError, match="try again") as caught:
        drawn(png())

    assert (caught.value.status, caught.value.headers) == (503, {"Retry-After": "5"})
    assert drawn(png()).width == 200


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads Linux's count of memory")
def test_the_largest_picture_takes_the_memory_of_one() -> None:
    """64 MiB for its pixels. In one piece the change of colours and sizes would take three times that."""
    data = saved(plain((4096, 4096), "RGBA", (*RED, 4)), "PNG")
    Path("/proc/self/clear_refs").write_text("5")
    before = peak()

    drawn(data)

    assert peak() - before < 120 * 1024


def peak() -> int:
    """KiB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
