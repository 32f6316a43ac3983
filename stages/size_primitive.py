"""The decoder with biases as a primitive, scaled and thresholded: fit clip(h(r) f − t, 0, 1) to it (slide 19)."""

from latentspace.core.stage import stage
from latentspace.size import dataset, figures
from latentspace.size.experiments import responses
from latentspace.size.primitive import fit_primitive


def main() -> None:
    with stage(__file__) as run:
        data = dataset.load(run.input("data/size/disks.npz"))
        by_seed = responses(run, "models/size", ["bias"], data)["bias"]
        fits = {seed: fit_primitive(response.outputs, data.test_radii) for seed, response in by_seed.items()}
        run.metrics({f"bias.threshold_r2/seed_{seed}": fit.r2 for seed, fit in fits.items()})
        first = run.seeds[0]
        figure = figures.thresholded_primitive(by_seed[first].outputs, data.test_radii, fits[first])
        run.figure("primitive.png", figure)
        run.say("clip(h f − t) explains " + ", ".join(f"{fit.r2:.4f}" for fit in fits.values()) + " of the decoder")


if __name__ == "__main__":
    main()
