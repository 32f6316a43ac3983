"""Names of the variants of gan_train that have a role in the evaluation, and of the methods that are compared.

A variant with another name is a group of its own, evaluated and drawn like that of the faces.
"""

from __future__ import annotations

AVATARS = "avatars"  # the talk's drawn heads; the measures of this group have no prefix
FACES = "faces"  # the talk's photographs
NO_COV = "no_cov"  # the same neighbourhoods with λ = 0
SWEEP = "sweep"  # from small neighbourhoods to the whole latent space

PCA_AE = "pca_ae"  # the method of the variant that gives a group its name


def prefix(group: str) -> str:
    """What precedes the method in the names of a group's metrics."""
    return "" if group == AVATARS else f"{group}."
