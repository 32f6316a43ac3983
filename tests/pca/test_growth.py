"""The PCA autoencoder: principal components on linear data, frozen packets, exact resume, refusals."""

import json
from functools import partial

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn

from latentspace import load
from latentspace.images import drawn as draw
from latentspace.images import image_set, make
from latentspace.images.params import DataSet
from latentspace.nn import chunks, models
from latentspace.nn import fit as loop
from latentspace.nn.fit import Diverged
from latentspace.pca import growth
from latentspace.pca.errors import ERRORS
from latentspace.pca.growth import Growth, check
from latentspace.pca.networks import ConvDecoder, ConvEncoder, DenseNetwork, PacketAutoencoder
from latentspace.pca.settings import Settings
from latentspace.pipeline.compute import CPU, Compute
from latentspace.pipeline.params import ParamsError, Training, parse

STEPS = 12
TRAINING = Training(steps=STEPS, batch_size=16, learning_rate=0.01, warmup=0.25, betas=[0.9, 0.99], checkpoint_every=4)
SPEC = DataSet(kind="ellipses", image_size=16, train_images=64, test_images=2)
ENCODER, DECODER = partial(ConvEncoder, 16, 1, [4]), partial(ConvDecoder, 16, 1, [4])


@pytest.fixture(scope="module")
def images():
    drawn, _ = draw.ellipses(64, SPEC, np.random.default_rng(0))
    return torch.from_numpy(image_set.to_batch(drawn[make.space_filling_order(drawn)]))


def grow(data, encoder, decoder, settings, training, *, error=None, before=None, **more):
    error = error or ERRORS[settings.reconstruction]()
    return growth.grow(data, Growth(encoder, decoder, error, settings, training, **more), before)


def train(images, packet_sizes=(1, 1, 1), seed=5, checkpoints=None, training=TRAINING, compute=CPU, **settings):
    chosen = Settings(packet_sizes=list(packet_sizes), **settings)
    return grow((images,), ENCODER, DECODER, chosen, training, seed=seed, compute=compute, checkpoints=checkpoints)


@pytest.fixture(scope="module")
def run(images):
    return train(images)


@pytest.fixture(scope="module")
def model(run):
    return run[0]


@pytest.fixture(scope="module")
def noisy(images):
    """A run whose training has noise on the codes, and its curve."""
    return train(images, code_noise=0.1)


@pytest.fixture(scope="module")
def packets(images):
    return train(images, [2, 1])[0]


def same(model, other):
    """Equal weights and statistics, bit for bit."""
    mine, theirs = model.state_dict(), other.state_dict()
    return mine.keys() == theirs.keys() and all(torch.equal(mine[name], theirs[name]) for name in mine)


class Killed(Exception):
    pass


def killed_at(monkeypatch, call):
    """Die in the `call`-th step of a run, counted over all its packets from 0."""
    real, calls = loop.one_cycle, []

    def die(now, training):
        if len(calls) == call:
            raise Killed
        calls.append(now)
        return real(now, training)

    monkeypatch.setattr(loop, "one_cycle", die)


def sources(n=2000):
    """Independent Gaussian numbers of variances 4, 1 and ¼, shape (n, 3), turned into 8 dimensions, shape (n, 8)."""
    generator = torch.Generator().manual_seed(0)
    pure = torch.randn(n, 3, generator=generator) * torch.tensor([2.0, 1.0, 0.5])
    return pure, pure @ torch.linalg.qr(torch.randn(8, 3, generator=generator))[0].T


def principal_components(x):
    """Their values and their variances, both in falling order."""
    centred = (x - x.mean(0)).double()
    variances, directions = torch.linalg.eigh(centred.T @ centred / len(x))
    return (centred @ directions).flip(1), variances.flip(0)


LINEAR = Training(steps=150, batch_size=128, learning_rate=0.05, warmup=0.2, betas=[0.9, 0.99], checkpoint_every=10**6)


@pytest.fixture(scope="module")
def linear():
    """A linear PCA autoencoder of the turned sources, and the sources."""
    _, x = sources()
    return grow((x,), partial(nn.Linear, 8), lambda k: nn.Linear(k, 8), Settings(), LINEAR, seed=1)[0], x


