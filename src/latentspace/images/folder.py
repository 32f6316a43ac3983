"""Read folders of images, for image sets and for pre-training."""

from __future__ import annotations

import os
import stat
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Literal

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageOps, UnidentifiedImageError

from latentspace.images.image_set import Pixels
from latentspace.nn.mapped import release

FORMATS = ("PNG", "JPEG", "WEBP", "BMP")  # Pillow's decoders that may run; others start programs, or are seldom tested
SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp")
NOT_PICTURES = {"__MACOSX", "@eaDir"}  # folders that systems add, with a thumbnail or a resource fork of every picture
MOST_PIXELS = 89_478_485  # a quarter of a gigabyte of them in colour; Pillow's limit, at which it only warns
BACKGROUND = (255, 255, 255, 255)  # behind transparent pixels
BLOCK = 1024  # images, after which the pages of a mapped array are given back


def pictures(folder: Path, wanted: int, why: str) -> list[str]:
    """Paths of all images below a folder, sorted; hidden files, hidden folders and linked folders are left out.

    Args:
        folder: to search.
        wanted: smallest number that will do.
        why: names that number in the error.

    Raises:
        ValueError: naming the folder, what counts and what else is there, if there are too few or it cannot be read.
    """
    found: list[str] = []
    others: Counter[str] = Counter()
    for path in _visible(folder):
        if path.lower().endswith(SUFFIXES):
            found.append(path)
        else:
            others[Path(path).suffix.lower() or "without suffix"] += 1
    if len(found) < wanted:
        besides = ", ".join(f"{count} {printable(kind)}" for kind, count in others.most_common(5)) or "nothing"
        raise ValueError(
            f"{printable(folder)}: {len(found)} images, fewer than {why} = {wanted}; "
            f"{', '.join(SUFFIXES)} count, found besides: {besides}"
        )
    return sorted(found, key=lambda path: path.split("/"))


def fill(out: Pixels, paths: Sequence[str], resampling: Image.Resampling) -> None:
    """Read one image per path into `out`, cropped to central squares and resized; one channel is grey, three are RGB.

    Raises:
        ValueError: naming the file that cannot be read.
    """
    mode: Literal["L", "RGB"] = "RGB" if out.shape[1] == 3 else "L"
    for number, path in enumerate(paths):
        picture = square(path, out.shape[-1], mode, resampling)
        out[number] = np.moveaxis(np.atleast_3d(picture), 2, 0)
        if number % BLOCK == BLOCK - 1:
            release(out)


def read_averaged(folder: Path, size: int) -> UInt8[np.ndarray, "n size size 3"]:
    """All images of a folder in the order of their names, in colour, cropped to squares, averaged down to `size`.

    Raises:
        ValueError: naming the folder if it holds fewer than two images, or the file that cannot be read.
    """
    found = pictures(folder, 2, "the least that can be learnt from")
    images = np.empty((len(found), size, size, 3), dtype=np.uint8)
    fill(np.moveaxis(images, 3, 1), found, Image.Resampling.BOX)
    return images


def square(
    path: str, size: int, mode: Literal["L", "RGB"], resampling: Image.Resampling
) -> UInt8[np.ndarray, "size size *channels"]:
    """The largest central square of an image, upright by its EXIF orientation, resized to `size` pixels.

    Of an animation the first frame. Transparent pixels are seen before white, 16 bits become 8, colour profiles are
    ignored.

    Raises:
        ValueError: naming the file if it is not regular, damaged, of another format, or of more than `MOST_PIXELS`.
    """
    try:
        with _opened(path) as stream, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's warnings print the file's name as it is
            with Image.open(stream, formats=FORMATS) as image:
                if image.width * image.height > MOST_PIXELS:
                    raise Image.DecompressionBombError
                upright = opaque(ImageOps.exif_transpose(image)).convert(mode)
                return np.asarray(ImageOps.fit(upright, (size, size), resampling))
    except _NotRegular:
        reason = "not a regular file"
    except Image.DecompressionBombError:
        reason = f"more than {MOST_PIXELS:,} pixels".replace(",", " ")
    except UnidentifiedImageError:
        reason = f"not a readable image: no {', '.join(FORMATS)}"
    except OSError as error:
        reason = f"not a readable image ({error.strerror or type(error).__name__})"
    except Exception as error:  # every image format raises its own errors for damaged files
        reason = f"not a readable image ({type(error).__name__})"
    raise ValueError(f"{printable(path)}: {reason}")


def opaque(image: Image.Image) -> Image.Image:
    """An image of 8 bits per channel without transparency: transparent pixels are seen before `BACKGROUND`."""
    if image.mode.startswith("I"):  # grey of 16 bits
        levels = np.asarray(image)
        key = image.info.get("transparency")
        seen = levels if key is None else np.where(levels == key, 65535, levels)
        return Image.fromarray((seen.clip(0, 65535) // 256).astype(np.uint8))
    if not image.has_transparency_data:
        return image.convert("RGB") if image.mode in {"P", "CMYK"} else image
    return Image.alpha_composite(Image.new("RGBA", image.size, BACKGROUND), image.convert("RGBA"))


def printable(name: object) -> str:
    """A file's name with its control characters escaped, as they would move the cursor or change the text's order."""
    letters = (c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in str(name))
    return "".join(letters)


class _NotRegular(OSError):
    """A FIFO, device, socket or folder with the name of an image."""


def _opened(path: str) -> BinaryIO:
    """Open a regular file; others, whose opening may wait or have effects, are not opened."""
    if not stat.S_ISREG(Path(path).stat().st_mode):
        raise _NotRegular
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):  # another file since
        os.close(descriptor)
        raise _NotRegular
    return os.fdopen(descriptor, "rb")


def _visible(folder: Path) -> Iterator[str]:
    """Paths of what is below a folder but folders; a folder with the name of an image counts as a bad image."""
    for parent, folders, files in os.walk(folder, onerror=_refused):
        folders[:] = [name for name in folders if not name.startswith(".") and name not in NOT_PICTURES]
        files += [name for name in folders if name.lower().endswith(SUFFIXES)]
        yield from (f"{parent}/{name}" for name in files if not name.startswith("."))


def _refused(error: OSError) -> None:
    raise ValueError(f"{printable(error.filename)}: cannot be read: {error.strerror}") from None
