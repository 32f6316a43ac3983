"""The bias-free decoder, the numerical optimum and Airy's function on one axis (slide 18)."""

from latentspace.core.stage import stage
from latentspace.size import dataset, figures, theory
from latentspace.size.experiments import decoding, responses
from latentspace.size.params import Theory


def main() -> None:
    with stage(__file__) as run:
        grid = run.read(Theory, "size_theory").grid
        data = dataset.load(run.input("data/size/disks.npz"))
        by_seed = responses(run, "models/size", ["bias_free"], data)["bias_free"]
        metrics = decoding(by_seed, data)
        run.metrics(metrics)
        rho, numerical, _ = theory.numerical_profile(grid, data.radius_max)
        optimum, _ = theory.discrete_optimum(data.test)
        outputs = {seed: response.outputs for seed, response in by_seed.items()}
        run.figure("comparison.png", figures.airy_comparison(outputs, optimum, rho, numerical, data.radius_max))
        run.say(f"learned f to Airy {metrics[f'bias_free.airy_l2/seed_{run.seeds[0]}']:.4f} (2-D relative L2)")


if __name__ == "__main__":
    main()
