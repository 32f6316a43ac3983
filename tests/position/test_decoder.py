"""Errors of decoders at held-out positions, on constructed outputs and small networks."""

import numpy as np
import pytest

from latentspace.pipeline.measured import value_of
from latentspace.position import dataset
from latentspace.position.decoder import (
    Decoded,
    decode,
    decoded_figure,
    decoded_images,
    decoder_numbers,
    decoder_table,
    errors_figure,
    experiment,
)
from latentspace.position.measures import diracs
from latentspace.position.train import build
from latentspace.position.train_decoder import decoder_jobs, decoder_kinds


def networks(section, seeds=(0, 1)):
    found = {}
    for job in decoder_jobs(section, list(seeds)):
        found.setdefault(job.name, {})[job.seed] = build(job)[0].eval()
    return found


def constructed(section, factor):
    sizes = {1: section.line.image_size, 2: section.image.image_size}
    found = {}
    for name in decoder_kinds(section):
        d = 2 if name.startswith("image_") else 1
        a = dataset.held_out(49, sizes[d], d)
        found[name] = Decoded(a, diracs(a, sizes[d]), {0: factor * diracs(a, sizes[d])}, 7)
    return found


def test_decoders_are_asked_for_the_held_out_positions(small_decoder):
    found = decode(networks(small_decoder), small_decoder)
    assert list(found) == list(decoder_kinds(small_decoder))
    for name, decoded in found.items():
        d = 2 if name.startswith("image_") else 1
        assert np.array_equal(decoded.positions, dataset.held_out(49, 8, d))
        assert np.array_equal(decoded.wanted, diracs(decoded.positions, 8))
        assert list(decoded.outputs) == [0, 1] and decoded.outputs[0].shape == decoded.wanted.shape


def test_decoders_that_halve_every_picture(small_decoder):
    rows = [row for name, d in constructed(small_decoder, 0.5).items() for row in decoder_numbers(name, d)]
    for name in decoder_kinds(small_decoder):
        assert value_of(rows, f"decoder.{name}", "relative_l2", 0) == pytest.approx(0.5)
        assert value_of(rows, f"decoder.{name}", "peak_error_px", 0) == pytest.approx(0, abs=1e-12)
    table = decoder_table(small_decoder, rows, [0])
    assert list(table["name"]) == list(decoder_kinds(small_decoder)) and set(table["parameters"]) == {7}
    sizes = table.set_index("name")["positions"]
    assert sizes["one_hot"] == 8 and sizes["continuous"] == 25 and sizes["image_one_hot"] == 64


def test_figures_of_constructed_outputs(small_decoder):
    found = constructed(small_decoder, 0.9)
    table = decoder_table(small_decoder, [r for name, d in found.items() for r in decoder_numbers(name, d)], [0])
    table["relative_l2"] = table["peak_error_px"] = np.linspace(0.01, 1, len(table))
    left, _ = errors_figure(table).axes
    labels = [text.get_text() for text in left.get_yticklabels()]
    assert labels[-1] == "line, continuous a (25)" and "image, CoordConv (16)" in labels
    figure = decoded_figure(found, ["one_hot", "coordconv"], 0)
    assert [axes.get_ylabel() for axes in figure.axes[::4]] == ["line, one-hot a", "line, CoordConv"]
    wanted, decoded = (line.get_ydata() for line in figure.axes[0].lines)
    assert np.allclose(decoded, 0.9 * wanted)
    rows = decoded_images(found, 0).axes[::8]
    assert [axes.get_ylabel() for axes in rows] == ["wanted", "continuous a", "one-hot a", "CoordConv"]
    assert np.allclose(rows[1].images[0].get_array(), 0.9 * rows[0].images[0].get_array())


def test_experiment(small_decoder, complete):
    findings = experiment(networks(small_decoder), small_decoder)
    names = list(decoder_kinds(small_decoder))
    measures = {f"decoder.{name}": ["relative_l2", "peak_error_px"] for name in names}
    rest = complete(findings, measures, ["decoded.png", "decoded_images.png", "errors.png"])
    assert rest == {f"decoder.{name}.parameters" for name in names}
    assert len(findings.tables["decoders"]) == 2 * len(names)
