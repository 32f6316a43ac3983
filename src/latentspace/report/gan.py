"""The claims of slides 40-51 on generators, with their targets; values come from the stages' metrics."""

from __future__ import annotations

from latentspace.report.table import Claim

CLAIMS = [
    Claim(
        "gan.zoo.max_difference",
        "gan_zoo",
        "largest |ours − the zoo's forward pass written out| over random weights in four released shapes, two key "
        "layouts and two file formats, widths divided by 32",
        "42",
        "",
        "<=",
        1e-5,
        "max",
        "the same arithmetic",
    )
]
