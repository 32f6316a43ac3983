"""The context of a stage: its declared inputs and outputs, and the record of its run in MLflow.

    with stage(__file__, variant) as run:
        section = run.read(Theory, "size_theory")
        run.record(theory.experiment(section))

The only declaration is that in dvc.yaml: a parameter, dependency or output that the stage uses without declaring it, or
declares without using it, is an error. So what DVC tracks and what the code uses cannot drift apart.
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from latentspace.pipeline import available, bases, files, flat
from latentspace.pipeline.compute import Compute
from latentspace.pipeline.declaration import Declaration, declaration
from latentspace.pipeline.failures import DeclarationError, one_line
from latentspace.pipeline.measured import Findings, Measured, Picture, means
from latentspace.pipeline.params import S, lookup, parse
from latentspace.pipeline.tracking.outbox import EXPORTED, RunLog, announce, post
from latentspace.pipeline.workers import die_with_parent, one_thread, rank

if TYPE_CHECKING:
    import pandas as pd
    import torch

WAITED_FOR = ("data/code/", "data/inputs/", "data/params.ok")  # dependencies that no stage reads


class Stage:
    """Access to the declared inputs and outputs of a stage, and the record of its run; made by `stage`.

    Methods that take a parameter, a dependency or an output raise DeclarationError if dvc.yaml does not declare it.
    """

    def __init__(self, name: str, declared: Declaration) -> None:
        self.name = name
        self.declared = declared
        self.used: set[str] = set()  # declared parameters, dependencies and outputs that were used
        self.left_out: dict[str, str] = {}  # reasons by name
        self.digests = {dep: files.md5(Path(dep)) for dep in declared.deps}
        self.chapter = "pipeline" if name == "report" else name.split("_")[0]
        self.log = RunLog(stage=name, chapter=self.chapter)
        self.log.params = dict(flat.flatten(declared.params))
        for key in declared.own:  # one name for all variants, so that MLflow shows them in one column
            self.log.params |= dict(flat.flatten({"variant": declared.params[key]}))
        self.log.tags = {"stage": name.split("@")[0], "variant": name.partition("@")[2]}
        self.log.tags |= {f"dep.{dep}": digest for dep, digest in self.digests.items()}
        # If several processes train together (nn/distributed.py), only the first keeps its outputs.
        self.scratch = tempfile.TemporaryDirectory() if rank() else None

    def read(self, schema: type[S], key: str) -> S:
        """The declared part of the section of params.yaml at dotted `key`; raises ParamsError if it is wrong."""
        return parse(schema, self._part(key), key)

    def _part(self, key: str) -> Any:
        """The declared part of params.yaml at dotted `key`; raises ParamsError if there is none."""
        declared: dict[str, Any] = {}
        for dotted, value in self.declared.params.items():
            here = declared
            *parents, last = dotted.split(".")
            for part in parents:
                here = here.setdefault(part, {})
            here[last] = value
        self.used |= {
            known
            for known in self.declared.params
            if f"{known}.".startswith(f"{key}.") or f"{key}.".startswith(f"{known}.")
        }
        return lookup(declared, key)

    def read_value(self, key: str) -> Any:
        """One value of params.yaml, which dvc.yaml must declare under exactly this key."""
        if key not in self.declared.params:
            raise DeclarationError(f"dvc.yaml: stage {self.name} does not declare {key} as parameter")
        self.used.add(key)
        return self.declared.params[key]

    @property
    def seeds(self) -> list[int]:
        """The seeds of this study, from params.yaml."""
        seeds: list[int] = self.read_value("seeds")
        self.log.tags["seeds"] = ",".join(map(str, seeds))
        return seeds

    @property
    def compute(self) -> Compute:
        """Device and arithmetic of trainings, from params.yaml."""
        compute = Compute(self.read_value("device"), self.read_value("precision"))
        self.log.tags.setdefault("arithmetic", compute.of_autoencoders)
        return compute

    def input(self, path: str) -> Path:
        """`path`; dvc.yaml must declare it, or a folder above it, as a dependency of this stage."""
        return Path(self._declared(path, self.declared.deps, "dependency"))

    def inputs(self, folder: str, names: Iterable[str]) -> dict[str, Path]:
        """`input` of several files or folders under `folder`, by name."""
        return {name: self.input(f"{folder}/{name}") for name in names}

    def available(self, folders: Mapping[str, str], key: str) -> dict[str, Path]:
        """`input` of those names in `folders`, paths by name, that params.yaml has at `key`; the others are left out.

        Raises:
            NothingToDoError: if none is left; this ends the stage with success and empty outputs.
        """
        names, reasons = available.split(folders, self._part(key), key)
        found = {name: self.input(folders[name]) for name in names}
        empty = {name: "its stage had nothing to do" for name, path in found.items() if available.is_empty(path)}
        self.leave_out(reasons | empty)
        if len(empty) == len(found):
            raise available.NothingToDoError
        return {name: path for name, path in found.items() if name not in empty}

    def leave_out(self, reasons: Mapping[str, str]) -> None:
        """State what this stage does not evaluate, and why, in its result line and as the tag ``left_out`` of its run.

        A stage that leaves something out need not use all it declares; outputs that it does not write become empty.
        """
        self.left_out |= reasons
        if self.left_out:
            self.log.tags["left_out"] = available.in_words(self.left_out)

    def output(self, path: str) -> Path:
        """`path`; dvc.yaml must declare it, or a folder above it, as an output of this stage. Creates its folder."""
        out = Path(self.scratch.name if self.scratch else "") / self._declared(path, self.declared.outs, "output")
        out.parent.mkdir(parents=True, exist_ok=True)
        return out

    def _declared(self, path: str, allowed: Sequence[str], what: str) -> str:
        covering = {known for known in allowed if Path(path) == Path(known) or Path(known) in Path(path).parents}
        if not covering:
            raise DeclarationError(f"dvc.yaml: stage {self.name} does not declare {path} as {what}")
        self.used |= covering
        return path

    def check_used(self) -> None:
        """Raise DeclarationError if a declaration was not used, as it would make the stage stale for no reason.

        After `leave_out`, outputs that were not used are made empty instead.
        """
        if self.left_out:
            for out in {*self.declared.outs} - self.used:
                available.write_empty(self.output(out))
            return
        declared = {*self.declared.params, *self.declared.deps, *self.declared.outs} - self.used
        idle = sorted(name for name in declared if not name.startswith(WAITED_FOR))
        if idle:
            raise DeclarationError(f"dvc.yaml: stage {self.name} declares what it does not use: {', '.join(idle)}")

    def record(self, findings: Findings) -> None:
        """Write the results of an experiment: metrics, pictures, matrices and tables; print its summary."""
        if findings.rows:
            self.metrics(findings.rows)
        for file, picture in findings.pictures.items():
            self.picture(file, picture)
        for name, matrix in findings.matrices.items():
            self.matrix(name, matrix)
        for name, table in findings.tables.items():
            self.table(name, table)
        if findings.summary:
            self.say(findings.summary)

    def metrics(self, rows: Sequence[Measured]) -> None:
        """Write the stage's metrics as one flat JSON object, and record them with their means over the seeds.

        Raises:
            DeclarationError: if two rows have the same key.
            ValueError: if a value is NaN or infinite.
        """
        path = self.output(f"metrics/{self.name.replace('@', '/')}.json")
        values = {row.key: flat.finite(row.value) for row in rows}
        if len(values) != len(rows):
            raise DeclarationError(f"stage {self.name}: two numbers of one key")
        files.write_json(path, values)
        self.log.metrics |= means(rows) | values
        self.log.artifacts.append((str(path), ""))

    def curves(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write curves for DVC and MLflow; each row has ``seed`` or ``run``, ``step``, and the plotted quantities."""
        path = self.output(f"plots/{self.name.replace('@', '/')}.csv")
        files.write_text(path, flat.as_csv(rows))
        self.log.curves += flat.points(rows)

    def table(self, name: str, table: pd.DataFrame) -> None:
        """Attach a table to the run, which MLflow shows and compares between runs."""
        self.log.tables[name] = table.to_dict(orient="list")

    def picture(self, file: str, picture: Picture) -> None:
        """Save a picture under figures/<stage>/ and attach it to the run."""
        self.log.artifacts.append((self._saved(file, picture), "figures"))

    def _saved(self, file: str, picture: Picture) -> str:
        path = self.output(f"figures/{self.name.replace('@', '/')}/{file}")
        with files.atomic(path) as temporary:
            picture.save(temporary)
        return str(path)

    def matrix(self, name: str, table: pd.DataFrame) -> None:
        """Save a labelled square matrix (index = columns) as JSON under matrices/<stage>/ and as a table of the run."""
        path = self.output(f"matrices/{self.name.replace('@', '/')}/{name}.json")
        files.write_json(path, {"labels": list(table.columns), "values": table.to_numpy(dtype=float).tolist()})
        self.log.artifacts.append((str(path), "matrices"))
        self.table(name, table.rename_axis("component").reset_index())

    def image(self, key: str, step: int, image: Picture) -> None:
        """Save an image that belongs to a step, such as a scale of a generator; the run shows it by step."""
        self.log.images.append((key, step, self._saved(f"{key}_{step}.png", image)))

    def model(self, name: str, path: str, example: torch.Tensor) -> None:
        """Attach the network in file `path` to the run; MLflow also stores it as a model for stages in `EXPORTED`.

        Args:
            name: of the model in MLflow.
            path: a file written by `models.save`, which `latentspace.load` can also read from the run's artifacts.
            example: a batch of inputs.
        """
        self.attach(self.output(path), "networks")
        if self.name in EXPORTED:
            self.log.models.append((name, str(self.output(path)), example.tolist()))

    def summary(self, params: Mapping[str, Any], metrics: Mapping[str, float], tags: Mapping[str, str]) -> None:
        """Record the whole pipeline in this run: all parameters, headline metrics, links to the runs of the stages."""
        self.log.params |= dict(flat.flatten(params))
        self.log.metrics |= metrics
        self.log.tags |= tags

    def attach(self, path: Path, folder: str = "") -> None:
        """Attach a file to the run, under `folder`."""
        self.log.artifacts.append((str(path), folder))

    def dataset(self, name: str, path: Path) -> None:
        """Record the digest of the data set at `path`, which this run made or used."""
        self.log.datasets.append((name, files.md5(path), str(path)))

    @property
    def checkpoints(self) -> Path:
        """Folder of this run's checkpoints, not an output of DVC; named by a digest of parameters and dependencies."""
        identity = json.dumps([dict(self.declared.params), self.digests], sort_keys=True, default=str)
        return Path(".checkpoints") / self.name / hashlib.sha256(identity.encode()).hexdigest()[:16]

    def say(self, text: str) -> None:
        """Print the result of the stage in one line, with the arithmetic if the stage trains."""
        arithmetic = self.log.tags.get("arithmetic")
        left_out = f"; left out: {self.log.tags['left_out']}" if self.left_out else ""
        if rank() == 0:
            print(f"{self.name}: {text}{left_out}" + (f" ({arithmetic})" if arithmetic else ""), flush=True)


