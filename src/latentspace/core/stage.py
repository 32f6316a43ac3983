"""The stage context: what one DVC stage may read, must write, and tells MLflow.

    with stage(__file__, variant) as run:
        section = run.read(TrainSection, "size_train")
        ...
        run.metrics({...})
        run.figure("profiles.png", figure)

The declaration in dvc.yaml is the only source: a parameter, dependency or output that the stage does not declare there
is refused here, so what DVC tracks and what the code uses cannot drift apart.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from latentspace.core import files
from latentspace.core.compute import Compute
from latentspace.core.parallel import die_with_parent, one_thread, rank
from latentspace.core.params import ParamsError, S, lookup, parse, read_yaml
from latentspace.tracking import EXPORTED, RunLog, post

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import torch
    from matplotlib.figure import Figure

KINDS = ("params", "deps", "outs", "metrics", "plots")
TEMPLATE = re.compile(r"\$\{\s*([\w.-]+)\s*\}")


@dataclass(frozen=True)
class Declaration:
    """One stage of dvc.yaml with its templates filled in: declared values by dotted key, paths relative to the root."""

    params: Mapping[str, Any]
    deps: tuple[str, ...]
    outs: tuple[str, ...]


def declaration(name: str) -> Declaration:
    """Read stage `name` from dvc.yaml and its values from params.yaml, as DVC itself resolves them.

    DVC's own resolver takes twenty times as long to import and run; tests compare the two on every stage.

    Raises:
        ParamsError: if there is no such stage, or a template names a parameter that is not there.
    """
    values = read_yaml(Path("params.yaml"))
    base, _, variant = name.partition("@")
    stage = lookup(read_yaml(Path("dvc.yaml")), "stages").get(base, {})
    item = _items(stage, values).get(variant)
    if not stage or item is None:
        raise ParamsError(f"dvc.yaml: no stage {name}")
    stage, filled = stage.get("do", stage), values | item
    listed = {kind: [_fill(path, filled) for path in _paths(stage.get(kind, []))] for kind in KINDS}
    params = {key: lookup(values, key) for key in listed["params"]}
    return Declaration(params, tuple(listed["deps"]), tuple(listed["outs"] + listed["metrics"] + listed["plots"]))


def _items(stage: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """What `item` (and `key`) stand for in each variant of a stage of dvc.yaml, by the variant's name."""
    if "foreach" in stage:
        each = _fill(stage["foreach"], values)
        keyed = each.items() if isinstance(each, Mapping) else ((str(item), item) for item in each)
        return {key: {"key": key, "item": item} for key, item in keyed}
    axes = {axis: _fill(listed, values) for axis, listed in stage.get("matrix", {}).items()}
    combined = (dict(zip(axes, items, strict=True)) for items in product(*axes.values()))
    return {"-".join(map(str, item.values())): {"item": item} for item in combined}


def _fill(text: Any, values: Mapping[str, Any]) -> Any:
    """`text` with ``${dotted.key}`` replaced; the value itself where it is nothing else."""
    if not isinstance(text, str):
        return text
    if whole := TEMPLATE.fullmatch(text):
        return lookup(values, whole[1])
    return TEMPLATE.sub(lambda found: str(lookup(values, found[1])), text)


def _paths(entries: Sequence[str | Mapping[str, Any]]) -> list[str]:
    return [path for entry in entries for path in ([entry] if isinstance(entry, str) else entry)]


