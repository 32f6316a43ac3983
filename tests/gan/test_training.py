"""Organising neighbourhoods: places, training through a generator, resume, generators from anywhere, direct models."""

from pathlib import Path

import numpy as np
import pytest
import torch

from latentspace.core import models
from latentspace.core.compute import CPU
from latentspace.core.params import ParamsError, Training, parse
from latentspace.gan import experiments, generators, training, zoo_files
from latentspace.gan.direct import DirectJob, reconstructed, train_direct
from latentspace.gan.directions import Directions
from latentspace.gan.experiments import Navigated, Result, Trial, evaluate, explained_table, load_local, numbers, purity
from latentspace.gan.neighbourhood import LocalModel, drawn_anchors
from latentspace.gan.network import Generator
from latentspace.gan.params import Direct, Sizes, Source, Variant, ZooSource
from latentspace.gan.training import Job, places, runs_of, train
from latentspace.organise.network import DenseNetwork
from latentspace.organise.params import Network

SCHEDULE = Training(steps=12, batch_size=16, learning_rate=0.01, warmup=0.25, betas=[0.9, 0.99], checkpoint_every=4)
SIZES = Sizes(train_images=64, test_images=48, seed=0)
VARIANT = Variant(generator="tiny", anchors=[1], sigmas=[0.1], packet_sizes=[1, 1])


def job(generator, checkpoints, **changes):
    variant = VARIANT.model_copy(update=changes)
    return Job(generator, places(variant, 8)[0], SIZES, SCHEDULE, variant, CPU, checkpoints, 0)


def test_every_sigma_about_every_anchor_is_a_place():
    variant = Variant(generator="tiny", anchors=[1, 5], sigmas=[0.4, 1.0], relative=True)
    found = places(variant, 8)
    assert [place.name for place in found] == [f"sigma_{s}_anchor_{a}" for s in ("0.4", "1") for a in (1, 5)]
    assert torch.equal(found[1].neighbourhood.anchor, drawn_anchors(8, [5])[0])
    assert found[2].neighbourhood.sigma == 1.0 and found[2].neighbourhood.relative
    runs = runs_of(variant.model_copy(update={"seeds": 2}), 8, [7, 8, 9])
    assert [(place.name, seed) for place, seed in runs[:2]] == [("sigma_0.4_anchor_1", 7), ("sigma_0.4_anchor_1", 8)]


def test_anchors_come_from_the_rows_of_a_file(tmp_path):
    path = tmp_path / "mine.npy"
    np.save(path, np.eye(8)[:3])
    variant = Variant(generator="tiny", anchors=[2], anchors_file=str(path))
    assert torch.allclose(places(variant, 8)[0].neighbourhood.anchor, 8**0.5 * torch.eye(8)[2])
    with pytest.raises(ValueError, match=r"mine\.npy: 3 anchors"):
        places(variant.model_copy(update={"anchors": [3]}), 8)
    with pytest.raises(ValueError, match=r"mine\.npy: anchors of shape \(3, 8\), where \(anchors, 9\)"):
        places(variant, 9)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"anchors": []}, "anchors"),
        ({"anchors": [1, 1]}, "distinct"),
        ({"anchors": [-1]}, "≥ 0"),
        ({"sigmas": [0.7, 0.7]}, "distinct"),
        ({"reconstruction": "bce"}, "must be mse"),
        ({"label": -1}, "label"),
        ({"anchors_file": "gone.npy"}, r"gone\.npy: no such file of anchors"),
    ],
)
def test_a_wrong_variant_is_refused(change, complaint):
    with pytest.raises(ParamsError, match=complaint):
        parse(Variant, {"generator": "tiny", "anchors": [1]} | change, "gan_train.variants.x")


@pytest.mark.parametrize("source", [{}, {"path": "a", "zoo": {"file": "b"}}])
def test_a_generator_comes_from_one_place(source):
    with pytest.raises(ParamsError, match="either a path"):
        parse(Source, source, "gan_generator.sources.x")


