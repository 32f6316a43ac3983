"""The PCA autoencoder as a scikit-learn estimator for arrays or tensors of vectors or images.

pca = PCAAutoencoder(n_components=3).fit(images)
z = pca.transform(images)                    # (n, 3): ordered, uncorrelated, mean 0, variance 1
pca.explained_variance_ratio_                # share of the variance that each component adds
pca.inverse_transform(z[:, :2])              # images from the first two components
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np
import torch
from jaxtyping import Float
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_array, check_is_fitted, validate_data
from torch import Tensor, nn

from latentspace.nn.chunks import in_chunks, mean_squared_difference, variance
from latentspace.pca import storage
from latentspace.pca.defaults import chosen_factories, explained_variance_ratio, seed_of, threads, warn_if_unordered
from latentspace.pca.errors import ERRORS, ErrorThrough
from latentspace.pca.growth import Factory, Growth, grow
from latentspace.pca.names import PenaltyName, Reconstruction
from latentspace.pca.networks import PacketAutoencoder
from latentspace.pca.scaling import ScaledModel, Units, layout_of
from latentspace.pca.settings import Settings
from latentspace.pipeline.compute import Compute, Device
from latentspace.pipeline.params import Training

Rows = Any  # array-like of numbers, or a tensor; rows along the first axis


ACCEPTED: dict[str, Any] = {"dtype": [np.float64, np.float32], "allow_nd": True}
SCHEDULE: dict[str, Any] = {"warmup": 0.1, "betas": [0.9, 0.99], "checkpoint_every": 200}  # of a fit without `training`


class PCAAutoencoder(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Nonlinear PCA: uncorrelated components are learnt packet by packet, in order of importance.

    Every packet trains a new encoder and a new decoder of all components so far; previous encoders are frozen. The
    loss is the reconstruction error plus `weight` times a penalty on the dependence between components.

    Args:
        n_components: length of the code, in packets of one component.
        packet_sizes: components per packet, instead of `n_components`; a 2-D factor such as position needs two.
        weight: λ ≥ 0 of the penalty (eq. 15).
        penalty: ``covariance`` (eq. 14) or ``distance_correlation``.
        reconstruction: ``mse``, or ``bce`` for data in [0, 1].
        code_noise: noise on new components while their encoder is trained, in units of their standard deviation; one
            number, or one per packet.
        settle: last share of a packet's steps, in [0, 1), in which only its decoder is trained.
        deflate: subtract from new components their regression on earlier ones: uncorrelated on the training set.
        restarts: number of restarts per packet; training continues from the best one.
        shares: relative numbers of steps, one per packet; equal by default.
        encoder: maps a packet's size to a network from inputs to that many numbers; by default convolutional for
            images, with one hidden layer for vectors. Custom networks get unscaled data, images as (n, channels,
            height, width); to be saved they need `latentspace.nn.models.register`.
        decoder: maps a number of components to a network from that many numbers to outputs.
        through: a frozen differentiable map, such as a generator: `fit` then takes its inputs, and the error is
            measured between its outputs (eq. 16), divided by their variance.
        steps: Adam steps per packet, averaged over packets.
        batch_size: rows per step.
        learning_rate: peak of the one-cycle schedule.
        training: a complete schedule instead of the last three arguments.
        random_state: seed of initial weights and batches; equal seeds give equal models.
        warm_start: another `fit` keeps the trained packets and adds the missing ones.
        device: ``cpu``, ``cuda``, ``auto``, or a `Compute`, which also sets the arithmetic.
        checkpoints: folder from which a killed `fit` resumes; None to write no checkpoints.

    Attributes:
        model_: the trained model, a `latentspace.nn.latent.LatentModel`.
        n_components_: length of the code.
        packet_sizes_: components per packet.
        explained_variance_ratio_: share of the training data's variance that each component adds, (n_components_,),
            measured by decoding the first 1, 2, … components. After convergence the shares do not increase; a
            `ConvergenceWarning` names a packet where they do, unless the schedule is given by `training`.
        loss_curve_: rows of step, learning rate, loss and its parts.

    Source: slides 31-37, 48.
    """

    def __init__(
        self,
        n_components: int = 2,
        *,
        packet_sizes: Sequence[int] | None = None,
        weight: float = 0.1,
        penalty: PenaltyName = "covariance",
        reconstruction: Reconstruction = "mse",
        code_noise: float | Sequence[float] = 0.1,
        settle: float = 0.3,
        deflate: bool = True,
        restarts: int = 1,
        shares: Sequence[float] | None = None,
        encoder: Factory | None = None,
        decoder: Factory | None = None,
        through: nn.Module | None = None,
        steps: int = 500,
        batch_size: int = 256,
        learning_rate: float = 8e-3,
        training: Training | None = None,
        random_state: int | np.random.RandomState | None = None,
        warm_start: bool = False,
        device: Device | Compute = "cpu",
        checkpoints: Path | None = None,
    ) -> None:
        self.n_components = n_components
        self.packet_sizes = packet_sizes
        self.weight = weight
        self.penalty = penalty
        self.reconstruction = reconstruction
        self.code_noise = code_noise
        self.settle, self.deflate = settle, deflate
        self.restarts = restarts
        self.shares = shares
        self.encoder = encoder
        self.decoder = decoder
        self.through = through
        self.steps = steps
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.training = training
        self.random_state = random_state
        self.warm_start = warm_start
        self.device = device
        self.checkpoints = checkpoints

    @classmethod
    def of(cls, settings: Settings, **more: Any) -> PCAAutoencoder:
        """An estimator with the settings of a section of params.yaml, and further arguments `more`."""
        return cls(**{name: getattr(settings, name) for name in Settings.model_fields} | more)

    # ---- fitting -------------------------------------------------------------------------------------------------

    def fit(self, X: Rows, y: Rows | None = None) -> PCAAutoencoder:
        """Learn the components.

        Args:
            X: rows, shape (n, features); or square images of 16, 32, 64 or 128 pixels a side, shape (n, size, size),
                (n, channels, size, size) or (n, size, size, 1 or 3).
            y: outputs of `through` for these rows, if already computed; ignored without `through`.

        Raises:
            ValueError: if the data cannot be encoded, a setting is wrong, or training diverged (`fit.Diverged`).
        """
        rows = self._validated(X, reset=True)
        settings, training = self._sections(len(rows))
        before = self._trained_before()
        if before is None:
            self._take_form(rows, settings)
        inputs = self.units_.scaled(self._as_tensor(rows))
        data = (inputs,) if self.through is None else (inputs, self._targets(inputs, y))
        with torch.random.fork_rng(devices=[]), threads(1 if inputs.ndim == 2 and self.through is None else None):
            model, self.loss_curve_ = grow(data, self._growth(inputs, data[-1], settings, training), before)
        self.packet_sizes_, self.n_components_ = list(settings.packet_sizes), model.components
        self.explained_variance_ratio_ = explained_variance_ratio(model, data, self.through)
        if self.training is None:
            warn_if_unordered(self.packet_sizes_, self.explained_variance_ratio_, self.steps)
        self.model_ = self.units_.placed(model).to(storage.torch_dtype(self.dtype_))
        return self

    def _validated(self, X: Rows, *, reset: bool) -> Float[np.ndarray, "n ..."]:
        array = X.detach().cpu().numpy() if isinstance(X, Tensor) else X
        checked: np.ndarray = validate_data(self, array, reset=reset, ensure_min_samples=1 + reset, **ACCEPTED)
        if not reset and checked.shape[1:] != self.layout_.shape:
            raise ValueError(f"rows of shape {checked.shape[1:]}, where the model was fitted to {self.layout_.shape}")
        return checked

    def _sections(self, rows: int) -> tuple[Settings, Training]:
        """Arguments as checked sections; raises ValueError naming a wrong one."""
        sizes = [1] * self.n_components if self.packet_sizes is None else [int(size) for size in self.packet_sizes]
        shares = None if self.shares is None else [float(share) for share in self.shares]
        noise: Any = self.code_noise if isinstance(self.code_noise, float | int) else list(self.code_noise)
        more = {
            name: getattr(self, name) for name in {*Settings.model_fields} - {"packet_sizes", "shares", "code_noise"}
        }
        settings = Settings(packet_sizes=sizes, shares=shares, code_noise=noise, **more)
        own: dict[str, Any] = {
            "steps": self.steps,
            "batch_size": min(self.batch_size, rows),
            "learning_rate": self.learning_rate,
        }
        return settings, self.training or Training(**SCHEDULE, **own)

    def _trained_before(self) -> PacketAutoencoder | None:
        model = getattr(self, "model_", None) if self.warm_start else None
        inner = model.inner if isinstance(model, ScaledModel) else model
        return cast("PacketAutoencoder | None", inner.float() if inner is not None else None)

    def _take_form(self, rows: Float[np.ndarray, "n ..."], settings: Settings) -> None:
        """Set layout, type and units from the data of a first fit; raises ValueError if there are too few features."""
        own = self.encoder is not None or self.through is not None
        self.layout_ = layout_of(rows.shape, any_size=own)
        features, components = math.prod(self.layout_.shape), sum(settings.packet_sizes)
        if components > features and self.through is None:
            raise ValueError(f"n_components = {components} is more than n_features = {features}")
        self.dtype_ = np.dtype(np.float32) if self.layout_.is_image else rows.dtype
        self.units_ = Units.none() if own else Units.of(rows, self.layout_)

    def _as_tensor(self, rows: Float[np.ndarray, "n ..."]) -> Tensor:
        return self.layout_.to_network(torch.from_numpy(np.require(rows, requirements="W")))

    def _targets(self, inputs: Tensor, y: Rows | None) -> Tensor:
        """Outputs of `through` for the inputs: `y` if given."""
        if y is not None:
            return torch.as_tensor(y)
        with torch.no_grad():
            return in_chunks(cast("nn.Module", self.through).eval(), inputs)

    def _growth(self, inputs: Tensor, targets: Tensor, settings: Settings, training: Training) -> Growth:
        """Networks, error, schedule and seed for the training of all packets."""
        encoder, decoder = chosen_factories(inputs, self.encoder, self.decoder)
        error = ErrorThrough(self.through, variance(targets)) if self.through else ERRORS[settings.reconstruction]()
        return Growth(
            encoder=encoder,
            decoder=decoder,
            error=error,
            settings=settings,
            training=training,
            seed=seed_of(self.random_state),
            compute=self.device if isinstance(self.device, Compute) else Compute(self.device),
            checkpoints=self.checkpoints,
            label=self.checkpoints.name if self.checkpoints else "PCA autoencoder",
        )

    # ---- use -----------------------------------------------------------------------------------------------------

    @torch.no_grad()
    def transform(self, X: Rows) -> Rows:
        """Codes of rows, (n, n_components_), with mean 0 and variance 1 on the training set; a tensor for a tensor.

        Raises:
            ValueError: if the rows have another shape than those of `fit`, or are not finite.
        """
        check_is_fitted(self, "model_")
        rows = self._validated(X, reset=False)
        x = self._as_tensor(rows.astype(self.dtype_, copy=False))
        return self._like(in_chunks(self.model_.encode, x), X, rows.dtype)

    @torch.no_grad()
    def inverse_transform(self, Z: Rows) -> Rows:
        """Rows of the shape of those of `fit` from codes (n, k) of the first k components; a tensor for a tensor.

        Raises:
            ValueError: if not 1 ≤ k ≤ n_components_, or if the codes are not finite.
        """
        check_is_fitted(self, "model_")
        array = Z.detach().cpu().numpy() if isinstance(Z, Tensor) else Z
        codes = check_array(array, dtype=[np.float64, np.float32])
        z = torch.from_numpy(np.array(codes, dtype=self.dtype_))
        return self._like(self.layout_.from_network(in_chunks(self.model_.decode, z)), Z, codes.dtype)

    def score(self, X: Rows, y: Rows | None = None) -> float:
        """Share of the variance explained by all components: of the rows or, with `through`, of its outputs."""
        made, wanted = (torch.as_tensor(each) for each in (self.inverse_transform(self.transform(X)), X))
        if self.through is not None:
            with torch.no_grad():
                made, wanted = (in_chunks(self.through, each.float()) for each in (made, wanted))
        return 1 - mean_squared_difference(made, wanted) / variance(wanted)

    @staticmethod
    def _like(values: Tensor, given: Rows, dtype: np.dtype[Any]) -> Rows:
        array = values.numpy().astype(dtype, copy=False)
        return torch.from_numpy(array).to(given.device) if isinstance(given, Tensor) else array

    @property
    def _n_features_out(self) -> int:
        return self.n_components_

    def save(self, path: str | Path) -> None:
        """Write the fitted estimator atomically to a safetensors file.

        The trained networks are stored, but not the arguments in `storage.NOT_STORED`, such as `encoder` and `device`.
        """
        check_is_fitted(self, "model_")
        storage.save(self, Path(path))

    @classmethod
    def load(cls, path: str | Path) -> PCAAutoencoder:
        """Read a fitted estimator from a file written by `save`.

        Raises:
            ValueError: naming the file, if it is missing or damaged, or is no estimator.
        """
        arguments, fitted = storage.read(Path(path))
        found = cls(**arguments)
        found.__dict__.update(fitted)
        return found

    def to_onnx(self, path: str | Path, part: Literal["encoder", "decoder"] = "encoder") -> None:
        """Write encoder or decoder as an ONNX file for any number of rows; ImportError without the extra ``onnx``."""
        check_is_fitted(self, "model_")
        storage.export_onnx(self, Path(path), part)
