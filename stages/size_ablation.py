"""Remove the biases: profiles of disks and outputs (slide 14), homogeneity of the decoder (slide 15, eq. 2)."""

from latentspace.core.models import load_seeds
from latentspace.core.stage import stage
from latentspace.size import dataset, figures
from latentspace.size.experiments import responses
from latentspace.size.measures import homogeneity_error, mse, single_sign
from latentspace.size.network import ShapeAutoencoder

VARIANTS = ["bias_free", "random_init", "bias"]
FACTORS = [0.1, 0.5, 2.0, 10.0]


def main() -> None:
    with stage(__file__) as run:
        data = dataset.load(run.input("data/size/disks.npz"))
        all_ = responses(run, "models/size", VARIANTS, data)
        metrics = {}
        for name in VARIANTS:
            for seed, network in load_seeds(run.input(f"models/size/{name}"), run.seeds, ShapeAutoencoder).items():
                response = all_[name][seed]
                metrics[f"{name}.test_mse/seed_{seed}"] = mse(response.outputs, data.test)
                metrics[f"{name}.single_sign/seed_{seed}"] = single_sign(response.codes)
                error = homogeneity_error(network, response.codes, FACTORS)
                metrics[f"{name}.homogeneity_error/seed_{seed}"] = error
        run.metrics(metrics)
        first = {name: all_[name][run.seeds[0]].outputs for name in ("bias_free", "bias")}
        run.figure("profiles.png", figures.ablation_profiles(data.test, data.test_radii, first))
        codes = {name: {s: r.codes[:, 0] for s, r in all_[name].items()} for name in ("bias_free", "random_init")}
        run.figure("signs.png", figures.signs(codes, data.test_radii))
        worst = max(metrics[f"bias_free.homogeneity_error/seed_{seed}"] for seed in run.seeds)
        run.say(f"D(λz) = λD(z) without biases to {worst:.1e}")


if __name__ == "__main__":
    main()
