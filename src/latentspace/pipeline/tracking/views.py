"""Descriptions of the chapters and tables of their runs in MLflow's UI."""

from __future__ import annotations

import json
from dataclasses import dataclass

COMPARE = """

*Views*, at the top right, has tables with the columns worth comparing. Select two runs and press *Compare*; *Show diff
only* keeps the parameters and metrics that differ. `variant.…` repeats the parameters of a run's own variant under one
name for all variants; a metric without a seed in its name is the mean over the seeds."""


CHAPTERS = {
    "size": "**Chapter 1, slides 7-20: how an autoencoder encodes and decodes the size of a shape.**" + COMPARE,
    "position": "**Chapter 2, slides 22-29: how a network encodes and decodes position.**" + COMPARE,
    "organise": "**Chapter 3, slides 31-39: the PCA autoencoder, an ordered and uncorrelated latent space.**" + COMPARE,
    "gan": "**Chapter 3, slides 40-51: the PCA autoencoder on latent neighbourhoods of a generator.**" + COMPARE,
    "pipeline": """**One run per `dvc repro` or `dvc exp run`: all parameters and every claim. Compare these first.**

Select two runs, press *Compare*, then *Show diff only*: the page shows the parameters and the claims that differ.
`….std` is the standard deviation of a claim over seeds or places. `dvc.experiment` names the experiment; the tags
`run.…` are the runs of its stages.""",
}


@dataclass(frozen=True)
class View:
    """A table of the runs of a stage, under *Views* in MLflow's UI.

    Attributes:
        name: title of the table.
        stage: name of the stage whose runs it lists.
        params: names of its parameter columns, separated by spaces.
        metrics: names of its metric columns, separated by spaces.
    """

    name: str
    stage: str
    params: str
    metrics: str


VIEWS = {
    "size": [
        View(
            "Disk autoencoders",
            "size_train",
            "variant.bias variant.penalty variant.weight variant.code_size",
            "test_mse",
        )
    ],
    "position": [
        View(
            "Decoders of Diracs, on held-out positions",
            "position_decoder",
            "position_train_decoder.training.steps",
            "decoder.one_hot.relative_l2 decoder.continuous.relative_l2 decoder.coordconv.relative_l2",
        )
    ],
    "organise": [
        View(
            "Trainings on ellipses",
            "organise_train",
            "variant.weight variant.penalty variant.method",
            "test_mse",
        ),
        View(
            "Codes of ellipses, by λ",
            "organise_sweep",
            "organise_train.variants.grown.weight",
            "grown.mse_k3 grown.max_correlation grown.area_leakage",
        ),
    ],
    "gan": [
        View(
            "Neighbourhoods of a generator",
            "gan_train",
            "variant.generator variant.weight variant.sigmas",
            "unexplained/sigma_0.7_anchor_1",
        )
    ],
    "pipeline": [
        View(
            "Claims on the PCA autoencoder",
            "report",
            "organise_train.variants.pca_ae.weight",
            "organise.pca_ae.mse_k3 organise.pca_ae.max_correlation organise.pca_ae.area_leakage",
        )
    ],
}


def experiment_tags(chapter: str) -> dict[str, str]:
    """Tags of a chapter's experiment in MLflow: the description in Markdown, the kind, the views."""
    tags = {"mlflow.note.content": CHAPTERS.get(chapter, chapter), "mlflow.experimentKind": "custom_model_development"}
    for number, view in enumerate(VIEWS.get(chapter, [])):
        columns = [f"params.`{name}`" for name in view.params.split()]
        columns += [f"metrics.`{name}`" for name in view.metrics.split()]
        columns += ["tags.`dvc.experiment`"]
        state = {"searchFilter": f"tags.stage = '{view.stage}'", "selectedColumns": columns}
        saved = {"name": view.name, "createdAt": 0, "updatedAt": 0, "state": json.dumps(state)}
        tags[f"mlflow.sharedViewState.{chapter}_{number}"] = json.dumps(saved, ensure_ascii=False)
    return tags
