"""Images that the trainings behind a claim see, from params.yaml: steps × images per step, repetitions counted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from latentspace.gan.params import Direct
from latentspace.gan.params import Variant as Neighbourhoods
from latentspace.gan.roles import AVATARS, NO_COV, PCA_AE
from latentspace.organise.params import Variant as OnImages
from latentspace.organise.selected import PLAIN
from latentspace.pca.settings import Settings
from latentspace.report.claim import Claim

Params = Mapping[str, Any]

# Sections whose trainings grow packet by packet, with the schema that has the default of their packets.
GROWN: dict[str, type[Settings]] = {
    "organise_train": OnImages,
    "gan_train": Neighbourhoods,
    "gan_photos_train": Neighbourhoods,
    "gan_direct": Direct,
}
HALVINGS = ("stride", "max_pool", "average_pool", "even_filter")
COORDCONV = {"coordconv": "coordconv_batch_size", "image_coordconv": "coordconv_batch_size_2d"}


def of_claims(claims: Iterable[Claim], params: Params) -> dict[str, int]:
    """Images seen by one training, that is for one seed, by claim id; only of claims on trainings.

    Args:
        claims: all claims.
        params: params.yaml with completed variants.
    """
    found = {claim.id: images_seen(claim, params) for claim in claims}
    return {name: count for name, count in found.items() if count}


def images_seen(claim: Claim, params: Params) -> int:
    """Images seen by one training of each model that the claim is about; 0 for a claim on no training."""
    chapter, *names = claim.id.split(".")
    if chapter == "position" and names[0] in {"trained", "trained_2d", "stall", *HALVINGS}:
        return linear_encoder(names, params)
    if chapter == "organise" and names[0] == PLAIN:
        return learnt_first(params)
    return sum(of_stage(stage, params) for stage in trainings(claim, params))


def trainings(claim: Claim, params: Params) -> tuple[str, ...]:
    """Stages that train what a claim is about, such as ``size_train@bias``: those it names, or those of its id."""
    if claim.trained is not None:
        return claim.trained
    chapter, *names = claim.id.split(".")
    variants = params.get(f"{chapter}_train", {}).get("variants", {})
    if chapter == "gan" and names[0] not in {NO_COV, "direct", "regressor"}:
        if PCA_AE not in names:
            return ()  # directions that are computed
        names = [AVATARS if names[0] == PCA_AE else names[0]]
    for name in ("_".join(names[:2]), names[0]):
        if name in variants:
            return (f"{chapter}_train@{name}",)
    sections = (f"{chapter}_{names[0]}", f"{chapter}_train_{names[0]}")
    return tuple(f"{section}@{names[1]}" for section in sections if "training" in params.get(section, {}))


def of_stage(stage: str, params: Params) -> int:
    """Images seen by one training of a stage, with those of discarded restarts; 0 if it has no steps."""
    section, _, name = stage.partition("@")
    settings = params.get(section, {})
    own = settings.get("variants", {name: settings}).get(name)
    if not settings or own is None or own.get("method") == "linear_pca":
        return 0
    training = settings["training"]
    steps = own.get("steps") or training["steps"]
    batch = settings.get(COORDCONV.get(name, "")) or own.get("batch_size") or training["batch_size"]
    if section in GROWN and own.get("method", "pca_ae") in ("pca_ae", "afterwards", "affine"):
        steps = grown_steps(own, GROWN[section], steps) + (own.get("plain_steps") or 0)
    return int(steps * batch)


def learnt_first(params: Params) -> int:
    """Images seen by the plain autoencoder that ``organise_train@pca_ae`` organises; 0 if there is none."""
    section = params["organise_train"]
    own = section["variants"].get(PCA_AE, {})
    return int((own.get("plain_steps") or 0) * (own.get("batch_size") or section["training"]["batch_size"]))


def grown_steps(own: Mapping[str, Any], schema: type[Settings], steps: int) -> int:
    """Steps of all packets, with those of restarts; `steps` is the mean of a packet's."""
    default = {"packet_sizes": schema.model_fields["packet_sizes"].get_default()}
    settings = Settings(**default | {key: value for key, value in own.items() if key in Settings.model_fields})
    total = 0
    for packet in range(len(settings.packet_sizes)):
        growing, settling = settings.steps_of(packet, steps)
        total += growing + settling
        if settings.restarts > 1:
            from latentspace.pca.growth import TRIAL  # imports torch, which the report needs for nothing else

            total += settings.restarts * max(1, round(TRIAL * growing))
    return total


def linear_encoder(names: list[str], params: Params) -> int:
    """Diracs seen by a linear encoder of position, all of them in every evaluation; of L-BFGS at most."""
    if names[0] in HALVINGS:  # the better of both optimizers
        settings = params["position_ablation"]
        training, lbfgs = settings["training"], settings["lbfgs"]
        return int(lbfgs["evaluations"] * settings["train_positions"] + training["steps"] * training["batch_size"])
    settings = params["position_encoder"]
    levels = int(re.findall(r"_L(\d+)", names[-1])[0]) * (2 if names[0] == "trained_2d" else 1)
    adam = names[0] == "stall" and names[1].startswith("adam")
    evaluations = settings["adam"]["steps"] if adam else settings["lbfgs"]["evaluations"]
    return int(evaluations * 2**levels)