def test_on_linear_data_the_components_are_the_principal_components(linear):
    model, x = linear
    components, _ = principal_components(x)
    correlation = np.corrcoef(model.encode(x).T, components[:, :3].T)[:3, 3:]
    assert np.abs(np.diag(correlation)).min() > 0.98
    assert np.abs(correlation - np.diag(np.diag(correlation))).max() < 0.15


def test_on_linear_data_the_error_is_the_variance_left_over(linear):
    model, x = linear
    _, variances = principal_components(x)
    for k in (1, 2):
        error = (model.reconstruct(x, k) - x).square().mean().item()
        assert error == pytest.approx(variances[k:].sum().item() / 8, rel=0.05)
    assert (model.reconstruct(x) - x).square().mean().item() < 1e-3


def test_on_linear_data_a_packet_of_two_spans_the_first_two_principal_components():
    _, x = sources()
    settings = Settings(packet_sizes=[2, 1])
    model, _ = grow((x,), partial(nn.Linear, 8), lambda k: nn.Linear(k, 8), settings, LINEAR, seed=1)
    z, (components, _) = model.encode(x).double(), principal_components(x)
    packet = z[:, :2]
    left = components[:, :2] - packet @ torch.linalg.lstsq(packet, components[:, :2]).solution
    assert (left.var(0) / components[:, :2].var(0)).max() < 0.02
    assert abs(np.corrcoef(z[:, 2], components[:, 2])[0, 1]) > 0.98
    assert abs(np.corrcoef(packet.T)[0, 1]) < 0.1, "the penalty works within a packet, too"


def test_without_the_penalty_components_of_linear_data_mix():
    _, x = sources()
    parts = partial(nn.Linear, 8), lambda k: nn.Linear(k, 8)
    model, _ = grow((x,), *parts, Settings(packet_sizes=[2], weight=0.0), LINEAR, seed=1)
    assert abs(np.corrcoef(model.encode(x).T)[0, 1]) > 0.1


@pytest.mark.parametrize("penalty", ["covariance", "distance_correlation"])
def test_both_penalties_train(images, penalty):
    model, curve = train(images, [1, 1], penalty=penalty)
    assert all(np.isfinite(list(row.values())).all() for row in curve)
    assert all(row["penalty"] == 0 for row in curve if row["packet"] == 1)
    assert all(row["penalty"] != 0 for row in curve if row["packet"] == 2)
    assert model.components == 2


@pytest.mark.parametrize("which", ["model", "packets"])
def test_codes_of_the_training_set_have_mean_0_and_variance_1(request, images, which):
    z = request.getfixturevalue(which).encode(images)
    assert z.shape == (64, 3)
    assert z.mean(0).abs().max() < 1e-5
    assert (z.var(0, correction=0) - 1).abs().max() < 1e-5


def test_half_precision_arithmetic_gives_normalised_codes_in_single(images):
    model, curve = train(images, [1, 1], compute=Compute(precision="bf16-mixed"))
    z = model.encode(images)
    assert z.dtype == torch.float32
    assert (z.var(0, correction=0) - 1).abs().max() < 1e-5
    assert np.isfinite(curve[-1]["loss"])


def test_earlier_packets_do_not_feel_later_ones(images, model):
    shorter, _ = train(images, [1, 1])
    assert torch.equal(shorter.encode(images), model.encode(images)[:, :2])
    for i in range(2):
        assert same(shorter.encoders[i], model.encoders[i])
        assert same(shorter.decoders[i], model.decoders[i])


def test_seeds_decide(images, model):
    assert same(train(images)[0], model)
    assert not torch.equal(train(images, [1], seed=6)[0].encode(images), model.encode(images)[:, :1])


def test_packets_start_from_different_weights(model):
    first, second = (encoder.levels[0].weight for encoder in model.encoders[:2])
    assert not torch.allclose(first, second, atol=1e-2)


class Watched(ConvEncoder):
    calls = 0

    def forward(self, x):
        self.calls += 1
        return super().forward(x)


