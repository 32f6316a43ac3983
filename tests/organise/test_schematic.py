"""The drawing of growing, freezing and discarding."""

import pytest

from latentspace.organise.schematic import STATES, growth


def texts(figure):
    return [text.get_text() for text in figure.axes[0].texts]


@pytest.mark.parametrize("packets", [1, 2, 3, 5])
def test_every_step_trains_one_encoder_beside_the_frozen_ones_and_discards_the_decoders_before(packets):
    figure = growth(packets)
    shown = texts(figure)
    for step in range(1, packets + 1):
        digit = "₀₁₂₃₄₅"[step]
        assert shown.count(f"E{digit}") == packets - step + 1, "an encoder stays"
        assert shown.count(f"D{digit}") == packets - step + 1, "a decoder is new once, then discarded"
    assert shown.count("discarded") == packets - 1
    frozen = [text for text in figure.axes[0].texts if text.get_color() == STATES["frozen"]]
    assert len(frozen) == packets * (packets - 1) / 2


def test_only_the_last_decoder_stays():
    titles = [text for text in texts(growth()) if text.startswith(("1.", "2.", "3."))]
    assert titles == ["1. Train E₁ and a new D₁", "2. Train E₂ and a new D₂", "3. Train E₃ and a new D₃, the last"]
