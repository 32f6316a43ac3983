"""Grids of the report's explorer: the order in which the page reads them, and the two files."""

import json

import numpy as np
import pytest
import torch
from PIL import Image

from latentspace.plots import explorer


def test_codes_of_a_cube_and_of_planes_are_in_the_order_the_page_reads_them():
    n, values = explorer.STEPS, explorer.values()
    cube = explorer.cube(3)
    assert torch.equal(cube[(2 * n + 5) * n + 1], torch.stack([values[2], values[5], values[1]]))
    planes = explorer.planes(5)
    assert planes.shape == (10 * n**2, 5)
    pair = explorer.pairs(5).index((1, 3))
    assert pair == (5 - 1) + (3 - 1 - 1), "the page counts pairs like this"
    wanted = torch.zeros(5)
    wanted[1], wanted[3] = values[4], values[6]
    assert torch.equal(planes[pair * n**2 + 4 * n + 6], wanted)


@pytest.mark.parametrize("components", range(1, 11))
def test_a_grid_of_any_number_of_components_fits_on_a_sheet(components):
    kind, codes = explorer.grid(components)
    assert kind == ("cube" if components <= explorer.CUBE else "planes") and codes.shape[1] == components
    side = explorer.largest_side(len(codes))
    assert side >= 64 and side * explorer.STEPS**2 <= explorer.WIDEST and len(codes) * side**2 <= explorer.PIXELS
    assert set(explorer.files_of("a", np.zeros((len(codes), 1, 1)), {}, [])) == {"a.webp", "a.json"}


def test_a_sheet_has_its_pictures_row_by_row():
    n = explorer.STEPS**2
    pictures = np.zeros((2 * n, 2, 3))
    pictures[n + 4] = 1
    made = explorer.sheet(pictures)
    assert made.shape == (4, 3 * n) and made.dtype == np.uint8
    assert made[2:, 12:15].min() == 255 and made.sum() == 255 * 6


def test_an_explorer_is_a_sheet_and_its_description(tmp_path):
    n = explorer.STEPS**2
    files = explorer.files_of("mine", np.zeros((n, 4, 4, 3)), {"title": "t", "kind": "planes"}, ["z1", "z2"])
    assert list(files) == ["mine.webp", "mine.json"]
    for name, file in files.items():
        file.save(tmp_path / name)
    with Image.open(tmp_path / "mine.webp") as sheet:
        assert sheet.size == (4 * n, 4)
    wanted = {"labels": ["z1", "z2"], "steps": 7, "span": 2.0, "size": 4, "title": "t", "kind": "planes"}
    assert json.loads((tmp_path / "mine.json").read_text()) == wanted


def test_pictures_that_do_not_fill_their_rows_are_refused():
    with pytest.raises(ValueError, match="50 pictures do not fill rows of 49"):
        explorer.files_of("mine", np.zeros((50, 4, 4)), {}, [])
