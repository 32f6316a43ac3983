"""What the decoder and autoencoder stages train and report, on constructed outputs; wrong parameters are named."""

import numpy as np
import pytest

from latentspace.core.params import ParamsError, parse, read_yaml
from latentspace.position import dataset, figures
from latentspace.position.experiments import (
    AUTOENCODERS,
    Coded,
    Placed,
    autoencoder_jobs,
    autoencoder_numbers,
    correlations,
    decoder_jobs,
    decoder_kinds,
    decoder_numbers,
    decoder_table,
)
from latentspace.position.measures import diracs
from latentspace.position.network import CoordConvDecoder, PositionDecoder
from latentspace.position.params import Autoencoder, Decoder
from latentspace.position.training import build


@pytest.fixture(scope="module")
def params(root):
    return read_yaml(root / "params.yaml")


@pytest.fixture(scope="module")
def decoder(params):
    return parse(Decoder, params["position_train_decoder"], "position_train_decoder")


@pytest.fixture(scope="module")
def autoencoder(params):
    return parse(Autoencoder, params["position_train_autoencoder"], "position_train_autoencoder")


def test_the_rival_has_as_many_parameters_and_steps(decoder):
    from latentspace.core.models import parameter_count

    jobs = {job.name: job for job in decoder_jobs(decoder, [0])}
    for ours, rival in (("continuous", "coordconv"), ("image_continuous", "image_coordconv")):
        counts = [parameter_count(build(jobs[name])[0]) for name in (ours, rival)]
        assert counts[1] == pytest.approx(counts[0], rel=0.01)
        assert jobs[ours].training.steps == jobs[rival].training.steps
        assert (jobs[ours].positions == jobs[rival].positions).all()


def test_training_sets_are_whole_or_continuous_and_differ_by_seed(decoder):
    jobs = decoder_jobs(decoder, [0, 1])
    named = {(job.name, job.seed): job.positions for job in jobs}
    assert len(named) == len(jobs) == 2 * len(decoder_kinds(decoder))
    assert (named["one_hot", 0] == np.arange(decoder.line.image_size)[:, None]).all()
    assert len(named["image_one_hot", 0]) == decoder.image.image_size**2
    assert len(named["continuous_64", 0]) == 64 and len(named["continuous", 0]) == 4096
    assert not np.isin(named["continuous", 0], named["continuous", 1]).any()
    kinds = decoder_kinds(decoder)
    assert kinds["coordconv"] is CoordConvDecoder and kinds["image_one_hot"] is PositionDecoder


def placed(decoder, factor):
    sizes = {1: decoder.line.image_size, 2: decoder.image.image_size}
    positions = {d: dataset.held_out(49, n, d) for d, n in sizes.items()}
    wanted = {d: diracs(a, sizes[d]) for d, a in positions.items()}
    names = decoder_kinds(decoder)
    outputs = {name: {0: factor * wanted[2 if name.startswith("image_") else 1]} for name in names}
    return Placed(positions, wanted, outputs, dict.fromkeys(names, 7))


def test_decoders_that_halve_every_picture(decoder):
    metrics = decoder_numbers(placed(decoder, 0.5))
    for name in decoder_kinds(decoder):
        assert metrics[f"decoder.{name}.relative_l2/seed_0"] == pytest.approx(0.5)
        assert metrics[f"decoder.{name}.peak_error_px/seed_0"] == pytest.approx(0, abs=1e-12)
    table = decoder_table(decoder, metrics, [0])
    assert list(table["name"]) == list(decoder_kinds(decoder)) and set(table["parameters"]) == {7}
    assert table.set_index("name")["positions"]["one_hot"] == decoder.line.image_size


def test_decoder_figures_draw(decoder):
    found = placed(decoder, 0.9)
    table = decoder_table(decoder, decoder_numbers(found), [0])
    table["relative_l2"] = table["peak_error_px"] = np.linspace(0.01, 1, len(table))
    assert len(figures.errors(table).axes) == 2
    assert len(figures.decoded(found, ["one_hot", "coordconv"], 0).axes) == 8
    assert len(figures.decoded_images(found, 0).axes) == 4 * 8


