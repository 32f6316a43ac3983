"""The estimator: scikit-learn's own checks, linear PCA on linear data, layouts, a map behind the decoder, files."""

import subprocess
import sys
import tomllib

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import nn

import latentspace
from latentspace import PCAAutoencoder
from latentspace.nn import models
from latentspace.pca.networks import DenseNetwork
from latentspace.pca.settings import Settings
from latentspace.pipeline.compute import Compute
from latentspace.pipeline.params import Training

QUICK = {"steps": 20, "random_state": 0}


CHECKS = """
import sys
import tomllib
from sklearn.utils.estimator_checks import check_estimator
from latentspace import PCAAutoencoder
found = check_estimator(PCAAutoencoder(n_components=1, steps=20), on_fail=None)
failed = [f"{each['check_name']}: {each['exception']!r}" for each in found if each["status"] == "failed"]
print(len(found), "checks", *failed, sep="\\n")
sys.exit(bool(failed) or len(found) < 40)
"""


def test_scikit_learn_s_own_checks():
    # In a process of its own: they give arguments of wrong types, which annotations checked in tests would refuse.
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", CHECKS], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def data():
    """Gaussian vectors of falling variances, turned, about a mean: shape (1500, 5), float64."""
    rng = np.random.default_rng(0)
    turned = np.linalg.qr(rng.normal(size=(5, 5)))[0]
    return rng.normal(size=(1500, 5)) @ np.diag([3, 2, 1, 0.4, 0.2]) @ turned + 7


@pytest.fixture(scope="module")
def fitted(data):
    return PCAAutoencoder(3, random_state=0).fit(data)


def drawn(n=48, size=16, channels=0):
    """Squares of different widths on a dark ground, (n, size, size[, channels]), in [0, 1]."""
    images = np.zeros((n, size, size), dtype=np.float32)
    for i, width in enumerate(np.linspace(2, size - 2, n)):
        images[i, : int(width), : int(width)] = 1
    return np.repeat(images[..., None], channels, 3) if channels else images


def test_on_linear_data_the_shares_are_those_of_linear_pca(data, fitted):
    linear = PCA(3).fit(data).explained_variance_ratio_
    assert np.abs(fitted.explained_variance_ratio_ - linear).max() < 0.02
    assert fitted.score(data) == pytest.approx(linear.sum(), abs=0.01)
    correlation = np.corrcoef(fitted.transform(data).T, PCA(3).fit_transform(data).T)[:3, 3:]
    assert np.abs(np.diag(correlation)).min() > 0.97


def test_components_are_ordered_and_uncorrelated(data, fitted):
    z = fitted.transform(data)
    assert z.shape == (1500, 3) and z.dtype == np.float64
    assert np.abs(z.mean(0)).max() < 1e-4 and np.abs(z.std(0) - 1).max() < 1e-4
    assert np.abs(np.corrcoef(z.T) - np.eye(3)).max() < 0.05
    assert (np.diff(fitted.explained_variance_ratio_) <= 0).all()


def test_fewer_components_decode_to_the_units_of_the_data(data, fitted):
    z = fitted.transform(data)
    errors = [np.square(fitted.inverse_transform(z[:, :k]) - data).mean() for k in (1, 2, 3)]
    assert errors == sorted(errors, reverse=True)
    shares = 1 - np.array(errors) / data.var(0).mean()
    assert np.abs(shares - np.cumsum(fitted.explained_variance_ratio_)).max() < 1e-6
    with pytest.raises(ValueError, match="4 components; this model has 3"):
        fitted.inverse_transform(np.zeros((2, 4)))


def test_tensors_give_tensors(data, fitted):
    rows = torch.from_numpy(data[:9]).float()
    z = fitted.transform(rows)
    assert isinstance(z, torch.Tensor) and z.dtype == torch.float32
    assert np.allclose(z, fitted.transform(data[:9]), atol=1e-5)
    assert isinstance(fitted.inverse_transform(z), torch.Tensor)


