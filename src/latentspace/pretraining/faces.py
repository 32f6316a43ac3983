"""Faces for pre-training, rendered by the generator in the data files of the package random-face.

No data set of faces may be redistributed. The package contains a 1024² MobileStyleGAN as OpenVINO IR, which renders one
image a second on one core; most of that time is spent on detail that averaging to 64×64 removes. So the network is cut
after its last 32×32 feature map, and the remaining layers are replaced by a 3×3 convolution to 12 channels with a pixel
shuffle, fitted once by ridge regression to the average-pooled full-size output. This is fifty times faster.

For research use only: the weights were distilled from a StyleGAN2 released for research and evaluation.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, UInt8
from torch import Tensor

from latentspace.images.labelled import LabelledImages, to_pixels, without_factors
from latentspace.pipeline.measured import Findings, Measured
from latentspace.pretraining.params import Faces
from latentspace.pretraining.samples import sheet

PACKAGE = "random-face==2021.7.21.1"


SHA256 = "e5d10e2be7df63f06123855ec591ca35dcb1d059eba47ddcb175d7d26b4019b5"


FILES = tuple(f"{name}Network.{kind}" for name in ("Mapping", "Synthesis") for kind in ("xml", "bin"))


CUT = "LeakyRelu_342"  # output (512, 32, 32), from which one convolution gives 64×64


LATENT, SIZE, MEAN_OF = 512, 64, 4096


BATCH = 16  # latents per call of the mapping network


CHUNK = 8  # images per matrix product of the fit


def download(folder: Path) -> None:
    """Write the generator's four files to `folder`, from pip's package index.

    Raises:
        ValueError: if the package cannot be downloaded, or its digest is not `SHA256`.
    """
    with tempfile.TemporaryDirectory() as made:
        wanted = Path(made) / "requirements.txt"
        wanted.write_text(f"{PACKAGE} --hash=sha256:{SHA256}\n", encoding="utf-8")
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
        done = subprocess.run(
            [*pip, "--dest", made, "--requirement", str(wanted)], capture_output=True, text=True, check=False
        )
        wheels = list(Path(made).glob("*.whl"))
        if done.returncode or not wheels:
            reason = next((line for line in done.stderr.splitlines() if line.startswith("ERROR")), "pip failed")
            raise ValueError(f"{PACKAGE} cannot be downloaded: {reason[:200]}")
        folder.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(wheels[0]) as archive:
            for file in FILES:
                (folder / file).write_bytes(archive.read(f"random_face/data/{file}"))


@dataclass(frozen=True)
class Shortcut:
    """The convolution that replaces the layers after the cut, with weight (12, 512, 3, 3) and bias (12,)."""

    weight: Float[Tensor, "12 features 3 3"]
    bias: Float[Tensor, " 12"]

    def __call__(self, features: Float[Tensor, "batch features h w"]) -> Float[Tensor, "batch 3 h2 w2"]:
        """Images in [−1, 1] of twice the side of the features."""
        return F.pixel_shuffle(F.conv2d(features, self.weight, self.bias, padding=1), 2)


class Teacher:
    """The generator in `folder`, run by OpenVINO on one thread.

    Raises:
        ValueError: if OpenVINO is not installed.
    """

    def __init__(self, folder: Path, truncation: float) -> None:
        try:
            import openvino
        except ImportError:
            raise ValueError("openvino is not installed: run `pip install -e '.[pretraining]'`") from None
        self._core, self._folder = openvino.Core(), folder
        self._mapping = self._compiled("Mapping", BATCH)
        random = np.random.default_rng(0)
        self.truncation, self._mean = truncation, np.zeros((1, LATENT), np.float32)
        draws = [self._style(random.standard_normal((BATCH, LATENT))) for _ in range(MEAN_OF // BATCH)]
        self._mean = np.concatenate(draws).mean(0, keepdims=True)

    def _compiled(self, name: str, batch: int, extra: str | None = None, only: bool = False) -> Any:
        """Compile a network for `batch` inputs; outputs also node `extra`, unless None, or `only` that node."""
        import openvino

        model = self._core.read_model(self._folder / f"{name}Network.xml")
        if extra:
            (node,) = [node for node in model.get_ops() if node.get_friendly_name() == extra]
            outputs = [node.output(0)] if only else [node.output(0), model.output(0).node.input_value(0)]
            model = openvino.Model(outputs, model.get_parameters(), name)
        model.reshape([batch, LATENT])
        return self._core.compile_model(model, "CPU", {"INFERENCE_NUM_THREADS": 1, "INFERENCE_PRECISION_HINT": "f32"})

    def _style(self, z: np.ndarray) -> Float[np.ndarray, "batch 512"]:
        return np.array(self._mapping(z.astype(np.float32))[0])

    def styles(self, seed: int, count: int) -> Float[np.ndarray, "count 512"]:
        """Styles drawn from `seed`, truncated: moved towards the mean style."""
        rows = -(-count // BATCH)
        z = np.random.default_rng(seed).standard_normal((rows, BATCH, LATENT))
        drawn = np.concatenate([self._style(part) for part in z])[:count]
        return self._mean + self.truncation * (drawn - self._mean)

    def pairs(self, seed: int, count: int) -> tuple[Float[Tensor, "n 512 32 32"], Float[Tensor, "n 3 64 64"]]:
        """Features at the cut, and full-size images averaged down to 64 × 64, of `count` styles."""
        network = self._compiled("Synthesis", 1, CUT)
        features, images = [], []
        for style in self.styles(seed, count):
            made = network(style[None])
            features.append(torch.from_numpy(np.array(made[0])))
            images.append(F.adaptive_avg_pool2d(torch.from_numpy(np.array(made[1])), SIZE))
        return torch.cat(features), torch.cat(images)

    def render(self, shortcut: Shortcut, seed: int, count: int) -> UInt8[np.ndarray, "count 64 64 3"]:
        """Images of `count` styles, rendered with the shortcut."""
        network, images = self._compiled("Synthesis", 1, CUT, only=True), []
        for style in self.styles(seed, count):
            features = torch.from_numpy(np.array(network(style[None])[0]))
            images.append(to_pixels(shortcut(features)))
        return np.concatenate(images)


def fit_shortcut(
    features: Float[Tensor, "n features h w"], images: Float[Tensor, "n 3 h2 w2"], ridge: float
) -> Shortcut:
    """Ridge regression of the pixels on 3×3 neighbourhoods of features.

    Args:
        features: at the cut.
        images: targets, of twice the side of the features.
        ridge: weight of the squared taps, relative to the features' mean square; the bias is not penalised.
    """
    targets = F.pixel_unshuffle(images, 2).flatten(2).double()
    size = 9 * features.shape[1] + 1
    gram, right = torch.zeros(size, size, dtype=torch.float64), torch.zeros(size, 12, dtype=torch.float64)
    for part, target in zip(features.split(CHUNK), targets.split(CHUNK), strict=True):
        patches = F.unfold(part, 3, padding=1).transpose(0, 1).flatten(1)
        patches = torch.cat([patches, torch.ones_like(patches[:1])])
        gram += patches @ patches.T  # accumulated in float64, as float32 is too coarse for sums of many chunks
        right += patches.double() @ target.transpose(1, 2).flatten(0, 1)
    damping = ridge * gram.diagonal()[:-1].mean() * torch.ones(size, dtype=torch.float64)
    damping[-1] = 0
    taps = torch.linalg.solve(gram + damping.diag(), right).float().T
    return Shortcut(taps[:, :-1].reshape(12, -1, 3, 3).contiguous(), taps[:, -1].contiguous())


def psnr(images: Float[Tensor, "n 3 h w"], truth: Float[Tensor, "n 3 h w"]) -> float:
    """Peak signal-to-noise ratio of images in [−1, 1], in dB."""
    return float(10 * torch.log10(4 / (images.clamp(-1, 1) - truth.clamp(-1, 1)).square().mean()))


def make(config: Faces, folder: Path) -> tuple[LabelledImages, float]:
    """Render the whole set; also returns the PSNR of the shortcut on eight held-out images, in dB.

    Raises:
        ValueError: if openvino is not installed.
    """
    teacher = Teacher(folder, config.truncation)
    features, images = teacher.pairs(config.seed + 1, config.fit_images + 8)
    shortcut = fit_shortcut(features[:-8], images[:-8], config.ridge)
    quality = psnr(shortcut(features[-8:]), images[-8:])
    rendered = teacher.render(shortcut, config.seed, config.images)
    return without_factors(rendered), quality


def experiment(data: LabelledImages, quality: float) -> Findings:
    """Examples of the set, and the PSNR of the shortcut, `quality`, in dB."""
    return Findings(
        [Measured("", "shortcut_psnr", quality)],
        {"examples.png": sheet(data.images)},
        summary=f"{len(data.images)} faces of {SIZE} pixels; {quality:.1f} dB against the full-size rendering",
    )
