"""Names of the variants of gan_train that have a role in the evaluation, and of the methods that are compared.

A variant with another name is a group of its own, evaluated and drawn like that of the faces.
"""

from __future__ import annotations

from typing import Final, Literal

AVATARS = "avatars"  # the talk's drawn heads; the measures of this group have no prefix
FACES = "faces"  # rendered faces; the talk's are photographs
NO_COV = "no_cov"  # the same neighbourhoods with λ = 0
SWEEP = "sweep"  # from small neighbourhoods to the whole latent space

PCA_AE: Final = "pca_ae"  # the method of the variant that gives a group its name
AFFINE: Final = "affine"  # straight lines, trained through the generator with the error of eq. 16

Method = Literal["pca_ae", "affine"]  # of a variant: how it is trained


Prior = Literal["sphere", "normal"]  # of latents: normal, scaled to length √d or not
SPHERE: Final = "sphere"


def prefix(group: str) -> str:
    """What precedes the method in the names of a group's metrics."""
    return "" if group == AVATARS else f"{group}."