def test_training_reaches_below_the_error_of_the_mean_image(generator, tmp_path):
    long = SCHEDULE.model_copy(update={"steps": 150})
    whole = job(generator, tmp_path)
    model, curve = train(Job(generator, whole.place, SIZES, long, whole.variant, CPU, tmp_path, 0))
    assert isinstance(model, LocalModel) and model.components == 2
    assert curve[-1]["reconstruction"] < 0.8
    codes = model.encode(whole.place.neighbourhood.latents(whole.place.neighbourhood.draw(500, seed=9)))
    assert codes.std(0).detach().numpy() == pytest.approx(np.ones(2), rel=0.3)


def test_a_killed_training_ends_in_the_same_weights(generator, tmp_path, monkeypatch):
    whole, _ = train(job(generator, tmp_path / "whole"))

    def killed(*arguments, seed, **keywords):
        result = real(*arguments, seed=seed, **keywords)
        if len(calls := [*calls_made, 1]) == 2:
            raise KeyboardInterrupt
        calls_made[:] = calls
        return result

    from latentspace.organise import pca_autoencoder

    real, calls_made = pca_autoencoder.fit, []
    monkeypatch.setattr(pca_autoencoder, "fit", killed)
    with pytest.raises(KeyboardInterrupt):
        train(job(generator, tmp_path / "killed"))
    monkeypatch.setattr(pca_autoencoder, "fit", real)
    resumed, _ = train(job(generator, tmp_path / "killed"))
    for name, tensor in whole.state_dict().items():
        assert torch.equal(tensor, resumed.state_dict()[name]), name


def test_images_too_many_for_the_memory_are_mapped(generator, tmp_path, monkeypatch):
    kept, _ = train(job(generator, tmp_path / "memory"))
    monkeypatch.setattr(training, "LARGE", 10)
    mapped, _ = train(job(generator, tmp_path / "file"))
    assert (tmp_path / "file" / "images.npy").exists()
    assert all(torch.equal(a, b) for a, b in zip(kept.parameters(), mapped.parameters(), strict=True))


def test_a_generator_of_ours_is_brought_as_it_is(tmp_path):
    torch.manual_seed(0)
    made = Generator(8, [6, 4])
    models.save(made.half(), tmp_path / "mine.safetensors")
    target = tmp_path / "there" / "generator.safetensors"
    found = generators.obtain(Source(path=str(tmp_path / "mine.safetensors")), target)
    assert torch.equal(found.formatLayer.module.weight, made.formatLayer.module.weight.float())
    assert generators.read(target).config == made.config


def test_a_zoo_file_is_converted(tmp_path):
    torch.manual_seed(0)
    made = Generator(8, [6, 4], classes=3)
    zoo_files.write(tmp_path / "zoo.pth", made, old_keys=False, legacy=False)
    target = tmp_path / "tiny" / "generator.safetensors"
    generators.obtain(Source(zoo=ZooSource(file=str(tmp_path / "zoo.pth"))), target)
    assert target.with_suffix(".json").exists()
    with pytest.raises(ValueError, match="needs a label"):
        generators.frozen(tmp_path, VARIANT)
    fixed = generators.frozen(tmp_path, VARIANT.model_copy(update={"label": 2}))
    z = torch.randn(2, 8)
    with torch.no_grad():
        wanted = generators.read(target)(torch.cat([z, torch.eye(3)[[2, 2]]], 1))
    assert torch.allclose(fixed.float()(z), wanted, atol=0.1 * float(wanted.std()))
    with pytest.raises(ValueError, match="3 classes"):
        generators.frozen(tmp_path, VARIANT.model_copy(update={"label": 3}))


@pytest.mark.parametrize("source", [{"path": "gone.safetensors"}, {"zoo": {"file": "gone.pth"}}])
def test_a_missing_weight_file_is_found_before_any_stage_runs(source):
    with pytest.raises(ParamsError, match=r"gan_generator\.sources\.x: gone\.\w+: no such file"):
        parse(Source, source, "gan_generator.sources.x")


