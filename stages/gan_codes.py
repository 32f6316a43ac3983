"""Organised neighbourhoods beside every rival: share explained, order, attributes, navigation (slides 45-47)."""

from latentspace.core.stage import stage
from latentspace.gan import figures
from latentspace.gan.attributes import measure_of
from latentspace.gan.directions import METHODS
from latentspace.gan.experiments import by_place, evaluate_all, explained_table, first, numbers, trials
from latentspace.gan.params import Generators, Train
from latentspace.organise import measures
from latentspace.organise.figures import axis_names, heat_maps, traversal_frames, traversal_grid

COMPARED = {"avatars": {"avatars": "pca_ae", "no_cov": "no_cov"}, "faces": {"faces": "pca_ae"}}


def main() -> None:
    with stage(__file__) as run:
        section, sources = run.read(Train, "gan_train"), run.read(Generators, "gan_generator").sources
        regressor = run.input("models/gan/regressor.safetensors")
        jobs = {}
        for name, variants in COMPARED.items():
            measure = measure_of(sources[section.variants[name].generator].attributes, regressor)
            jobs[name] = trials(run, section, variants, list(METHODS), measure)
        done = iter(evaluate_all([job for group in jobs.values() for job in group]))
        results = {name: [result for _ in group for result in next(done)] for name, group in jobs.items()}
        run.metrics(numbers(results["avatars"]) | numbers(results["faces"], "faces."))
        tables = {name: explained_table(group) for name, group in results.items()}
        places = {f"{name}, {place}": rows for name, t in tables.items() for place, rows in by_place(t).items()}
        run.figure("explained.png", figures.explained(places))
        for name, group in results.items():
            run.table(f"explained_{name}", tables[name])
            generator, ours, raw = jobs[name][0].generator, first(group, "pca_ae"), first(group, "raw")
            run.matrix(f"covariance_{name}", measures.covariance_table(ours.codes))
            compared = {method: first(group, method).attributes for method in ("pca_ae", "ganspace", "raw")}
            run.figure(f"attributes_{name}.png", heat_maps(compared, "|Pearson| with the attributes", low=0.0))
            grids = {figures.WORDS[r.method]: figures.traversals(generator, r.model, 9) for r in (raw, ours)}
            names = {figures.WORDS[r.method]: axis_names(r.attributes) for r in (raw, ours)}
            run.figure(f"traversals_{name}.png", traversal_grid(grids, names))
            run.animation(f"traversals_{name}.gif", traversal_frames(grids, names))
            plane = figures.plane(generator, ours.model, 0, 3, 7)
            axes = axis_names(ours.attributes)
            run.figure(f"plane_{name}.png", figures.plane_figure(plane, axes[0], axes[3]))
            run.say(f"{name}: {', '.join(axes)}")


if __name__ == "__main__":
    main()
