"""How strong a penalty, and how many components: λ and the length of the code swept (slides 37-39)."""

from latentspace.core.stage import stage
from latentspace.organise import dataset, figures
from latentspace.organise.experiments import by_components, code, order, sweep_numbers, sweep_table, swept
from latentspace.organise.params import Train


def main() -> None:
    with stage(__file__) as run:
        section = run.read(Train, "organise_train")
        variants = section.variants
        data = dataset.load(run.input("data/organise/ellipses.npz"))
        names = swept(section)
        metrics = sweep_numbers(code(run, "models/organise", names, data), data)
        table = sweep_table(metrics, {name: variants[name].weight for name in names})
        long = code(run, "models/organise", ["components_6"], data)["components_6"]
        metrics |= {f"components_6.{k}/seed_{s}": v for s, coded in long.items() for k, v in order(coded).items()}
        run.metrics(metrics)
        run.table("lambda", table)
        shown = {"max_correlation": "largest |correlation|", "area_leakage": "leakage of area", "mse_k3": "MSE, k = 3"}
        run.figure("lambda.png", figures.sweep(table, "weight", "λ", shown))
        run.figure("components.png", figures.error_per_component(by_components(metrics, ["components_6"])))
        best = table.groupby("weight")["area_leakage"].mean().idxmin()
        run.say(f"area leaks least at λ = {best:g}")


if __name__ == "__main__":
    main()