class Stage:
    """What a stage script works with; make it with `stage()`."""

    def __init__(self, name: str, declared: Declaration) -> None:
        self.name = name
        self.declared = declared
        self.digests = {dep: files.md5(Path(dep)) for dep in declared.deps}
        self.chapter = "pipeline" if name == "report" else name.split("_")[0]
        self.log = RunLog(stage=name, chapter=self.chapter)
        self.log.params = dict(_flatten(declared.params))
        self.log.tags = {"stage": name.split("@")[0], "variant": name.partition("@")[2]}
        self.log.tags |= {f"dep.{dep}": digest for dep, digest in self.digests.items()}
        # Of several processes that train together (core/distributed.py), only the first one's outputs count.
        self.scratch = tempfile.TemporaryDirectory() if rank() else None

    def read(self, schema: type[S], key: str) -> S:
        """The section of params.yaml at dotted `key`, checked; it must be declared in dvc.yaml."""
        declared: dict[str, Any] = {}
        for dotted, value in self.declared.params.items():
            here = declared
            *parents, last = dotted.split(".")
            for part in parents:
                here = here.setdefault(part, {})
            here[last] = value
        return parse(schema, lookup(declared, key), key)

    @property
    def seeds(self) -> list[int]:
        """The seeds of this study, from params.yaml."""
        seeds = list(self.declared.params["seeds"])
        self.log.tags["seeds"] = ",".join(map(str, seeds))
        return seeds

    @property
    def compute(self) -> Compute:
        """Where trainings run and in which arithmetic, from params.yaml."""
        compute = Compute(self.declared.params["device"], self.declared.params["precision"])
        self.log.tags.setdefault("arithmetic", compute.of_autoencoders)
        return compute

    def input(self, path: str) -> Path:
        """`path`, if dvc.yaml declares it (or a folder above it) as a dependency of this stage."""
        return Path(_declared(path, self.declared.deps, self.name, "dependency"))

    def output(self, path: str) -> Path:
        """`path`, if dvc.yaml declares it (or a folder above it) as an output of this stage; its folder is made."""
        out = Path(self.scratch.name if self.scratch else "") / _declared(path, self.declared.outs, self.name, "output")
        out.parent.mkdir(parents=True, exist_ok=True)
        return out

    def metrics(self, values: Mapping[str, float]) -> None:
        """Write the stage's metrics, one flat JSON object, and record them."""
        path = self.output(f"metrics/{self.name.replace('@', '/')}.json")
        flat = {key: _number(value) for key, value in values.items()}
        files.write_json(path, flat)
        self.log.metrics |= flat
        self.log.artifacts.append((str(path), ""))

    def curves(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write curves for DVC's plots and MLflow's charts: rows of ``seed`` or ``run``, ``step`` and quantities."""
        path = self.output(f"plots/{self.name.replace('@', '/')}.csv")
        columns = list(dict.fromkeys(key for row in rows for key in row))
        lines = [[_text(row.get(column, "")) for column in columns] for row in rows]
        files.write_text(path, "".join(",".join(line) + "\n" for line in [columns, *lines]))
        for row in rows:
            name, step = row.get("run") or f"seed_{row['seed']}", int(row["step"])
            points = ((key, value) for key, value in row.items() if key not in {"run", "seed", "step"})
            self.log.curves += [(f"{key}/{name}", step, float(value)) for key, value in points]

    def table(self, name: str, table: pd.DataFrame) -> None:
        """Attach a table to the run; MLflow shows it and compares it between runs."""
        self.log.tables[name] = table.to_dict(orient="list")

    def figure(self, file: str, figure: Figure) -> None:
        """Save `figure` under figures/<stage>/ and attach it to the run."""
        from matplotlib import pyplot

        path = self.output(f"figures/{self.name.replace('@', '/')}/{file}")
        with files.atomic(path) as temporary:
            figure.savefig(temporary, dpi=120, metadata={"Software": None})
        pyplot.close(figure)
        self.log.artifacts.append((str(path), "figures"))

    def matrix(self, name: str, table: pd.DataFrame) -> None:
        """Keep a labelled square matrix (index = columns) as JSON under figures/<stage>/ and as a table of the run."""
        path = self.output(f"figures/{self.name.replace('@', '/')}/{name}.json")
        files.write_json(path, {"labels": list(table.columns), "values": table.to_numpy(dtype=float).tolist()})
        self.log.artifacts.append((str(path), "matrices"))
        self.table(name, table.rename_axis("component").reset_index())

    def animation(self, file: str, frames: Sequence[np.ndarray], *, milliseconds: int = 80) -> None:
        """Save frames, uint8 of shape (height, width) or (height, width, 3), as a GIF that repeats for ever."""
        from PIL import Image

        path = self.output(f"figures/{self.name.replace('@', '/')}/{file}")
        first, *rest = [Image.fromarray(frame).quantize(64) for frame in frames]
        with files.atomic(path) as temporary:
            first.save(temporary, save_all=True, append_images=rest, duration=milliseconds, loop=0, optimize=True)
        self.log.artifacts.append((str(path), "figures"))

    def image(self, key: str, step: int, image: np.ndarray) -> None:
        """Save an image, uint8, that belongs to a step (a number of components, a scale); the run shows it by step."""
        from PIL import Image

        path = self.output(f"figures/{self.name.replace('@', '/')}/{key}_{step}.png")
        with files.atomic(path) as temporary:
            Image.fromarray(image).save(temporary)
        self.log.images.append((key, step, str(path)))

    def model(self, name: str, path: str, example: torch.Tensor) -> None:
        """Attach the network in file `path` to the run; MLflow stores it as a model too if `tracking.EXPORTED` says so.

        Args:
            name: of the model in MLflow.
            path: a file that `models.save` wrote; `latentspace.load` reads it, from the run's folder ``networks`` too.
            example: a batch of inputs.
        """
        self.attach(self.output(path), "networks")
        if self.name in EXPORTED:
            self.log.models.append((name, str(self.output(path)), example.tolist()))

    def summary(self, params: Mapping[str, Any], metrics: Mapping[str, float], tags: Mapping[str, str]) -> None:
        """Record a whole pipeline in this run: all parameters, headline metrics, links to the stage runs."""
        self.log.params |= dict(_flatten(params))
        self.log.metrics |= metrics
        self.log.tags |= tags

    def attach(self, path: Path, folder: str = "") -> None:
        """Attach a file to the run, under `folder`."""
        self.log.artifacts.append((str(path), folder))

    def dataset(self, name: str, path: Path) -> None:
        """Note that this run made or used the data set at `path`, by its digest."""
        self.log.datasets.append((name, files.md5(path), str(path)))

    @property
    def checkpoints(self) -> Path:
        """Folder of this run's checkpoints: another for other parameters, inputs or code, outside DVC's outputs."""
        identity = json.dumps([dict(self.declared.params), self.digests], sort_keys=True, default=str)
        return Path(".checkpoints") / self.name / hashlib.sha256(identity.encode()).hexdigest()[:16]

    def say(self, text: str) -> None:
        """Print the stage's one line of result, and of a training its arithmetic."""
        arithmetic = self.log.tags.get("arithmetic")
        if rank() == 0:
            print(f"{self.name}: {text}" + (f" ({arithmetic})" if arithmetic else ""), flush=True)


@contextmanager
def stage(script: str, variant: str | None = None) -> Iterator[Stage]:
    """Open the stage of this script; writes the run record when the block ends.

    Args:
        script: the stage script, `__file__`; its stem is the stage's name in dvc.yaml.
        variant: the matrix item, if the stage has one.

    Raises:
        SystemExit: on a wrong parameter, a missing or damaged input, a full disk or a killed training, after one
            clear line.
    """
    if "DVC_STAGE" in os.environ:
        die_with_parent()
    one_thread()
    name = Path(script).stem + (f"@{variant}" if variant else "")
    try:
        run = Stage(name, declaration(name))
        run.log.description = _description(script)
        try:
            yield run
        except Exception as error:
            run.log.tags["error"] = f"{type(error).__name__}: {error}"[:500]
            run.log.failed, run.log.models = True, []
            if rank() == 0:
                post(run.log)
            raise
        if rank() == 0:
            files.write_json(run.output(f"runs/{run.chapter}/{name}.json"), post(run.log))
            shutil.rmtree(run.checkpoints, ignore_errors=True)
    except (ValueError, OSError) as error:
        if os.environ.get("LATENTSPACE_TRACEBACK"):
            raise
        print(f"error: {name}: {error}", file=sys.stderr)
        raise SystemExit(1) from None


def _description(script: str) -> str:
    import ast

    return ast.get_docstring(ast.parse(Path(script).read_text(encoding="utf-8"))) or ""


def _flatten(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _declared(path: str, allowed: Sequence[str], stage: str, what: str) -> str:
    wanted = Path(path)
    if not any(wanted == Path(known) or Path(known) in wanted.parents for known in allowed):
        raise RuntimeError(f"dvc.yaml: stage {stage} does not declare {path} as {what}")
    return path


def _text(value: Any) -> str:
    """`value` in a CSV file of curves; nothing where there is no number."""
    if not isinstance(value, float):
        return str(value)
    return "" if math.isnan(value) else f"{value:.6g}"


def _number(value: float) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"a metric is {number}; the training has diverged or a measure has no data")
    return number
