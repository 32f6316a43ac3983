"""Folders of images: which files count, how each kind of picture is read; bad files are named."""

import io
import os
import socket

import numpy as np
import pytest
from PIL import Image

from latentspace.images import folder, make

from .samples import fill, folder_of

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)
SIZE = (16, 16)


def flag(width, height):
    """Three vertical stripes, red, green, blue, the middle one a square."""
    image = Image.new("RGB", (width, height), RED)
    left = (width - height) // 2
    image.paste(GREEN, (left, 0, left + height, height))
    image.paste(BLUE, (left + height, 0, width, height))
    return image


def read(path, channels=3, resampling=Image.Resampling.BICUBIC, size=16):
    """All images of a folder as image sets are read, in the order of their names."""
    found = folder.pictures(path, 1, "one")
    images = np.empty((len(found), channels, size, size), np.uint8)
    folder.fill(images, found, resampling)
    return images


def test_a_folder_in_colour_is_cut_to_its_middle_square(tmp_path):
    for i, size in enumerate([(60, 20), (48, 16), (96, 32), (30, 10)]):
        flag(*size).save(tmp_path / f"{i}.png")
    colour = read(tmp_path)
    assert colour.shape == (4, 3, 16, 16)
    assert np.abs(colour.mean(axis=(0, 2, 3)) - GREEN).max() < 8
    assert np.array_equal(colour[1].mean(axis=(1, 2)), GREEN), "no scaling, no bleeding from the sides"
    grey = read(tmp_path, channels=1)
    assert grey.shape == (4, 1, 16, 16)
    assert np.unique(grey[1]).tolist() == [150], "luminance of green: 0.587 × 255"


@pytest.mark.parametrize("kind", ["jpeg", "png"])
@pytest.mark.parametrize("kept", [0.0, 0.1, 0.6])
def test_a_broken_image_is_named(tmp_path, kind, kept):
    fill(tmp_path, 3)
    stream = io.BytesIO()
    noise = np.random.default_rng(0).integers(0, 255, (40, 40), dtype=np.uint8)
    Image.fromarray(noise).save(stream, kind)
    (tmp_path / f"broken.{kind}").write_bytes(stream.getvalue()[: int(kept * stream.tell())])
    with pytest.raises(ValueError, match=rf"broken\.{kind}: not a readable image"):
        make.make_set(folder_of(tmp_path, train_images=2, test_images=2))


# ---- Which files count -----------------------------------------------------------------------------------------------


def test_too_few_images_name_the_folder_what_counts_and_what_is_there(tmp_path):
    fill(tmp_path / "few", 3)
    for name in ("a.tif", "b.TIF", "c.heic", "notes"):
        (tmp_path / "few" / name).write_text("")
    wanted = r"few: 3 images, fewer than train_images \+ test_images = 4; \.png, .*\.bmp count, found besides: "
    with pytest.raises(ValueError, match=wanted + r"2 \.tif, 1 ") as caught:
        make.make_set(folder_of(tmp_path / "few", train_images=2, test_images=2))
    assert "1 .heic" in str(caught.value) and "1 without suffix" in str(caught.value)
    (tmp_path / "none").mkdir()
    with pytest.raises(ValueError, match=r"none: 0 images, .* found besides: nothing"):
        make.make_set(folder_of(tmp_path / "none", train_images=2, test_images=2))