def test_a_component_is_added_without_touching_the_others(data, fitted):
    before = fitted.transform(data)
    longer = PCAAutoencoder(3, random_state=0, warm_start=True).fit(data)
    two = longer.explained_variance_ratio_
    longer.set_params(n_components=4).fit(data)
    assert np.array_equal(longer.transform(data)[:, :3], before)
    assert np.array_equal(longer.explained_variance_ratio_[:3], two) and longer.n_components_ == 4
    with pytest.raises(ValueError, match="does not begin with the trained packets"):
        longer.set_params(packet_sizes=[2, 3]).fit(data)


def test_packets(data):
    model = PCAAutoencoder(packet_sizes=[2, 1], **QUICK).fit(data)
    assert model.packet_sizes_ == [2, 1] and model.transform(data).shape == (1500, 3)
    assert list(model.get_feature_names_out()) == [f"pcaautoencoder{i}" for i in range(3)]


def test_shares_that_increase_are_reported(data):
    with pytest.warns(ConvergenceWarning, match="packet 2 adds more per component than packet 1: train longer"):
        PCAAutoencoder(2, steps=2, learning_rate=1e-6, shares=[1e-6, 1.0], random_state=0).fit(
            data[:, ::-1] * [1, 1, 1, 1, 9]
        )
        PCAAutoencoder(2, steps=60, shares=[0.02, 2.0], random_state=0).fit(data)


@pytest.mark.parametrize("channels", [0, 1, 3])
def test_images_keep_their_layout(channels):
    images = drawn(channels=channels)
    model = PCAAutoencoder(1, **QUICK).fit(images)
    assert model.inverse_transform(model.transform(images)).shape == images.shape
    first = drawn(channels=channels) if not channels else np.moveaxis(images, 3, 1)
    again = PCAAutoencoder(1, **QUICK).fit(first)
    assert np.array_equal(again.transform(first), model.transform(images)), "channels first or last"


def test_images_of_other_ranges_come_back_in_theirs():
    model = PCAAutoencoder(1, **QUICK).fit((drawn() * 200 + 30).astype(np.uint8))
    made = model.inverse_transform(model.transform((drawn() * 200 + 30).astype(np.uint8)))
    assert made.min() >= 30 and made.max() <= 230 and made.max() > 100
    assert np.allclose(
        model.transform(drawn() * 200 + 30), PCAAutoencoder(1, **QUICK).fit(drawn()).transform(drawn()), atol=1e-4
    )


@pytest.mark.parametrize(
    ("shape", "complaint"),
    [
        ((9, 20, 20), "20 × 20 pixels: square ones of 16, 32, 64 or 128"),
        ((9, 16, 32), "16 × 32 pixels"),
        ((9, 16, 16, 3, 2), r"data of shape \(9, 16, 16, 3, 2\)"),
        ((9, 2), "n_components = 3 is more than n_features = 2"),
        ((1, 5), "minimum of 2"),
    ],
)
def test_data_that_cannot_be_encoded_are_refused(shape, complaint):
    with pytest.raises(ValueError, match=complaint):
        PCAAutoencoder(3, **QUICK).fit(np.random.default_rng(0).random(shape))


def test_rows_of_another_shape_are_refused():
    model = PCAAutoencoder(1, **QUICK).fit(drawn())
    with pytest.raises(ValueError, match=r"rows of shape \(16, 32\), where the model was fitted to \(16, 16\)"):
        model.transform(np.zeros((2, 16, 32)))


def test_equal_rows_are_refused():
    with pytest.raises(ValueError, match="all rows of the data are equal"):
        PCAAutoencoder(1).fit(np.ones((9, 4)))
    with pytest.raises(ValueError, match="all rows of the data are equal"):
        PCAAutoencoder(1).fit(np.zeros((9, 16, 16)))


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"weight": -1.0}, "weight"),
        ({"packet_sizes": [1, 0]}, "packet_sizes"),
        ({"steps": 0}, "steps"),
    ],
)
def test_a_wrong_argument_is_named(data, arguments, complaint):
    with pytest.raises(ValueError, match=complaint):
        PCAAutoencoder(**arguments).fit(data)


