"""Components of any image set, ordered, uncorrelated and named by attributes, next to linear PCA (slides 31-39)."""

from __future__ import annotations

from latentspace.images.image_set import ImageSet
from latentspace.measures.dependence import covariance_table
from latentspace.measures.matching import association
from latentspace.nn.latent import LatentModel
from latentspace.nn.rows import ByteRows
from latentspace.organise.coded import Networks, attributes, encode, errors_of, of_first_seed, order_and_dependence
from latentspace.pca.baselines import LinearPCA
from latentspace.pipeline.measured import Findings
from latentspace.plots.animation import Animation
from latentspace.plots.tables import axis_names, error_per_component, heat_maps
from latentspace.plots.traversals import traversal_frames, traversal_grid, traversals

METHODS = LINEAR_PCA, PCA_AE = "linear_pca", "pca_ae"


def experiment(models: Networks, data: ImageSet) -> Findings:
    """Components of an image set, by the PCA autoencoder and by linear PCA of the pixels.

    Args:
        models: PCA autoencoders by seed.
        data: any images.
    """
    coded = encode({PCA_AE: models, LINEAR_PCA: linear_pca(models, data)}, data)
    first = {name: of_first_seed(coded)[name] for name in METHODS}
    tables = {name: association(one.codes, attributes(data)) for name, one in first.items()}
    grids = {name: traversals(one.model, 9) for name, one in first.items()}
    names = {name: axis_names(table) for name, table in tables.items()}
    return Findings(
        order_and_dependence(coded),
        {
            "errors.png": error_per_component(errors_of(coded)),
            "attributes.png": heat_maps(tables, "|Pearson| with the attributes", low=0.0),
            "traversals.png": traversal_grid(grids, names),
            "traversals.gif": Animation(traversal_frames(grids, names)),
        },
        {"covariance": covariance_table(first[PCA_AE].codes)},
        summary=", ".join(names[PCA_AE]),
    )


def linear_pca(models: Networks, data: ImageSet) -> dict[int, LatentModel]:
    """Linear PCA of the training images with as many components as `models`, under their first seed."""
    seed = min(models)
    images = ByteRows.of(data.train)
    linear = LinearPCA(list(images.shape[1:]), models[seed].components)
    linear.fit(images)
    return {seed: linear.eval()}
