"""The decoding energy without any network: Airy's closed form against the discretised eigenproblem (slides 16-17)."""

from latentspace.core.stage import stage
from latentspace.size.figures import energy_spectrum
from latentspace.size.params import Sampling, Theory
from latentspace.size.theory import theory_numbers


def main() -> None:
    with stage(__file__) as run:
        grid = run.read(Theory, "size_theory").grid
        radius = run.read(Sampling, "size_disks").radius_max
        metrics, rho, profile = theory_numbers(grid, radius)
        run.metrics(metrics)
        run.figure("profile.png", energy_spectrum(rho, profile, radius))
        run.say(
            f"eigenproblem against Airy {metrics['theory.numerical_airy_l2']:.1e}, k R³ = {metrics['theory.k_r3']:.7f}"
        )


if __name__ == "__main__":
    main()