def test_every_start_of_the_autoencoder_is_trained(autoencoder):
    jobs = autoencoder_jobs(autoencoder, [0, 1])
    assert [job.name for job in jobs] == [*AUTOENCODERS, *AUTOENCODERS]
    assert {job.name: job.start for job in jobs} == {name: start for name, (_, start) in AUTOENCODERS.items()}
    assert all(job.encoder_rate == autoencoder.encoder_rate for job in jobs)


def coded(dimensions, function):
    a = dataset.held_out(400, 8, dimensions)
    x = diracs(a, 8)
    return Coded(a, x, {0: function(a)}, {0: x})


def test_a_code_that_is_the_position_and_one_that_folds():
    found = {"line": coded(1, lambda a: 3 - 2 * a), "line_random": coded(1, lambda a: (a - 3.5) ** 2)}
    metrics = autoencoder_numbers(found)
    assert metrics["autoencoder.line.spearman/seed_0"] == pytest.approx(1)
    assert metrics["autoencoder.line.position_r2/seed_0"] == pytest.approx(1)
    assert metrics["autoencoder.line.relative_l2/seed_0"] == 0
    assert metrics["autoencoder.line_random.spearman/seed_0"] < 0.1
    assert metrics["autoencoder.line_random.position_r2/seed_0"] < 0.1
    image = autoencoder_numbers({"image": coded(2, lambda a: a[:, ::-1])})
    assert image["autoencoder.image.position_r2/seed_0"] == pytest.approx(1)
    assert "autoencoder.image.spearman/seed_0" not in image


def test_correlations_name_their_rows():
    table = correlations(coded(2, lambda a: -a[:, ::-1]), 0)
    assert list(table.columns) == list(table.index) == ["row", "column", "code 1", "code 2"]
    assert table.loc["row", "code 2"] == pytest.approx(-1) and abs(table.loc["row", "code 1"]) < 0.1
    assert list(correlations(coded(1, lambda a: a), 0).columns) == ["position", "code 1"]


def test_autoencoder_figures_draw():
    line, image = coded(1, lambda a: a), coded(2, lambda a: a)
    found = {"line": line, "line_random": line, "image": image, "image_random": image}
    assert len(figures.codes_line(found).axes) == 2 and len(figures.codes_image(found).axes) == 4
    assert len(figures.outputs_line(found, 0).axes) == 8 and len(figures.outputs_image(found, 0).axes) == 24


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"line": {"image_size": 48, "widths": [4] * 7}}, "line.image_size = 48"),
        ({"line": {"image_size": 64, "widths": [4] * 6}}, "64 places need 7 widths"),
        ({"positions": []}, "positions = []"),
        ({"positions": [64, 1]}, "positions.1 = 1"),
        ({"positions_2d": 0}, "positions_2d = 0"),
        ({"coordconv_batch_size": 0}, "coordconv_batch_size = 0"),
    ],
)
def test_a_wrong_decoder_section_is_named(params, change, says):
    with pytest.raises(ParamsError, match=r"params\.yaml: position_train_decoder") as error:
        parse(Decoder, params["position_train_decoder"] | change, "position_train_decoder")
    assert says in str(error.value)


@pytest.mark.parametrize(
    ("change", "says"), [({"encoder_width": 1}, "encoder_width = 1"), ({"encoder_rate": 0.0}, "encoder_rate = 0.0")]
)
def test_a_wrong_autoencoder_section_is_named(params, change, says):
    with pytest.raises(ParamsError, match=r"params\.yaml: position_train_autoencoder") as error:
        parse(Autoencoder, params["position_train_autoencoder"] | change, "position_train_autoencoder")
    assert says in str(error.value)
