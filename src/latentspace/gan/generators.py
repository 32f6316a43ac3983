"""The generators that params.yaml names: the shipped ones, a file of the user's, or one of the GAN zoo."""

from __future__ import annotations

from pathlib import Path

from latentspace.core import models
from latentspace.gan import zoo
from latentspace.gan.network import FrozenGenerator, Generator
from latentspace.gan.params import Source, Variant

DOWNLOADS = Path(".downloads")


def read(path: Path) -> Generator:
    """A generator of ours, float32 whatever it is stored as.

    Raises:
        ValueError: naming the file, when it is missing, damaged, or holds something else.
    """
    network = models.load(path)
    if not isinstance(network, Generator):
        raise ValueError(f"{path}: holds a {type(network).__name__}, not a generator")
    return network.float()


def obtain(source: Source, target: Path) -> Generator:
    """Bring the generator that `source` means to `target` (safetensors); a zoo file is converted, once.

    Raises:
        ValueError: naming the file, when it is missing, damaged, hostile, or cannot be downloaded; `target` is then as
            it was.
    """
    if source.zoo is not None:
        file = zoo.locate(source.zoo, DOWNLOADS)
        return zoo.convert(file, target, source.zoo.network, source.zoo.release)
    generator = read(Path(str(source.path)))
    models.save(generator, target)
    return generator


def frozen(folder: Path, variant: Variant) -> FrozenGenerator:
    """A variant's generator, folded, in float32.

    Args:
        folder: of the generators that stage gan_generator made.
        variant: which of them, and the class if there are classes.

    Raises:
        ValueError: as `read`, or if the generator has no such class, or a class must be chosen.
    """
    path = folder / variant.generator / "generator.safetensors"
    generator = read(path)
    if generator.classes and variant.label is None:
        raise ValueError(f"{path}: a generator of {generator.classes} classes; the variant needs a label")
    return generator.fold(variant.label).eval()