@contextmanager
def stage(script: str, variant: str | None = None) -> Iterator[Stage]:
    """Open the stage of this script; the record of its run is written when the block ends.

    Args:
        script: the stage script, `__file__`; its stem is the stage's name in dvc.yaml.
        variant: its name, if the stage has variants (``matrix`` or ``foreach`` in dvc.yaml).

    Raises:
        SystemExit: after printing one line, as `one_line` does: wrong parameter, damaged input, full disk, no memory.
        DeclarationError: if the declaration in dvc.yaml differs from what the stage uses.
    """
    if "DVC_STAGE" in os.environ:
        die_with_parent()
    one_thread()
    name = Path(script).stem + (f"@{variant}" if variant else "")
    with one_line(name, "; the same command resumes from the last checkpoint"):
        run = Stage(name, declaration(name, bases.read(Path("params.yaml"))))
        run.log.description = _description(script)
        announce(run.log, run.checkpoints)
        try:
            try:
                yield run
            except available.NothingToDoError:
                run.say("nothing to do")
            record = run.output(f"runs/{run.chapter}/{name}.json")
            if rank() == 0:
                run.check_used()
        except Exception as error:
            run.log.tags["error"] = f"{type(error).__name__}: {error}"[:500]
            run.log.failed, run.log.models = True, []
            if rank() == 0:
                post(run.log)
            raise
        if rank() == 0:
            files.write_json(record, {**post(run.log), **({"left_out": run.left_out} if run.left_out else {})})
            shutil.rmtree(run.checkpoints, ignore_errors=True)


def _description(script: str) -> str:
    return ast.get_docstring(ast.parse(Path(script).read_text(encoding="utf-8"))) or ""