def test_frozen_codes_are_computed_once_per_packet(images):
    model, _ = grow((images,), partial(Watched, 16, 1, [4]), DECODER, Settings(), TRAINING, seed=0)
    assert [encoder.calls for encoder in model.encoders] == [STEPS + 1] * 3


def test_encoders_are_frozen_and_everything_is_in_evaluation_mode(model):
    assert not any(p.requires_grad for p in model.encoders.parameters())
    assert not any(module.training for module in model.modules())


def test_images_go_through_in_pieces(images, model, monkeypatch):
    whole = model.reconstruct(images)
    monkeypatch.setattr(chunks, "CHUNK", 7)
    assert torch.allclose(model.reconstruct(images), whole, atol=1e-6)
    assert torch.allclose(train(images)[0].encode(images), model.encode(images), atol=1e-4)


def test_each_number_of_components_has_its_decoder(images, model):
    z = model.encode(images)
    for k in (1, 2, 3):
        assert torch.equal(model.decode(z[:, :k]), model.decoders[k - 1](z[:, :k]))
        assert torch.equal(model.reconstruct(images, k), model.decode(z[:, :k]))
    assert torch.equal(model(images), model.reconstruct(images))
    for k in (0, 4):
        with pytest.raises(ValueError, match=f"a code of {k} components; this model has 3"):
            model.decode(torch.zeros(2, k))


def test_inside_a_packet_the_missing_components_stand_at_0(images, packets):
    z = packets.encode(images)
    padded = torch.cat([z[:, :1], torch.zeros(64, 1)], 1)
    assert torch.equal(packets.decode(z[:, :1]), packets.decoders[0](padded))
    assert torch.equal(packets.decode(z[:, :2]), packets.decoders[0](z[:, :2]))
    assert torch.equal(packets.decode(z), packets.decoders[1](z))


def test_a_traversal_moves_one_component(model):
    start, values = torch.tensor([0.3, -0.5, 1.0]), torch.linspace(-2, 2, 5)
    for component in range(3):
        row = model.traverse(component, values, start)
        assert row.shape == (5, 1, 16, 16)
        for value, image in zip(values, row, strict=True):
            z = start.clone()
            z[component] = value
            assert torch.allclose(image, model.decode(z[None])[0], atol=1e-6)
        assert not torch.allclose(row[0], row[-1], atol=1e-4)
    assert torch.equal(start, torch.tensor([0.3, -0.5, 1.0]))
    for component in (-1, 3):
        with pytest.raises(ValueError, match=f"component {component}: there are components 0 … 2"):
            model.traverse(component, values, start)


@pytest.mark.parametrize("which", ["model", "packets"])
def test_what_is_saved_comes_back(request, tmp_path, images, which):
    model, path = request.getfixturevalue(which), tmp_path / "model.safetensors"
    models.save(model, path)
    again = load(path)
    assert isinstance(again, PacketAutoencoder)
    assert same(model, again)
    assert torch.equal(again.encode(images), model.encode(images))
    for k in (1, 2, 3):
        assert torch.equal(again.reconstruct(images, k), model.reconstruct(images, k))
    models.save(again, tmp_path / "again.safetensors")
    assert (tmp_path / "again.safetensors").read_bytes() == path.read_bytes()


@pytest.mark.parametrize("change", ["truncate", "packets", "weights", "lost"])
def test_damaged_models_are_named(tmp_path, model, change):
    path = tmp_path / "model.safetensors"
    models.save(model, path)
    with safe_open(path, framework="pt") as stream:
        header = json.loads(stream.metadata()["latentspace"])
        weights = {name: stream.get_tensor(name) for name in stream.keys()}  # noqa: SIM118  (not a dict)
    if change == "packets":
        header["config"]["packet_sizes"] = [2, 1, 1]
    elif change == "weights":
        weights["norms.1.mean"] = torch.zeros(2)
    elif change == "lost":
        del weights["norms.1.mean"]
    save_file(weights, path, metadata={"latentspace": json.dumps(header)})
    if change == "truncate":
        path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ValueError, match=r"model\.safetensors: not a sound model file"):
        load(path)


