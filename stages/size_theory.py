"""Compare Airy's closed form with the discretised eigenproblem, without a network (slides 16-17)."""

from latentspace.images.params import Disks
from latentspace.pipeline.stage import stage
from latentspace.size import theory
from latentspace.size.params import Theory


def main() -> None:
    with stage(__file__) as run:
        rings = run.read(Theory, "size_theory").grid
        radius = run.read(Disks, "size_disks").radius_max
        run.record(theory.experiment(rings, radius))


if __name__ == "__main__":
    main()
