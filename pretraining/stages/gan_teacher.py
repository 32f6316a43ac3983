"""Cut the generator that renders the faces to small images; research use only."""

import sys

from latentspace.nn import models
from latentspace.photos import generator
from latentspace.photos.params import Small
from latentspace.pipeline.measured import Findings, measured
from latentspace.pipeline.stage import stage


def main(name: str) -> None:
    with stage(__file__, name) as run:
        made, quality = generator.teacher(run.input("data/files"), run.read(Small, f"gan_teacher.{name}"))
        models.save(made, run.output(f"data/teacher/{name}.safetensors"))
        said = f"{quality:.1f} dB against full-size renderings; research use only"
        run.record(Findings(measured("", {"shortcut_psnr": quality}), summary=said))


if __name__ == "__main__":
    main(sys.argv[1])
