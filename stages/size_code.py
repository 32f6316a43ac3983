"""What the code measures: radius or area, and the contractive penalty that makes it the area (slide 13)."""

import pandas as pd

from latentspace.core.stage import stage
from latentspace.size import dataset, figures
from latentspace.size.experiments import code_against_size, contractions, reconstruction, responses
from latentspace.size.params import TrainDisks

PLAIN = ["bias", "linear_encoder", "equal_rate"]


def main() -> None:
    with stage(__file__) as run:
        study = run.read(TrainDisks, "size_train")
        data = dataset.load(run.input("data/size/disks.npz"))
        contractive = [n for n in study.names if n.startswith("contractive_")]
        all_ = responses(run, "models/size", [*PLAIN, *contractive], data)
        size, error = code_against_size(all_, data), reconstruction(all_, data)
        sweep = [n for n in contractive if study.variants[n].init == "edges"]
        table = pd.DataFrame(
            [
                {
                    "weight": study.variants[name].weight,
                    "seed": seed,
                    "area_r2": size[f"{name}.area_r2/seed_{seed}"],
                    "test_mse": error[f"{name}.test_mse/seed_{seed}"],
                }
                for name in sweep
                for seed in run.seeds
            ]
        )
        best = table.groupby("weight")["area_r2"].mean().idxmax()
        chosen = table[table["weight"] == best]
        summary = {f"contractive.area_r2/seed_{row.seed}": row.area_r2 for row in chosen.itertuples()}
        summary |= {f"contractive.test_mse/seed_{row.seed}": row.test_mse for row in chosen.itertuples()}
        size |= contractions(run, "models/size", [*PLAIN, *contractive], data)
        run.metrics(size | summary | {"contractive.weight": best})
        run.table("contractive_trade_off", table)
        shown = [*PLAIN, *contractive[-3:]]
        codes = {name: {seed: r.codes[:, 0] for seed, r in all_[name].items()} for name in shown}
        run.figure("code.png", figures.code_curves(codes, data.test_radii))
        run.figure("trade_off.png", figures.trade_off(table))
        run.say(f"contractive weight {best:g}: code affine in r² with R² = {chosen['area_r2'].mean():.5f}")


if __name__ == "__main__":
    main()
