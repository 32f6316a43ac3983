"""Schema of the sections of params.yaml that belong to the gan chapter."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, PositiveInt, model_validator

from latentspace.gan.roles import AFFINE, PCA_AE, SPHERE, Method, Prior
from latentspace.pca.settings import Experiment, Network
from latentspace.pipeline.bounds import Count, Distinct, Seed, SeedCount, Steps, Width, Widths, are_distinct, within
from latentspace.pipeline.own_paths import OwnFile
from latentspace.pipeline.params import Name, Section, Selection, Training

Sigma = Annotated[
    float, within(0.001, 100, "with less, half precision hides the differences of the images, with more the anchor's")
]

Which = Literal["netG", "avgG"]
FORMATS = ("exported", "torchscript", "onnx")  # of generators that are not progressive GANs


ReleaseName = Literal["celebAHQ-256", "celebAHQ-512", "celeba", "DTD"]


class Zoo(Section):
    """Check of the zoo's file format and arithmetic on random weights."""

    divide: int = Field(ge=1, le=128)
    seed: Seed


class Formats(Section):
    """Check of the formats of generators that are not progressive GANs."""

    images: Count
    seed: Seed


class ZooSource(Section):
    """A generator of the zoo: a user's file, or a release to download."""

    file: OwnFile | None = None
    release: ReleaseName | None = None
    download: bool = False
    network: Which = "netG"

    @model_validator(mode="after")
    def _somewhere(self) -> ZooSource:
        if self.file is None and not (self.release and self.download):
            raise ValueError("give a file, or a release together with download: true")
        return self


class Source(Section):
    """Origin of a generator, and the method that measures attributes of its images.

    Attributes:
        path: a safetensors file of this project.
        zoo: a generator of the GAN zoo.
        exported: a file of torch.export.save.
        torchscript: a file of torch.jit.save; it does not say the length of its latents, `latent`.
        onnx: an ONNX file.
        latent: length of a latent, if a file of another format does not say it.
        prior: of latents of a file of another format: normal, or scaled to length √d.
        range: lowest and highest value of the pixels of such a file.
        attributes: how those of its images are measured.
    """

    path: OwnFile | None = None
    zoo: ZooSource | None = None
    exported: OwnFile | None = None
    torchscript: OwnFile | None = None
    onnx: OwnFile | None = None
    latent: Annotated[int, within(1, 2**20, "numbers of a latent")] | None = None
    prior: Prior = SPHERE
    range: list[Annotated[float, within(-1e6, 1e6, "values of pixels")]] = Field(
        default=[-1.0, 1.0], min_length=2, max_length=2
    )
    attributes: Literal["regressor", "statistics"] = "statistics"

    @model_validator(mode="after")
    def _one(self) -> Source:
        given = [name for name in ("path", "zoo", *FORMATS) if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(
                "give one of path (safetensors, of ours), zoo, exported (torch.export), torchscript and onnx"
            )
        said = {"latent", "prior", "range"} & self.model_fields_set
        if given[0] not in FORMATS and said:
            raise ValueError(f"{', '.join(sorted(said))}: only for exported, torchscript and onnx")
        if given == ["torchscript"] and self.latent is None:
            raise ValueError("torchscript: give latent too, the length of its latents")
        if self.range[0] >= self.range[1]:
            raise ValueError(f"range = {self.range}: the first, the value of black, must be the smaller")
        return self


class Generators(Selection):
    """Generators: names of those used, and their sources."""

    defined_in: ClassVar[str] = "sources"
    sources: dict[Name, Source]


class Sizes(Section):
    """Numbers of training and test images, and their seed."""

    train_images: Count
    test_images: Count
    seed: Seed


class Inverted(Section):
    """The search for the latents of held-out images."""

    images: Annotated[int, within(2, 1000, "images that are compared")]
    samples: Annotated[int, within(100, 10_000_000, "latents that are drawn")]
    starts: Annotated[int, within(1, 100, "nearest latents from which a search starts")]
    steps: Steps
    seed: Seed


class DrawnSets(Sizes):
    """Sets of drawn avatars."""

    glasses: Annotated[float, within(0.05, 0.95, "the regressor cannot learn who wears glasses if all or none do")]


class TrainRegressor(Section):
    """The network that estimates an avatar's factors from its image."""

    widths: Widths
    noise: float = Field(ge=0, le=2, description="deviation of noise on training images, whose values are in ±1")
    training: Training


class Variant(Experiment):
    """Neighbourhoods of one generator, and the settings of their PCA autoencoders.

    Attributes:
        method: the PCA autoencoder, or affine lines trained as it is, from GANSpace's directions.
        generator: a name of gan_generator.
        label: the class, if the generator has classes.
        anchors: seeds of anchors to be drawn, rows of `anchors_file`, or numbers of the pictures `anchors_from`.
        anchors_file: a .npy file of anchors.
        anchors_from: pictures whose latents, found by `invert`, are the anchors.
        sigmas: values of σ, each of which gives a neighbourhood about every anchor.
        relative: draw η of length σ √d.
        seeds: number of the study's seeds for each neighbourhood.
        steps: per packet, instead of the training's.
    """

    packet_sizes: list[PositiveInt] = Field(default=[1, 1, 1, 1, 1], min_length=1)
    method: Method = PCA_AE
    generator: Name
    label: int | None = Field(default=None, ge=0)
    anchors: Annotated[list[Seed], Field(max_length=100), Distinct] = Field(default=[])
    anchors_file: OwnFile | None = None
    anchors_from: Annotated[list[OwnFile], Field(min_length=1, max_length=100)] | None = None
    sigmas: list[Sigma] = Field(default=[0.7], min_length=1, max_length=100)
    relative: bool = False
    seeds: SeedCount = 1
    steps: Steps | None = None

    @model_validator(mode="before")
    @classmethod
    def _numbered(cls, values: Any) -> Any:
        """Number the pictures of `anchors_from`."""
        if isinstance(values, dict) and isinstance(pictures := values.get("anchors_from"), list):
            return {"anchors": [*range(len(pictures))]} | values
        return values

    @model_validator(mode="after")
    def _anchored(self) -> Variant:
        if not self.anchors:
            raise ValueError("give anchors, their seeds or rows, or anchors_from, pictures")
        numbered = self.anchors == [*range(len(self.anchors_from or ()))]
        if self.anchors_from is not None and (self.anchors_file is not None or not numbered):
            raise ValueError("give anchors_from, or anchors, not both")
        return self

    @model_validator(mode="after")
    def _coherent(self) -> Variant:
        if not are_distinct([f"{sigma:g}" for sigma in self.sigmas]):  # as in the names of files
            raise ValueError(f"sigmas = {self.sigmas} must be distinct in their first six digits")
        if self.reconstruction != "mse":
            raise ValueError("the error through a generator is that of eq. 16; reconstruction must be mse")
        if self.method == AFFINE and self.restarts > 1:
            raise ValueError(f"restarts = {self.restarts}: affine lines start at GANSpace's directions; it must be 1")
        return self


class Train(Section):
    """PCA autoencoders of neighbourhoods: common settings, and the variants, all of which are trained."""

    images: Sizes
    hidden: Width = Field(description="width of the networks' hidden layers, per component in a decoder")
    training: Training
    variants: dict[Name, Variant] = Field(min_length=1)

    @model_validator(mode="after")
    def _not_the_folder_of_the_generators(self) -> Train:
        if "generator" in self.variants:
            raise ValueError("a variant cannot have the name 'generator': models/gan/generator holds the generators")
        return self


class Direct(Experiment):
    """The PCA autoencoder trained directly on images (slide 41)."""

    network: Network
    training: Training
