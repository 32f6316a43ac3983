"""Train the PCA autoencoder directly on images, which blurs them: the reason to use a generator (slides 40-41)."""

from latentspace.gan import direct, evaluated
from latentspace.gan.params import Direct, Sizes
from latentspace.gan.roles import AVATARS
from latentspace.images import labelled
from latentspace.pipeline.stage import stage


def main() -> None:
    with stage(__file__) as run:
        section, sizes = run.read(Direct, "gan_direct"), run.read(Sizes, "gan_train.images")
        paths = run.inputs("data/gan/avatars", ["train.npz", "test.npz"])
        train, test = (direct.batch_of(labelled.load(path)) for path in paths.values())
        found = evaluated.one(run, AVATARS)
        learnt, fresh = direct.samples(found, sizes, len(train))
        sets = {"drawn": train, "neighbourhood": learnt.images}
        models = direct.train_all(sets, section, run.compute, run.checkpoints, run.seeds[0])
        run.record(direct.experiment(models, sets, found, test, fresh))


if __name__ == "__main__":
    main()