@pytest.mark.parametrize("sizes", [[1], [1, 1, 1], [1, 0], []])
def test_packets_and_networks_must_agree(sizes):
    with pytest.raises(ValueError, match="2 encoders, 2 decoders"):
        PacketAutoencoder([ENCODER(1), ENCODER(1)], [DECODER(1), DECODER(2)], sizes)


def test_the_curve_runs_through_all_packets(run):
    _, curve = run
    assert [row["step"] for row in curve] == list(range(3 * STEPS))
    assert [row["packet"] for row in curve] == [1 + step // STEPS for step in range(3 * STEPS)]
    for row in curve:
        assert row["loss"] == pytest.approx(row["reconstruction"] + row["penalty"], rel=1e-5)
    first = [row["loss"] for row in curve[:STEPS]]
    assert first[-1] < first[0]


def test_the_weight_scales_the_penalty(images):
    _, curve = train(images, [1, 1], weight=0.25)
    for row in curve:
        assert row["loss"] == pytest.approx(row["reconstruction"] + 0.25 * row["penalty"], rel=1e-5)


def test_weight_0_is_no_penalty(images):
    model, curve = train(images, [1, 1], weight=0.0)
    assert all(row.keys() == {"step", "learning_rate", "loss", "reconstruction", "packet"} for row in curve)
    assert model.components == 2


def test_shares_divide_the_steps(images):
    _, curve = train(images, [1, 1], shares=[1.0, 3.0])
    assert [sum(row["packet"] == packet for row in curve) for packet in (1, 2)] == [6, 18]
    assert [row["step"] for row in curve] == list(range(2 * STEPS))


def test_in_the_end_the_decoder_settles_on_frozen_codes(images, model):
    settled, curve = train(images, settle=0.5)
    assert [row["step"] for row in curve] == list(range(3 * STEPS))
    half = train(images, training=TRAINING.model_copy(update={"steps": STEPS // 2}))[0]
    for mine, theirs in zip(settled.encoders, half.encoders, strict=True):
        assert same(mine, theirs), "the encoders learn in the first half alone"
    assert not same(settled.decoders[0], half.decoders[0])
    for k in (1, 2, 3):
        errors = [(m.reconstruct(images, k) - images).square().mean().item() for m in (half, settled)]
        assert errors[1] < errors[0]
    assert all("penalty" not in row for row in curve if row["step"] % STEPS >= STEPS // 2)


def test_noise_on_the_codes_is_part_of_the_training_only(images, model, noisy):
    noisy, _ = noisy
    assert not torch.equal(noisy.encode(images), model.encode(images))
    assert torch.equal(noisy.encode(images), noisy.encode(images))


@pytest.mark.parametrize("call", [5, STEPS + 6])
def test_a_run_killed_while_a_decoder_settles_ends_in_the_same_bytes(tmp_path, monkeypatch, images, call):
    whole, curve = train(images, settle=2 / 3)
    with monkeypatch.context() as patch, pytest.raises(Killed):
        killed_at(patch, call)
        train(images, settle=2 / 3, checkpoints=tmp_path)
    again, repeated = train(images, settle=2 / 3, checkpoints=tmp_path)
    assert repeated == curve
    assert same(again, whole)


@pytest.mark.parametrize("call", [3, STEPS, STEPS + 6, 2 * STEPS - 1, 3 * STEPS - 1])
def test_a_killed_run_repeated_ends_in_the_same_bytes(tmp_path, monkeypatch, images, noisy, call):
    whole, curve = noisy
    with monkeypatch.context() as patch, pytest.raises(Killed):
        killed_at(patch, call)
        train(images, code_noise=0.1, checkpoints=tmp_path)
    done = call // 4 * 4
    assert (tmp_path / f"packet_{done // STEPS + 1}_both").exists() == (done % STEPS > 0)
    with monkeypatch.context() as patch:
        killed_at(patch, 3 * STEPS - done)  # fewer steps than that are left
        again, repeated = train(images, code_noise=0.1, checkpoints=tmp_path)
    assert repeated == curve
    assert same(again, whole)


def test_a_divergence_in_a_later_packet_names_the_step_and_keeps_the_checkpoints(tmp_path, images):
    class Poisoned(nn.Module):
        calls = 0

        def forward(self, decoder, z, target):
            self.calls += 1
            return (decoder(z) - target).square().mean() * (float("nan") if self.calls > STEPS + 6 else 1)

    with pytest.raises(Diverged, match="step 6"):
        grow((images,), ENCODER, DECODER, Settings(), TRAINING, seed=0, error=Poisoned(), checkpoints=tmp_path)
    kept = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.pt")}
    assert kept == {"packet_1_both/00000008.pt", "packet_1_both/00000012.pt", "packet_2_both/00000004.pt"}


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_value_that_is_not_finite_is_refused_with_its_row(images, value):
    broken = images.clone()
    broken[17, 0, 3, 5] = value
    with pytest.raises(ValueError, match="row 17 of the data"):
        train(broken)
    with pytest.raises(ValueError, match="row 17 of the data"):
        check((images, broken))


def test_data_that_hold_nothing_to_learn_are_refused(images):
    constant = images[:1].repeat(8, 1, 1, 1)
    for data, complaint in [
        ((constant,), "equal"),
        ((images[:8], constant), "equal"),
        ((images[:1],), "1 rows"),
        ((images, images[:5]), "5 rows, where at least 2 and 64"),
    ]:
        with pytest.raises(ValueError, match=complaint):
            grow(data, ENCODER, DECODER, Settings(), TRAINING, seed=0)


def test_an_encoder_that_says_nothing_is_refused(images):
    class Deaf(ConvEncoder):
        def forward(self, x):
            return 0 * super().forward(x)

    with pytest.raises(ValueError, match="constant"):
        grow((images,), partial(Deaf, 16, 1, [4]), DECODER, Settings(), TRAINING, seed=0)


class ThroughGenerator(nn.Module):
    """Error of images that a generator makes of the outputs."""

    def __init__(self, generator):
        super().__init__()
        self.generator = generator

    def forward(self, decoder, z, target):
        return (self.generator(decoder(z)) - target).square().mean()


def test_a_latent_space_is_organised_through_its_frozen_generator():
    latent, _ = sources(400)
    torch.manual_seed(0)
    generator = nn.Linear(3, 6)
    nn.init.orthogonal_(generator.weight)
    with torch.no_grad():
        target = generator(latent)
    before = {name: value.clone() for name, value in generator.state_dict().items()}
    networks = partial(DenseNetwork, 3, 8), lambda k: DenseNetwork(k, 8, 3)
    error = ThroughGenerator(generator)
    model, curve = grow((latent, target), *networks, Settings(packet_sizes=[1, 1]), LINEAR, seed=0, error=error)
    assert all(torch.equal(value, before[name]) for name, value in generator.state_dict().items())
    assert model.reconstruct(latent).shape == latent.shape
    _, variances = principal_components(latent)
    with torch.no_grad():
        errors = [error(nn.Identity(), model.reconstruct(latent, k), target).item() for k in (1, 2)]
    assert errors[0] < 1.1 * variances[1:].sum() / 6, "at least as good as linear PCA, or nearly"
    assert errors[1] < 1.1 * variances[2:].sum() / 6
    assert curve[-1]["reconstruction"] < 0.3 * curve[0]["reconstruction"]


def test_the_target_is_what_is_reconstructed():
    pure, x = sources(400)
    target = 1 - pure[:, :2]
    parts = partial(nn.Linear, 8), lambda k: nn.Linear(k, 2)
    model, _ = grow((x, target), *parts, Settings(packet_sizes=[2]), LINEAR, seed=0)
    assert (model.reconstruct(x) - target).square().mean().item() < 0.02 * target.var(0).mean().item()


def test_reconstruction_errors_are_means_per_number():
    output, target = torch.tensor([[0.2, 0.5], [0.9, 0.4]]), torch.tensor([[0.0, 1.0], [1.0, 0.25]])
    assert ERRORS["mse"]()(nn.Identity(), output, target).item() == pytest.approx((0.04 + 0.25 + 0.01 + 0.0225) / 4)
    o, t = output.numpy(), target.numpy()
    wanted = -(t * np.log(o) + (1 - t) * np.log(1 - o)).mean()
    assert ERRORS["bce"]()(nn.Identity(), output, target).item() == pytest.approx(wanted, rel=1e-5)


def test_cross_entropy_trains(images):
    _, curve = train(images, [1], reconstruction="bce")
    assert curve[0]["loss"] == pytest.approx(np.log(2), abs=0.1), "grey everywhere costs log 2"
    assert curve[-1]["loss"] < curve[0]["loss"]


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"packet_sizes": []}, "packet_sizes"),
        ({"packet_sizes": [1, 0]}, "packet_sizes"),
        ({"packet_sizes": [1, 1.5]}, "packet_sizes"),
        ({"weight": -1.0}, "weight"),
        ({"weight": float("inf")}, "weight"),
        ({"penalty": "correlation"}, "penalty"),
        ({"reconstruction": "mae"}, "reconstruction"),
        ({"code_noise": -0.1}, "code_noise"),
        ({"settle": 1.0}, "settle"),
        ({"shares": [1.0, 1.0]}, "one entry per packet, 3"),
        ({"shares": [1.0, 1.0, 0.0]}, "shares"),
        ({"lambda": 1.0}, "unknown key"),
    ],
)
def test_mistakes_in_settings_are_named(changes, complaint):
    with pytest.raises(ParamsError, match=complaint):
        parse(Settings, changes, "organise.pca_ae")


def test_steps_keep_their_mean():
    settings = Settings(shares=[1.0, 2.0, 3.0])
    assert [settings.steps_of(packet, 100) for packet in range(3)] == [(50, 0), (100, 0), (150, 0)]
    assert [Settings().steps_of(packet, 100) for packet in range(3)] == [(100, 0)] * 3
    assert Settings(shares=[1e-6, 1.0, 1.0]).steps_of(0, 100) == (1, 0)
    assert Settings(settle=0.25).steps_of(0, 100) == (75, 25)


def test_training_continues_from_the_restart_of_least_error(images, monkeypatch):
    real, tried = growth.fit, []

    def watched(objective, *arguments, **keywords):
        history = real(objective, *arguments, **keywords)
        tried.append((keywords["label"], objective, growth.mean_error(history)))
        return history

    monkeypatch.setattr(growth, "fit", watched)
    model, curve = train(images, [2], restarts=3)
    restarts = [(error, objective) for label, objective, error in tried if "restart_" in label]
    assert len(restarts) == 3 and len({error for error, _ in restarts}) == 3
    best = min(restarts, key=lambda each: each[0])[1]
    went_on = next(objective for label, objective, _ in tried if label.endswith("both"))
    assert went_on is best and model.encoders[0] is best.encoder
    assert [row["step"] for row in curve] == sorted(row["step"] for row in curve) and len(curve) == STEPS


def test_a_run_killed_between_restarts_ends_in_the_same_weights(images, tmp_path, monkeypatch):
    whole, _ = train(images, [2, 1], restarts=2, checkpoints=tmp_path / "whole")
    real, calls = growth.fit, []

    def killed(*arguments, **keywords):
        calls.append(keywords["label"])
        if len(calls) == 3:
            raise KeyboardInterrupt
        return real(*arguments, **keywords)

    monkeypatch.setattr(growth, "fit", killed)
    with pytest.raises(KeyboardInterrupt):
        train(images, [2, 1], restarts=2, checkpoints=tmp_path / "killed")
    monkeypatch.setattr(growth, "fit", real)
    resumed, _ = train(images, [2, 1], restarts=2, checkpoints=tmp_path / "killed")
    assert same(whole, resumed)


def test_further_packets_are_added_to_trained_ones(images, model):
    two, _ = train(images, [1, 1])
    settings = Settings(packet_sizes=[1, 1, 1])
    three, curve = grow((images,), ENCODER, DECODER, settings, TRAINING, seed=5, before=two)
    assert same(three, model), "as if they had been trained at once"
    assert {row["packet"] for row in curve} == {3.0} and curve[0]["step"] == 0


def test_trained_packets_must_be_the_first_ones(images, packets):
    with pytest.raises(
        ValueError, match=r"packet_sizes = \[1, 1, 1\] does not begin with the trained packets \[2, 1\]"
    ):
        grow((images,), ENCODER, DECODER, Settings(), TRAINING, seed=5, before=packets)
