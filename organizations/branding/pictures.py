"""From the bytes of a PNG or JPEG to a small picture of our own: decoded within bounds and drawn anew.

What a file says of itself decides nothing; what comes out has our pixels and none of its metadata.
"""

import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from io import BytesIO
from threading import BoundedSemaphore

from PIL import Image, ImageFile, ImageOps
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile

from organizations.branding.refusals import DecoderBusyError, LogoError

# Three times the 200x60 of the page, for sharp screens.
WIDTH, HEIGHT = 600, 180
# 4096x4096 are 64 MiB once decoded, and a fifth of a second.
SMALLEST, LARGEST = 16, 4096
STRIP = 64
# 1 MiB of JPEG has room for 30,000 passes over all of its pixels, where 10 are usual; 1 MiB of PNG for 900
# colour profiles that unpack to 1 MiB each, where one is allowed.
MAX_PASSES, MAX_PROFILES = 64, 1
PNG, JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
SIDEWAYS = {5, 6, 7, 8}
ORIENTATION = 0x0112
# What Pillow's readers raise at files that are wrong in one way or another.
BROKEN = (
    AssertionError,
    EOFError,
    LookupError,
    OSError,
    OverflowError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
)
# One at a time in a process: a picture costs a whole CPU while it is decoded.
DECODER, PATIENCE = BoundedSemaphore(), 5.0
BUSY_SECONDS = 5


@dataclass(frozen=True)
class Drawing:
    """A picture as we serve it. Sizes in pixels."""

    content: bytes = field(repr=False)
    mime_type: str
    width: int
    height: int

    @property
    def content_hash(self) -> str:
        return sha256(self.content).hexdigest()


def drawn(data: bytes) -> Drawing:
    """The picture, to fit into 600x180 and never enlarged, turned as its EXIF says. Raises LogoError."""
    try:
        with decoder():
            image, mime_type = opened(data)
            check_size(image.size)
            return encoded(fitted(image), mime_type)
    except BROKEN:
        raise LogoError("The picture is broken or incomplete: save it again as PNG or JPEG.") from None


def opened(data: bytes) -> tuple[ImageFile.ImageFile, str]:
    """By its first bytes, and only its head is read. Not by `Image.open`, which knows forty formats."""
    if data.startswith(PNG):
        if data.count(b"iCCP") > MAX_PROFILES:
            raise LogoError("The PNG has several colour profiles: save it again with one or none.")
        return PngImageFile(BytesIO(data)), "image/png"
    if data.startswith(JPEG):
        if data.count(b"\xff\xda") > MAX_PASSES:
            raise LogoError("The JPEG is drawn in too many passes: save it again as a plain JPEG or as PNG.")
        return JpegImageFile(BytesIO(data)), "image/jpeg"
    raise LogoError("What is at the URL is neither PNG nor JPEG: give the URL of such a picture itself.")


def check_size(size: tuple[int, int]) -> None:
    has = f"The picture has {size[0]}x{size[1]} pixels"
    if max(size) > LARGEST:
        raise LogoError(f"{has}: give one of at most {LARGEST}x{LARGEST}; it is shown in 200x60.")
    if min(size) < SMALLEST:
        raise LogoError(f"{has}: give one of at least {SMALLEST}x{SMALLEST}; it is shown in 200x60.")


@contextmanager
def decoder() -> Iterator[None]:
    """One caller at a time, who is told of errors but not of what Pillow only wonders at."""
    if not DECODER.acquire(timeout=PATIENCE):
        raise DecoderBusyError(BUSY_SECONDS)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        DECODER.release()


def fitted(image: ImageFile.ImageFile) -> Image.Image:
    """Drawn smaller before it is turned, which is cheaper."""
    is_sideways = image.getexif().get(ORIENTATION) in SIDEWAYS
    width, height = (HEIGHT, WIDTH) if is_sideways else (WIDTH, HEIGHT)
    # Down to twice the size that it gets in the end. A JPEG is decoded in less than its own size.
    share = 2 * min(width / image.width, height / image.height)
    image.draft(None, (int(image.width * share), int(image.height * share)))
    factor = int(max(image.width / width, image.height / height) / 2)
    turned = ImageOps.exif_transpose(reduced(image, max(1, factor)))
    turned.thumbnail((WIDTH, HEIGHT))
    return turned


def reduced(image: Image.Image, factor: int) -> Image.Image:
    """In plain colours and so many times smaller. In strips: whole, it would be in memory four times."""
    width, height = (-(-side // factor) for side in image.size)
    plain = Image.new("RGBA" if image.has_transparency_data else "RGB", (width, height))
    for top in range(0, height, STRIP):
        box = (0, top * factor, image.width, min((top + STRIP) * factor, image.height))
        plain.paste(in_plain_colours(image.crop(box), plain.mode).reduce(factor), (0, top))
    plain.info["exif"] = image.info.get("exif", b"")
    return plain


def in_plain_colours(strip: Image.Image, mode: str) -> Image.Image:
    """8 bits a channel."""
    if strip.mode.startswith("I"):
        strip = strip.point(lambda value: value / 257).convert("L")  # grey in 16 bits
    return strip.convert(mode)


def encoded(image: Image.Image, mime_type: str) -> Drawing:
    out = BytesIO()
    if mime_type == "image/png":
        image.save(out, "PNG", optimize=True)
    else:
        image.save(out, "JPEG", quality=90, optimize=True)
    return Drawing(out.getvalue(), mime_type, *image.size)
