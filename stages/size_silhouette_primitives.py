"""Any scaled shape: the bias-free decoder learns the top eigenfunction of its silhouettes (slide 20)."""

from latentspace.core.stage import stage
from latentspace.size import dataset, figures, theory
from latentspace.size.experiments import responses, silhouette
from latentspace.size.measures import common_direction
from latentspace.size.params import Silhouettes


def main() -> None:
    with stage(__file__) as run:
        names = run.read(Silhouettes, "size_silhouettes").names
        first = run.seeds[0]
        metrics: dict[str, float] = {}
        images, optimum, learned, outputs = {}, {}, {}, {}
        for name in names:
            data = dataset.load(run.input(f"data/size/silhouettes/{name}.npz"))
            pair = [f"{name}-bias", f"{name}-bias_free"]
            with_bias, bias_free = responses(run, "models/size_silhouette", pair, data).values()
            metrics |= silhouette(name, with_bias, bias_free, data)
            images[name], optimum[name] = data.test, theory.discrete_optimum(data.test)[0]
            learned[name] = common_direction(bias_free[first].outputs)
            outputs[name] = {"bias": with_bias[first].outputs, "bias_free": bias_free[first].outputs}
        digits = [name for name in names if name.startswith("digit_")]
        for measure in ("energy_ratio", "mse_ratio") if digits else ():
            for seed in run.seeds:
                values = [metrics[f"{name}.{measure}/seed_{seed}"] for name in digits]
                metrics[f"digits.{measure}/seed_{seed}"] = sum(values) / len(values)
        run.metrics(metrics)
        run.figure("silhouettes.png", figures.silhouette_table(images, optimum, learned, outputs))
        run.say(", ".join(f"{name} energy {metrics[f'{name}.energy_ratio/seed_{first}']:.4f}" for name in names))


if __name__ == "__main__":
    main()
