"""Draw heads with recorded factors (DiceBear's avataaars): exact labels for what the talk could only look at."""

import numpy as np

from latentspace.core.stage import stage
from latentspace.gan.pretraining import avatars, dataset
from latentspace.gan.pretraining.params import Avatars


def main() -> None:
    with stage(__file__) as run:
        data = avatars.make(run.read(Avatars, "gan_avatars"))
        path = run.output("data/avatars.npz")
        dataset.save(data, path)
        run.dataset("avatars", path)
        run.image("examples", 0, dataset.contact_sheet(data.images[:96], 16))
        run.metrics({name: float(np.mean(data.factors[:, k])) for k, name in enumerate(data.names)})
        run.say(f"{len(data.images)} heads of {data.images.shape[1]} pixels, {len(data.names)} factors")


if __name__ == "__main__":
    main()
