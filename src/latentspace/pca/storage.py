"""Fitted estimators as files: safetensors for `PCAAutoencoder.load`, and ONNX for other programs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float, Shaped
from torch import Tensor, nn

from latentspace.nn import models
from latentspace.nn.latent import LatentModel
from latentspace.pca.scaling import Layout, ScaledModel, Units
from latentspace.pipeline.files import atomic

NOT_STORED = (
    "encoder",
    "decoder",
    "through",
    "training",
    "device",
    "checkpoints",
)  # the trained model has their results
OPSET = 18


@runtime_checkable
class Fitted(Protocol):
    """The attributes of a fitted estimator that are stored."""

    model_: LatentModel
    layout_: Layout
    units_: Units
    dtype_: np.dtype[Any]
    packet_sizes_: list[int]
    n_components_: int
    n_features_in_: int
    explained_variance_ratio_: Float[np.ndarray, " components"]
    random_state: Any

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The constructor's arguments."""


def save(estimator: Fitted, path: Path) -> None:
    """Write a fitted estimator: its model, its arguments except `NOT_STORED`, and its fitted attributes."""
    arguments = {k: v for k, v in estimator.get_params(deep=False).items() if k not in NOT_STORED}
    if not isinstance(estimator.random_state, int):
        arguments["random_state"] = None
    fitted = {
        "shape": estimator.layout_.shape,
        "dtype": str(estimator.dtype_),
        "packet_sizes": estimator.packet_sizes_,
        "explained_variance_ratio": estimator.explained_variance_ratio_.tolist(),
        "n_features_in": estimator.n_features_in_,
    }
    described = json.loads(json.dumps({"arguments": arguments, "fitted": fitted}, default=list))
    models.save(estimator.model_.float(), path, estimator=described)
    estimator.model_.to(torch_dtype(estimator.dtype_))


def read(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Read the arguments and the fitted attributes of a stored estimator.

    Raises:
        ValueError: naming the file, if it is missing or damaged, or is no estimator.
    """
    model, header = models.load_with_header(path)
    if not isinstance(model, LatentModel) or "estimator" not in header:
        raise ValueError(f"{path}: holds no fitted estimator; `latentspace.load` reads networks")
    fitted, dtype = header["estimator"]["fitted"], np.dtype(header["estimator"]["fitted"]["dtype"])
    units = Units.none()
    if isinstance(model, ScaledModel):
        units = Units(model.offset.numpy().copy(), model.divisor)
    return header["estimator"]["arguments"], {
        "model_": model.to(torch_dtype(dtype)),
        "layout_": Layout(tuple(fitted["shape"])),
        "units_": units,
        "dtype_": dtype,
        "packet_sizes_": fitted["packet_sizes"],
        "n_components_": model.components,
        "n_features_in_": fitted["n_features_in"],
        "explained_variance_ratio_": np.array(fitted["explained_variance_ratio"]),
    }


def torch_dtype(dtype: np.dtype[Any]) -> torch.dtype:
    """Type of a model's weights for data of type `dtype`: float64 for float64, otherwise float32."""
    return torch.float64 if dtype == np.float64 else torch.float32


class Half(nn.Module):
    """The encoder or the decoder of a latent model as a separate network, in the layout of the user's data."""

    def __init__(self, model: LatentModel, layout: Layout, part: Literal["encoder", "decoder"]) -> None:
        super().__init__()
        self.model, self.layout, self.part = model, layout, part

    def forward(self, rows: Shaped[Tensor, "n ..."]) -> Shaped[Tensor, "n ..."]:
        """Codes of rows, or rows of codes."""
        if self.part == "encoder":
            return self.model.encode(self.layout.to_network(rows))
        return self.layout.from_network(self.model.decode(rows))


def export_onnx(estimator: Fitted, path: Path, part: Literal["encoder", "decoder"]) -> None:
    """Write the encoder or the decoder of a fitted estimator as an ONNX file, for any number of rows.

    Input and output are named ``input`` and ``output``; images are float32, vectors have the type of the data.

    Raises:
        ImportError: if the packages of the extra ``onnx`` are not installed.
    """
    try:
        import onnxscript  # noqa: F401, torch's exporter needs it
    except ImportError:
        raise ImportError("ONNX export needs the extra packages: pip install '.[onnx]'") from None
    shape = estimator.layout_.shape if part == "encoder" else (estimator.n_components_,)
    example: Any = torch.zeros(2, *shape, dtype=torch_dtype(estimator.dtype_))
    half = Half(estimator.model_, estimator.layout_, part).eval()
    program = torch.onnx.export(
        half,
        (example,),
        input_names=["input"],
        output_names=["output"],
        dynamic_shapes=({0: torch.export.Dim("rows")},),
        opset_version=OPSET,
        dynamo=True,
        verbose=False,
    )
    assert program is not None
    with atomic(path) as temporary:
        program.save(temporary)
