"""Folders of images: cut to squares, upright, in 8 bits; bad files are named."""

import io

import numpy as np
import pytest
from PIL import Image

from latentspace.images import folder, make

from .samples import fill, folder_of

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


def flag(width, height):
    """Three vertical stripes, red, green, blue, the middle one a square."""
    image = Image.new("RGB", (width, height), RED)
    left = (width - height) // 2
    image.paste(GREEN, (left, 0, left + height, height))
    image.paste(BLUE, (left + height, 0, width, height))
    return image


def test_a_folder_in_colour_is_cut_to_its_middle_square(tmp_path):
    for i, size in enumerate([(60, 20), (48, 16), (96, 32), (30, 10)]):
        flag(*size).save(tmp_path / f"{i}.png")
    colour = folder.read_folder(folder_of(tmp_path, channels=3, train_images=2, test_images=2))
    assert colour.shape == (4, 3, 16, 16)
    assert np.abs(colour.mean(axis=(0, 2, 3)) - GREEN).max() < 8
    assert np.array_equal(colour[1].mean(axis=(1, 2)), GREEN), "no scaling, no bleeding from the sides"
    grey = folder.read_folder(folder_of(tmp_path, train_images=2, test_images=2))
    assert grey.shape == (4, 1, 16, 16)
    assert np.unique(grey[1]).tolist() == [150], "luminance of green: 0.587 × 255"


def test_too_few_images_name_the_folder(tmp_path):
    fill(tmp_path / "few", 3)
    for name, found in {"few": 3, "nowhere": 0}.items():
        with pytest.raises(ValueError, match=rf"{name}: {found} images"):
            make.make_set(folder_of(tmp_path / name, train_images=2, test_images=2))


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


def both(path, size=16):
    """The one image of a folder as either use reads it, channels last."""
    spec = folder_of(path, channels=3, train_images=2, test_images=2, image_size=size)
    return [np.moveaxis(folder.read_folder(spec)[0], 0, 2), folder.read_averaged(path, size)[0]]


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


def test_sixteen_bits_become_eight(tmp_path):
    four_times(Image.fromarray(np.full((16, 16), 100 * 256, np.uint16)), tmp_path)
    for found in both(tmp_path):
        assert (found == 100).all()


def test_a_palette_with_transparent_colours_keeps_them(tmp_path):
    image = Image.new("P", (16, 16), 1)
    image.putpalette([*RED, *GREEN, *BLUE])
    four_times(image, tmp_path, transparency=bytes([255, 100, 0]))
    for found in both(tmp_path):
        assert (found == GREEN).all()


def test_pretraining_averages_and_image_sets_are_resized_bicubically(tmp_path):
    image = np.zeros((32, 32, 3), np.uint8)
    image[::2, ::2] = 200
    four_times(Image.fromarray(image), tmp_path)
    bicubic, averaged = both(tmp_path)
    assert (averaged == 50).all()
    assert abs(int(bicubic[4:-4, 4:-4].mean()) - 50) <= 2
    assert np.array_equal(bicubic, np.asarray(Image.fromarray(image).resize((16, 16), Image.Resampling.BICUBIC)))


def test_pretraining_reads_all_images_and_names_bad_ones(tmp_path):
    wide = np.zeros((20, 40, 3), np.uint8)
    wide[:, 10:30] = 200  # the central square
    Image.fromarray(wide).save(tmp_path / "b.png")
    with pytest.raises(ValueError, match=rf"{tmp_path.name}: fewer than two images"):
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
