"""All claims of all chapters, in the order of the slides."""

from __future__ import annotations

from latentspace.report.claim import Claim
from latentspace.report.gan import CLAIMS as GAN
from latentspace.report.noise import CLAIMS as NOISE
from latentspace.report.organise import CLAIMS as ORGANISE
from latentspace.report.photos import CLAIMS as PHOTOS
from latentspace.report.position import CLAIMS as POSITION
from latentspace.report.size import CLAIMS as SIZE

CLAIMS: list[Claim] = [*SIZE, *POSITION, *ORGANISE, *NOISE, *GAN]

EVERY = [*CLAIMS, *PHOTOS]  # with those that the graph in photos/ measures
