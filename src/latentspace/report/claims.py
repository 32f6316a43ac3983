"""All claims of all chapters, in the order of the slides."""

from __future__ import annotations

from latentspace.report.gan import CLAIMS as GAN
from latentspace.report.organise import CLAIMS as ORGANISE
from latentspace.report.position import CLAIMS as POSITION
from latentspace.report.size import CLAIMS as SIZE
from latentspace.report.table import Claim

CLAIMS: list[Claim] = [*SIZE, *POSITION, *ORGANISE, *GAN]