class Bent(nn.Module):
    """A generator of eight numbers from two: smooth and nonlinear, the first latent the more important."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(2, 8, generator=torch.Generator().manual_seed(0)))

    def forward(self, z):
        return torch.tanh(z * torch.tensor([1.0, 0.5])) @ self.weight


def test_a_latent_space_is_organised_through_its_generator():
    generator = Bent()
    before = generator.weight.clone()
    latents = torch.randn(800, 2, generator=torch.Generator().manual_seed(1))
    model = PCAAutoencoder(2, through=generator, steps=200, random_state=0).fit(latents)
    assert torch.equal(generator.weight, before) and model.inverse_transform(model.transform(latents)).shape == (800, 2)
    assert model.score(latents) > 0.9 and model.explained_variance_ratio_[0] > 0.5
    with torch.no_grad():
        outputs = generator(latents)
    again = PCAAutoencoder(2, through=generator, steps=200, random_state=0).fit(latents, outputs)
    assert torch.equal(again.transform(latents), model.transform(latents)), "outputs that are computed already"


class Curved(nn.Module):
    """A generator of eight numbers from two and their squares: opposite latents look alike in part."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(4, 8, generator=torch.Generator().manual_seed(0)))

    def forward(self, z):
        return torch.cat([z, z.square()], 1) @ self.weight


def test_restarts_find_a_second_component_that_one_initialisation_misses():
    latents = torch.randn(800, 2, generator=torch.Generator().manual_seed(1))
    arguments = {"through": Curved(), "steps": 200, "random_state": 0}
    once = PCAAutoencoder(2, **arguments).fit(latents)
    best = PCAAutoencoder(2, **arguments, restarts=4).fit(latents)
    assert once.score(latents) < 0.9 < best.score(latents)
    assert PCAAutoencoder(packet_sizes=[2], **arguments).fit(latents).score(latents) > 0.95, "a packet has no order"


def test_a_generator_of_constant_output_is_refused():
    flat = Bent()
    nn.init.zeros_(flat.weight)
    with pytest.raises(ValueError, match=r"equal|constant"):
        PCAAutoencoder(1, through=flat, **QUICK).fit(torch.randn(50, 2))


def test_networks_of_one_s_own(data):
    model = PCAAutoencoder(1, encoder=lambda size: DenseNetwork(5, 3, size), decoder=lambda k: nn.Linear(k, 5), **QUICK)
    assert model.fit(data).model_.encoders[0].first.out_features == 3


def test_fit_leaves_the_random_numbers_and_threads_of_the_user_alone(data):
    torch.manual_seed(3)
    wanted, threads = torch.rand(2), torch.get_num_threads()
    torch.manual_seed(3)
    PCAAutoencoder(1, **QUICK).fit(data)
    assert torch.equal(torch.rand(2), wanted) and torch.get_num_threads() == threads


def test_seeds_decide(data, fitted):
    again = clone(fitted).fit(data)
    assert np.array_equal(again.transform(data), fitted.transform(data))
    state = PCAAutoencoder(1, steps=20, random_state=np.random.RandomState(0)).fit(data)
    assert not np.array_equal(state.transform(data), PCAAutoencoder(1, **QUICK).fit(data).transform(data))


def test_it_works_in_a_pipeline(data):
    pipeline = make_pipeline(StandardScaler(), PCAAutoencoder(2, **QUICK))
    assert pipeline.fit_transform(data).shape == (1500, 2)


def test_sections_of_params_become_arguments(data, tmp_path):
    training = Training(steps=15, batch_size=64, learning_rate=0.01, warmup=0.1, betas=[0.9, 0.99], checkpoint_every=5)
    settings = Settings(packet_sizes=[1, 1], weight=0.3, shares=[1.0, 2.0])
    model = PCAAutoencoder.of(settings, training=training, device=Compute("cpu"), checkpoints=tmp_path, random_state=1)
    model.fit(data)
    assert (model.weight, model.packet_sizes_) == (0.3, [1, 1])
    assert len(model.loss_curve_) == 30 and list(tmp_path.rglob("*.pt"))


