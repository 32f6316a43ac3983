"""Any number of components from 1 to 10, of grey and of coloured generators of any size, in all of the evaluation."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from latentspace.gan import codes, direct, explorer, sweep
from latentspace.gan.attributes import statistics
from latentspace.gan.direct import DirectJob, train_direct
from latentspace.gan.directions import METHODS, Directions
from latentspace.gan.formats.traced import traced
from latentspace.gan.local import LocalModel, Organised
from latentspace.gan.network import Generator
from latentspace.gan.params import Direct, Sizes, Variant
from latentspace.gan.pictures import pictures_of
from latentspace.gan.places import places
from latentspace.gan.regressor_network import Regressor
from latentspace.gan.roles import PCA_AE
from latentspace.gan.train import Job, train
from latentspace.gan.trials import trials
from latentspace.images.labelled import without_factors
from latentspace.pca.settings import Network
from latentspace.pipeline.compute import CPU
from latentspace.pipeline.params import Training
from latentspace.plots.explorer import GRIDDED
from latentspace.report import gan as claims

GREY, COLOUR, FOREIGN = 1, 3, 0
# Every number of components; both kinds of images for the smallest and the largest.
CASES = [(k, COLOUR if k % 2 else GREY) for k in range(1, 11)] + [(1, GREY), (10, COLOUR), (1, FOREIGN), (5, FOREIGN)]
NORMAL = "normal"
SIZES = Sizes(train_images=24, test_images=20, seed=0)
SCHEDULE = Training(steps=2, batch_size=8, learning_rate=0.01, warmup=0.5, betas=[0.9, 0.99], checkpoint_every=2)


def tiny(channels, scales=2, latent=12):
    torch.manual_seed(0)
    if channels == FOREIGN:  # of a size that is no power of 2
        return traced(
            nn.Sequential(nn.Linear(latent, 432), nn.Tanh(), nn.Unflatten(1, (3, 12, 12))),
            [latent],
            (-1.0, 1.0),
            NORMAL,
        )
    return Generator(latent, [4] * scales, channels=channels).eval().fold()


def neighbourhood(generator, components, sigmas=(0.5,), anchors=(1,)):
    """A variant with models of random directions."""
    variant = Variant(generator="tiny", anchors=list(anchors), sigmas=list(sigmas), packet_sizes=[1] * components)
    found = places(variant, generator.latent)
    torch.manual_seed(components)
    columns = torch.randn(generator.latent, components)
    models = {(place.name, 0): LocalModel.about(place, Directions.along(columns)) for place in found}
    return Organised(variant, generator, found, models)


@pytest.mark.parametrize(("components", "channels"), CASES)
def test_every_number_is_compared_and_drawn(components, channels, tmp_path):
    organised = neighbourhood(tiny(channels), components)
    found = codes.experiment({"mine": trials({"pca_ae": organised}, SIZES, statistics, list(METHODS))})
    keys = {row.key for row in found.rows}
    place = "sigma_0.5_anchor_1"
    assert {f"mine.pca_ae.explained_k{k}/{place}_seed_0" for k in range(1, components + 1)} <= keys
    assert all(np.isfinite(row.value) for row in found.rows)
    drawn = {"attributes_mine.png", "traversals_mine.png", "traversals_mine.gif", "explained.png"}
    assert set(found.pictures) == (drawn | {"plane_mine.png"} if components > 1 else drawn)
    for file, picture in found.pictures.items():
        picture.save(tmp_path / file)
    assert {claim.id for claim in claims.own(keys)} == {f"gan.{key.partition('/')[0]}" for key in keys}


@pytest.mark.parametrize(("components", "channels"), CASES)
def test_every_number_has_a_sweep(components, channels, tmp_path):
    organised = neighbourhood(tiny(channels), components, sigmas=(0.5,) if components % 2 else (1.0, 0.2))
    found = sweep.experiment(trials({"pca_ae": organised}, SIZES, None, sweep.BASELINES))
    found.pictures["sigma.png"].save(tmp_path / "sigma.png")
    assert found.summary.startswith("σ ")


@pytest.mark.parametrize(("components", "channels"), CASES)
def test_every_number_has_an_explorer(components, channels, tmp_path):
    group = {PCA_AE: neighbourhood(tiny(channels), components)}
    (made,) = explorer.experiment({"mine": group}, {"mine": statistics}, SIZES).pictures.values()
    made.save(tmp_path / "mine.json")
    facts = json.loads((tmp_path / "mine.json").read_text())
    shown = components if channels != FOREIGN else min(components, GRIDDED)
    assert [len(view["labels"]) for view in facts["views"]] == [shown, shown]  # and the raw axes
    assert [view["title"] for view in facts["views"]] == ["PCA autoencoder", "axes of the latent space"]
    assert ("sheet" in facts["networks"][0]) == bool(facts["note"]) == (channels == FOREIGN)


@pytest.mark.parametrize(("components", "channels"), CASES)
def test_every_number_is_trained(components, channels, tmp_path):
    variant = Variant(generator="tiny", anchors=[1], sigmas=[2.0], packet_sizes=[1] * components)
    generator = tiny(channels)
    (place,) = places(variant, generator.latent)
    model, curve = train(Job(generator, place, SIZES, SCHEDULE, variant, 4, CPU, Path(tmp_path), 0))
    assert model.components == components and len({row["step"] for row in curve}) == len(curve)


@pytest.mark.parametrize(("components", "channels"), CASES)
def test_every_number_is_trained_directly_on_images(components, channels, tmp_path):
    network = Network(encoder_widths=[4] * 4, decoder_widths=[4] * 4)
    section = Direct(packet_sizes=[components], network=network, training=SCHEDULE)
    organised = neighbourhood(tiny(channels), components)
    learnt, fresh = direct.samples(organised, SIZES, 16)
    pixels = np.random.default_rng(0).integers(0, 256, (16, 64, 64, 3), dtype=np.uint8)
    drawn = direct.batch_of(without_factors(pixels))
    sets = {"drawn": drawn, "neighbourhood": learnt.images}
    trained = {name: train_direct(DirectJob(x, section, CPU, tmp_path / name, 0)) for name, x in sets.items()}
    found = direct.experiment(trained, sets, organised, drawn, fresh)
    assert all(np.isfinite(row.value) for row in found.rows)
    found.pictures["blur.png"].save(tmp_path / "blur.png")


@pytest.mark.parametrize("scales", [1, 2, 6, 8])
def test_images_of_any_size_have_finite_statistics_and_factors(scales):
    generator = tiny(1, scales)
    images = generator(torch.randn(3, generator.latent)).detach()
    assert all(np.isfinite(values).all() for values in statistics(images).values())
    factors = Regressor(64, [4, 4], ["smile"]).eval().measure(images)
    assert factors["smile"].shape == (3,) and np.isfinite(factors["smile"]).all()


def test_pictures_of_large_images_stay_small():
    generator = tiny(3, 7)  # images of 256 × 256 pixels
    assert pictures_of(generator, torch.randn(2, generator.latent), 87).shape == (2, 64, 64, 3)
    images = codes.generator_traversals(generator, neighbourhood(generator, 2).first[1], 3)
    assert images.shape == (2, 3, 128, 128, 3)


def test_more_components_than_numbers_in_a_latent_or_images(tmp_path):
    generator = tiny(3, latent=4)
    organised = neighbourhood(generator, 4)
    wide = LocalModel.about(organised.places[0], Directions(4, 7))
    more = Organised(organised.variant, generator, organised.places, {(organised.places[0].name, 0): wide})
    few = Sizes(train_images=3, test_images=20, seed=0)
    found = codes.experiment({"mine": trials({"pca_ae": more}, few, statistics, list(METHODS))})
    keys = {row.key.partition("/")[0] for row in found.rows}
    assert "mine.pca_ae.explained_k7" in keys and "mine.sefa.explained_k4" in keys
    assert not {"mine.sefa.explained_k5", "mine.image_pca.explained_k4"} & keys


def test_every_neighbourhood_has_its_panel():
    organised = neighbourhood(tiny(GREY), 2, sigmas=(0.5, 1.0), anchors=(3, 1, 2))
    found = codes.experiment({"mine": trials({"pca_ae": organised}, SIZES, statistics, list(METHODS))})
    titles = [axes.get_title() for axes in found.pictures["explained.png"].axes if axes.get_title()]
    assert titles == [f"mine, anchor {anchor}, σ = {sigma}" for sigma in ("0.5", "1") for anchor in (3, 1, 2)]


def test_the_picture_of_explained_shares_is_bounded():
    table = pd.DataFrame({"method": ["pca_ae"], "components": [1], "explained": [0.5]})
    figure = codes.explained_figure({f"mine, anchor {anchor}": table for anchor in range(43)})
    assert len([axes for axes in figure.axes if axes.get_title()]) == 40
    assert figure.get_suptitle() == "the first 40 of 43 neighbourhoods"