@pytest.mark.parametrize("content", [b"short", "another network"])
def test_a_bad_weight_file_is_named_and_nothing_is_overwritten(tmp_path, content):
    path, target = tmp_path / "bad.safetensors", tmp_path / "generator.safetensors"
    target.write_bytes(b"as it was")
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        models.save(DenseNetwork(2, 3, 1), path)
    with pytest.raises(ValueError, match=r"bad\.safetensors: "):
        generators.obtain(Source(path=str(path)), target)
    assert target.read_bytes() == b"as it was"


# ---- What is measured ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def results(generator):
    place = places(VARIANT, 8)[0]
    complete = LocalModel.about(place.neighbourhood, Directions.along(torch.eye(8)))

    def measure(images):
        return {
            "brightness": images.double().mean((1, 2, 3)).numpy(),
            "red": images[:, 0].double().mean((1, 2)).numpy(),
        }

    trial = Trial(generator, place, {("pca_ae", "_seed_0"): complete}, measure, SIZES, ["jacobian", "raw"])
    return evaluate(trial)


def test_all_directions_explain_everything(results):
    explained = {result.method: result.explained for result in results}
    assert explained["pca_ae"][-1] == pytest.approx(1, abs=1e-4)
    assert explained["raw"][-1] == pytest.approx(1, abs=1e-4)
    assert explained["pca_ae"][0] < 0.9


def test_the_first_singular_vector_beats_an_axis(results):
    explained = {result.method: result.explained for result in results}
    assert explained["jacobian"][0] > explained["raw"][0]


def test_numbers_name_method_measure_and_place(results):
    metrics = numbers(results, "tiny.")
    assert metrics["tiny.pca_ae.explained_k8/sigma_0.1_anchor_1_seed_0"] == pytest.approx(1, abs=1e-4)
    assert "tiny.image_pca.explained_k1/sigma_0.1_anchor_1" in metrics
    assert metrics["tiny.raw.max_correlation/sigma_0.1_anchor_1"] < 0.05
    best = np.max([r.explained for r in results if r.method in {"jacobian", "raw"}], axis=0)
    ours = next(r for r in results if r.method == "pca_ae")
    margin = metrics["tiny.pca_ae.explained_margin/sigma_0.1_anchor_1_seed_0"]
    assert margin == pytest.approx((ours.explained - best).min())
    assert isinstance(ours, Navigated) and ours.attributes is not None
    assert ours.attributes.shape == (8, 2)
    name = "tiny.pca_ae.attribute_purity/sigma_0.1_anchor_1_seed_0"
    assert metrics[name] == pytest.approx(ours.attributes.max(axis=1).mean()) == purity(ours.attributes)
    rivals = [purity(r.attributes) for r in results if isinstance(r, Navigated) and r.method != "pca_ae"]
    assert metrics["tiny.pca_ae.purity_margin"] == pytest.approx(purity(ours.attributes) - max(rivals))
    assert np.allclose(ours.attributes, ours.shown, atol=0.02), "what a complete code decodes to is the image itself"


def test_the_table_has_a_row_per_method_and_component(results):
    table = explained_table(results)
    assert len(table) == 8 * 4 and set(table["components"]) == set(range(1, 9))
    assert isinstance(results[-1], Result) and results[-1].method == "image_pca"


def test_a_model_of_something_else_is_named(tmp_path):
    path = tmp_path / "other.safetensors"
    models.save(DenseNetwork(2, 3, 1), path)
    with pytest.raises(ValueError, match=r"other\.safetensors: holds a DenseNetwork"):
        load_local(path)


def test_a_direct_model_reconstructs_in_the_images_own_range(tmp_path):
    torch.manual_seed(0)
    shade = torch.rand(64, 1, 1, 1) * 2 - 1
    images = shade.expand(64, 3, 16, 16).contiguous()
    section = Direct(
        packet_sizes=[1],
        network=Network(encoder_widths=[4, 4], decoder_widths=[4, 4]),
        training=SCHEDULE.model_copy(update={"steps": 200}),
    )
    model = train_direct(DirectJob(images, section, CPU, Path(tmp_path), 0))
    assert (reconstructed(model, images) - images).square().mean() < 0.1 * images.var()


def test_no_experiment_is_left_without_a_reference():
    assert set(experiments.directions.METHODS) == {"ganspace", "jacobian", "sefa", "raw", "latent_pca"}
