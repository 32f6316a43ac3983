"""Drawn heads: ramps of colour, factors, and what is seen of them."""

import numpy as np
import pytest

from latentspace.images import avatars
from latentspace.images.params import Avatars


def test_ramps_go_through_their_stops():
    assert [avatars.ramp(("#000000", "#ff0000", "#ffffff"), t) for t in (0.0, 0.25, 0.5, 1.0)] == [
        "#000000",
        "#800000",
        "#ff0000",
        "#ffffff",
    ]


def test_factors_are_uniform_and_independent():
    rows = avatars.draw_factors(20_000, seed=0, glasses=0.4)
    assert np.array_equal(rows, avatars.draw_factors(20_000, seed=0, glasses=0.4))
    off_diagonal = np.corrcoef(rows.T) - np.eye(len(avatars.NAMES))
    assert np.abs(off_diagonal).max() < 0.03
    assert abs(rows[:, avatars.NAMES.index("glasses")].mean() - 0.4) < 0.02
    assert np.abs(rows[:, avatars.NAMES.index("roll")]).max() <= avatars.ROLL


def test_heads_show_their_factors():
    pytest.importorskip("dicebear")
    pytest.importorskip("resvg_py")
    rows = np.repeat(avatars.draw_factors(1, seed=0, glasses=0.0), 3, axis=0)
    rows[:, avatars.NAMES.index("roll")] = 0
    rows[0, avatars.NAMES.index("skin")], rows[1, avatars.NAMES.index("skin")] = 0.0, 1.0
    rows[2, avatars.NAMES.index("glasses")] = 1.0
    dark, light, glasses = (avatars.render(avatars.style(), avatars.options(row)).astype(int) for row in rows)
    assert dark.shape == (64, 64, 3)
    assert light[28:44, 24:40].mean() - dark[28:44, 24:40].mean() > 50  # the face
    changed = np.abs(glasses - avatars.render(avatars.style(), avatars.options(rows[2] * [*[1] * 8, 0]))).sum(2) > 60
    assert 40 < changed.sum() < 500 and changed[15:45].sum() == changed.sum()
    assert avatars.make(Avatars(images=2, seed=0, glasses=0.5)).images.shape == (2, 64, 64, 3)