def test_what_systems_add_to_a_folder_is_no_picture(tmp_path):
    fill(tmp_path, 2)
    for name in ("._00.png", ".thumbnails/00.png", "__MACOSX/._00.png", "__MACOSX/00.png", "deep/@eaDir/00.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"no picture")
    assert [path.rpartition("/")[2] for path in folder.pictures(tmp_path, 1, "one")] == ["00.png", "01.png"]
    (tmp_path / "01.png").rename(tmp_path / "B.JPeG")
    assert len(folder.pictures(tmp_path, 2, "two")) == 2, "suffixes in any case"
    hidden = tmp_path / ".hidden"
    fill(hidden, 2)
    assert len(folder.pictures(hidden, 2, "two")) == 2, "a hidden folder that the user names is not left out"


def test_images_are_chosen_from_the_whole_folder(tmp_path):
    for number, name in enumerate(["cats", "dogs"]):
        (tmp_path / name).mkdir()
        for i in range(20):
            Image.new("L", SIZE, 100 * number + i).save(tmp_path / name / f"{i:02d}.png")
    data = make.make_set(folder_of(tmp_path, train_images=12, test_images=8))
    for part in (data.train, data.test):
        assert {level >= 100 for level in part[:, 0, 0, 0].tolist()} == {True, False}
    again = make.make_set(folder_of(tmp_path, train_images=12, test_images=8))
    assert np.array_equal(data.train, again.train) and np.array_equal(data.test, again.test)


def test_only_regular_files_are_opened(tmp_path):
    fill(tmp_path, 2)
    path = tmp_path / "2.png"
    listener = socket.socket(socket.AF_UNIX)
    kinds = {
        "FIFO": lambda: os.mkfifo(path),
        "socket": lambda: listener.bind(str(path)),
        "device": lambda: path.symlink_to("/dev/zero"),
        "folder": path.mkdir,
    }
    for kind, made in kinds.items():
        made()
        with pytest.raises(ValueError, match=r"2\.png: not a regular file"):
            read(tmp_path)
        path.rmdir() if kind == "folder" else path.unlink()
    listener.close()
    path.symlink_to("00.png")
    assert len(read(tmp_path)) == 3, "a link to a picture is a picture"


def test_the_content_does_not_choose_the_decoder(tmp_path, monkeypatch):
    from PIL import EpsImagePlugin

    def started(*arguments, **more):
        raise AssertionError("Ghostscript was started")

    monkeypatch.setattr(EpsImagePlugin, "Ghostscript", started)
    hostile = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\nshowpage\n"
    Image.new("RGB", SIZE).save(tmp_path / "x.tif")
    for name, data in {"eps": hostile, "tiff": (tmp_path / "x.tif").read_bytes()}.items():
        (tmp_path / "3.png").write_bytes(data)
        with pytest.raises(ValueError, match=r"3\.png: not a readable image: no PNG, JPEG, WEBP, BMP"):
            read(tmp_path)
            pytest.fail(name)


def test_names_reach_the_terminal_without_control_characters(tmp_path):
    for name in ("\x1b[31mred\n.png", "\u202egnp.txt.png", "\udcff.png"):
        path = tmp_path / name
        path.write_bytes(b"no picture")
        with pytest.raises(ValueError, match="not a readable image") as caught:
            read(tmp_path)
        assert str(caught.value).isprintable()
        path.unlink()
    (tmp_path / "a.\x1b[2J").write_text("")
    with pytest.raises(ValueError, match=r"1 \.\\x1b\[2j"):
        read(tmp_path)


def test_pictures_of_too_many_pixels_are_refused_with_the_number(tmp_path):
    assert folder.MOST_PIXELS == Image.MAX_IMAGE_PIXELS
    for size in ((9460, 9459), (14_000, 14_000)):  # Pillow warns of the first, and refuses the second itself
        Image.new("1", size).save(tmp_path / "0.png")
        with pytest.raises(ValueError, match=r"0\.png: more than 89 478 485 pixels"):
            read(tmp_path)


# ---- How each kind of picture is read --------------------------------------------------------------------------------


def palette(*colours):
    image = Image.new("P", SIZE, 1)
    image.putpalette([value for colour in colours for value in colour])
    return image


def sixteen(level, **options):
    return Image.fromarray(np.full(SIZE, level, np.uint16)), options


PICTURES = {
    "grey": (Image.new("L", SIZE, 90), {}, (90, 90, 90)),
    "colour": (Image.new("RGB", SIZE, (1, 2, 3)), {}, (1, 2, 3)),
    "black and white": (Image.new("1", SIZE, 1), {}, WHITE),
    "a transparent icon": (Image.new("RGBA", SIZE, (0, 0, 0, 0)), {}, WHITE),
    "half transparent": (Image.new("RGBA", SIZE, (0, 0, 0, 128)), {}, (127, 127, 127)),
    "opaque": (Image.new("RGBA", SIZE, (*BLUE, 255)), {}, BLUE),
    "transparent grey": (Image.new("LA", SIZE, (0, 0)), {}, WHITE),
    "opaque grey": (Image.new("LA", SIZE, (7, 255)), {}, (7, 7, 7)),
    "a palette": (palette(RED, GREEN), {}, GREEN),
    "a palette with a transparent colour": (palette(RED, GREEN), {"transparency": 1}, WHITE),
    "a palette with alpha": (palette(RED, (0, 0, 0)), {"transparency": bytes([255, 51])}, (204, 204, 204)),
    "a transparent level": (Image.new("L", SIZE, 9), {"transparency": 9}, WHITE),
    "a transparent colour": (Image.new("RGB", SIZE, RED), {"transparency": RED}, WHITE),
    "16 bits": (*sixteen(100 * 256), (100, 100, 100)),
    "16 bits, white": (*sixteen(65535), WHITE),
    "16 bits, a transparent level": (*sixteen(1000, transparency=1000), WHITE),
    "an animation": (
        Image.new("RGB", SIZE, RED),
        {"save_all": True, "append_images": [Image.new("RGB", SIZE, BLUE)], "lossless": True},
        RED,
    ),
    "ink": (Image.new("CMYK", SIZE, (0, 255, 255, 0)), {"quality": 100}, RED),
}


@pytest.mark.parametrize("kind", PICTURES)
def test_every_kind_of_picture_is_seen_as_on_white_paper(tmp_path, kind):
    image, options, colour = PICTURES[kind]
    forms = {"an animation": ("png", "webp"), "ink": ("jpg",)}.get(kind, ("png",))
    for form in forms:
        image.save(tmp_path / f"0.{form}", **options)
    for found in (read(tmp_path), np.moveaxis(folder.read_averaged(doubled(tmp_path), 16), 3, 1)):
        assert (np.abs(found.astype(int) - np.reshape(colour, (3, 1, 1))) <= (2 if kind == "ink" else 0)).all()
    grey = int(np.asarray(Image.new("RGB", (1, 1), colour).convert("L"))[0, 0])
    assert (np.abs(read(tmp_path, channels=1).astype(int) - grey) <= 1).all()


def doubled(path):
    """The folder with its first picture a second time, as pre-training needs two."""
    first = min(file for file in path.iterdir() if file.is_file())
    (path / f"z{first.suffix}").write_bytes(first.read_bytes())
    return path


def test_sixteen_bits_in_colour_become_eight(tmp_path):
    """Pillow cannot write such a file, so it is put together here."""
    import struct
    import zlib

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    row = b"\0" + struct.pack(">HHH", 100 * 256 + 9, 65535, 255) * 16
    header = struct.pack(">IIBBBBB", 16, 16, 16, 2, 0, 0, 0)
    parts = [(b"IHDR", header), (b"IDAT", zlib.compress(row * 16)), (b"IEND", b"")]
    (tmp_path / "0.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts))
    assert (read(tmp_path) == np.reshape((100, 255, 0), (3, 1, 1))).all()


def test_a_gradient_of_sixteen_bits_is_scaled(tmp_path):
    levels = np.linspace(0, 65535, 256).astype(np.uint16).reshape(SIZE)
    Image.fromarray(levels).save(tmp_path / "0.png")
    assert np.array_equal(read(tmp_path, channels=1)[0, 0], (levels // 256).astype(np.uint8))


def both(path, size=16):
    """The one image of a folder as either use reads it, channels last."""
    return [np.moveaxis(read(path, size=size)[0], 0, 2), folder.read_averaged(path, size)[0]]


def four_times(image, path, **options):
    for i in range(4):
        image.save(path / f"{i}.png", **options)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_photographs_stand_upright_by_their_exif_orientation(tmp_path, orientation):
    upright = Image.new("RGB", (16, 16), RED)
    upright.paste(GREEN, (8, 0, 16, 8))
    upright.paste(BLUE, (0, 8, 8, 16))
    turns = {2: "FLIP_LEFT_RIGHT", 3: "ROTATE_180", 4: "FLIP_TOP_BOTTOM", 5: "TRANSPOSE"}
    turns |= {6: "ROTATE_90", 7: "TRANSVERSE", 8: "ROTATE_270"}  # how the sensor saw it
    seen = upright.transpose(Image.Transpose[turns[orientation]]) if orientation > 1 else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    four_times(seen, tmp_path, exif=exif)
    for found in both(tmp_path):
        assert np.array_equal(found, np.asarray(upright))


def test_pretraining_averages_and_image_sets_are_resized_bicubically(tmp_path):
    image = np.zeros((32, 32, 3), np.uint8)
    image[::2, ::2] = 200
    four_times(Image.fromarray(image), tmp_path)
    bicubic, averaged = both(tmp_path)
    assert (averaged == 50).all()
    assert abs(int(bicubic[4:-4, 4:-4].mean()) - 50) <= 2
    assert np.array_equal(bicubic, np.asarray(Image.fromarray(image).resize((16, 16), Image.Resampling.BICUBIC)))


def test_photographs_are_read_as_pillow_decodes_them(tmp_path):
    noise = np.random.default_rng(0).integers(0, 255, (40, 40, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "0.jpg", quality=90)
    with Image.open(tmp_path / "0.jpg") as image:
        averaged = np.asarray(image.resize((16, 16), Image.Resampling.BOX))
        bicubic = np.asarray(image.resize((16, 16), Image.Resampling.BICUBIC))
    assert np.array_equal(folder.read_averaged(doubled(tmp_path), 16)[0], averaged)
    assert np.array_equal(np.moveaxis(read(tmp_path)[0], 0, 2), bicubic)


def test_pretraining_reads_all_images_and_names_bad_ones(tmp_path):
    wide = np.zeros((20, 40, 3), np.uint8)
    wide[:, 10:30] = 200  # the central square
    Image.fromarray(wide).save(tmp_path / "b.png")
    with pytest.raises(ValueError, match=rf"{tmp_path.name}: 1 images, fewer than .* = 2"):
        folder.read_averaged(tmp_path, 16)
    (tmp_path / "deeper").mkdir()
    Image.new("L", (32, 32), 90).save(tmp_path / "deeper" / "a.jpg")
    (tmp_path / "notes.txt").write_text("no image")
    images = folder.read_averaged(tmp_path, 16)
    assert images.shape == (2, 16, 16, 3)
    assert (images[0] == 200).all() and abs(int(images[1].mean()) - 90) < 3
    (tmp_path / "c.png").write_bytes(b"\x89PNG")
    with pytest.raises(ValueError, match=r"c\.png: not a readable image"):
        folder.read_averaged(tmp_path, 16)
