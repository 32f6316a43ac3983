"""Claims on the generators themselves, before their latents are organised (slides 42-43)."""

from __future__ import annotations

from latentspace.report.claim import Claim

INVERSION = [
    Claim(
        id="gan.inversion.pixel_ratio",
        stage="gan_inversion",
        trained=(),
        formula="mean squared difference of a held-out drawn head to the image of the latent that the search finds, "
        "divided by that to the nearest image of the drawn latents (gan_inversion.samples); over heads",
        slide="42-43",
        relation="<=",
        target=1.0,
        reference="nearer than any of them",
    ),
    Claim(
        id="gan.inversion.factor_ratio",
        stage="gan_inversion",
        trained=(),
        formula="as gan.inversion.pixel_ratio, of the nine estimated factors in units of their deviations, which the "
        "search does not use; of the sums over heads",
        slide="42-43",
        relation="<=",
        target=1.0,
        reference="it looks more alike too",
    ),
    Claim(
        id="gan.inversion.accepted",
        stage="gan_inversion",
        trained=(),
        formula="share of held-out drawn heads found within the largest distance of the generator's own images",
        slide="42-43",
        relation=">=",
        target=0.9,
        reference="they are heads",
    ),
    Claim(
        id="gan.inversion.foreign_refused",
        stage="gan_inversion",
        trained=(),
        formula="share of rendered faces that the generator of avatars refuses",
        slide="42-43",
        relation=">=",
        target=0.9,
        reference="they are none of its heads",
    ),
]

GENERATORS = [
    Claim(
        id="gan.zoo.max_difference",
        stage="gan_zoo",
        formula="largest |ours − the zoo's forward pass written out| over random weights in four released shapes, two "
        "key layouts and two file formats, widths divided by 32; cannot fail, checked by tests/gan/test_zoo.py",
        slide="42",
        reference="equal arithmetic: rounding",
    ),
    Claim(
        id="gan.exported.max_difference",
        stage="gan_formats",
        trained=(),
        formula="largest |images of our generators − those of the same read from a file of torch.export, TorchScript "
        "and ONNX|, in float64; over generators and formats",
        slide="42",
        relation="<=",
        target=1e-5,
        statistic="max",
        reference="equal arithmetic: the rounding of weights in float32",
    ),
    Claim(
        id="gan.regressor.min_r2",
        stage="gan_regressor",
        formula="R² of an avatar's factor estimated from its image, held-out avatars, smallest over the nine factors",
        slide="46",
        relation=">=",
        target=0.95,
        reference="accurate enough to name an axis",
    ),
]