@pytest.mark.parametrize("which", ["vectors", "images"])
def test_what_is_saved_comes_back(data, fitted, tmp_path, which):
    model = fitted if which == "vectors" else PCAAutoencoder(1, **QUICK).fit(drawn(channels=3) * 2)
    rows = data if which == "vectors" else drawn(channels=3) * 2
    model.save(tmp_path / "mine.safetensors")
    again = PCAAutoencoder.load(tmp_path / "mine.safetensors")
    z = model.transform(rows)
    assert np.array_equal(again.transform(rows), z)
    assert np.array_equal(again.inverse_transform(z[:, :1]), model.inverse_transform(z[:, :1]))
    assert np.array_equal(again.explained_variance_ratio_, model.explained_variance_ratio_)
    assert again.get_params()["steps"] == model.steps and again.n_features_in_ == model.n_features_in_
    network = latentspace.load(tmp_path / "mine.safetensors")
    assert network.components == model.n_components_


def test_a_component_is_added_to_a_loaded_model(data, fitted, tmp_path):
    fitted.save(tmp_path / "mine.safetensors")
    again = PCAAutoencoder.load(tmp_path / "mine.safetensors").set_params(warm_start=True, n_components=4, steps=20)
    assert np.array_equal(again.fit(data).transform(data)[:, :3], fitted.transform(data))


def test_files_of_something_else_are_named(tmp_path, fitted):
    with pytest.raises(ValueError, match=r"none\.safetensors: no such file"):
        PCAAutoencoder.load(tmp_path / "none.safetensors")
    models.save(fitted.model_.float(), tmp_path / "network.safetensors")
    fitted.model_.double()
    with pytest.raises(ValueError, match=r"network\.safetensors: holds no fitted estimator"):
        PCAAutoencoder.load(tmp_path / "network.safetensors")


@pytest.mark.parametrize("which", ["vectors", "images"])
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
def test_onnx_gives_the_same_numbers(data, fitted, tmp_path, which):
    runtime = pytest.importorskip("onnxruntime")
    model = fitted if which == "vectors" else PCAAutoencoder(2, **QUICK).fit(drawn(channels=3) * 2)
    rows = data[:7] if which == "vectors" else drawn(channels=3)[:7] * 2
    z = model.transform(rows)
    for part, given, wanted in (("encoder", rows, z), ("decoder", z, model.inverse_transform(z))):
        model.to_onnx(tmp_path / "half.onnx", part)
        session = runtime.InferenceSession(tmp_path / "half.onnx")
        (found,) = session.run(None, {"input": given.astype(model.dtype_)})
        assert found.shape == wanted.shape and np.abs(found - wanted).max() < 1e-5


def test_the_package_is_imported_without_torch():
    code = (
        "import latentspace, sys; assert 'torch' not in sys.modules; latentspace.PCAAutoencoder; sys.modules['torch']"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        latentspace.nothing  # noqa: B018


def test_the_library_needs_no_package_of_the_study(root):
    extras = tomllib.loads((root / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    names = {"ruamel.yaml": "ruamel", "pillow": "PIL", "resvg-py": "resvg_py", "dicebear-core": "dicebear"}
    absent = [names.get(each, each.replace("-", "_")) for each in extras["study"]]
    code = f"""
import sys
import tomllib
sys.modules.update(dict.fromkeys({absent}))  # importing one of these fails
import numpy as np
from latentspace import PCAAutoencoder
PCAAutoencoder(1, steps=2).fit(np.random.default_rng(0).random((9, 4)))
PCAAutoencoder(1, steps=2).fit(np.random.default_rng(0).random((9, 16, 16)))
"""
    assert "dvc" in absent and "mlflow" in absent
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
