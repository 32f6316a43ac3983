"""The only module that knows MLflow.

A stage posts what it has to say to an outbox on disk when its results are already there; a background sender takes it
to MLflow. So importing MLflow, a slow server or no server at all costs a stage nothing, and nothing is lost: what could
not be sent stays in the outbox, and `make sync-tracking` (or the next stage) sends it.

One sender serves a whole run: it stays as long as the `dvc` that executes the stages, however that ends, and a moment
after a stage that somebody started by hand.
"""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import subprocess
import sys
import time
import uuid
import warnings
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

if TYPE_CHECKING:
    from mlflow import MlflowClient

COMPARE = """

*Views*, above on the right, holds tables with the columns worth comparing. Tick two runs and press *Compare*;
*Show diff only* leaves the parameters and metrics that differ. `variant.…` repeats the parameters of a run's own
variant, so that variants stand in one row; a metric without a seed in its name is the mean over the seeds."""
CHAPTERS = {
    "size": "**Chapter 1, slides 7-20: how an autoencoder encodes and decodes the size of a shape.**" + COMPARE,
    "position": "**Chapter 2, slides 22-29: how a network encodes and decodes position.**" + COMPARE,
    "organise": "**Chapter 3, slides 31-39: the PCA autoencoder, a latent space in order.**" + COMPARE,
    "gan": "**Chapter 3, slides 40-51: the PCA autoencoder on latent neighbourhoods of a generator.**" + COMPARE,
    "pipeline": """**One run per `dvc repro` or `dvc exp run`: all parameters and every claim. Compare these first.**

Tick two runs, press *Compare*, then *Show diff only*: what is left is the parameters that differ, and the claims that
moved. `dvc.experiment` names the experiment; the tags `run.…` are the runs of its stages.""",
}


@dataclass(frozen=True)
class View:
    """A table of runs that MLflow's UI offers under *Views*: runs of a stage, and what to compare them by."""

    name: str
    stage: str
    params: str  # names, with spaces between
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
            "Decoders of Diracs, on unseen positions",
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
            "organise_train.variants.pca_ae.weight",
            "pca_ae.mse_k3 pca_ae.max_correlation pca_ae.area_leakage",
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
LIMITS = {"metrics": 900, "params": 100, "tags": 100}  # what the store takes in one call
# Trainings whose network MLflow stores as a model of its own, one a chapter: exporting it takes as long as a small
# training. Every other one's file comes with its run as an artifact.
EXPORTED = {
    "size_train@bias",
    "position_train_decoder",
    "organise_train@pca_ae",
    "gan_train@avatars",
    "gan_pretrain@avatars",
    "gan_pretrain@faces",
}
IDLE_SECONDS = 4.0  # how long the background sender waits for more before it ends, when no run goes on


@dataclass
class RunLog:
    """Everything one stage execution has to say. Plain values and paths only: it is written to disk as JSON."""

    stage: str
    chapter: str
    started: float = field(default_factory=time.time)
    ended: float = 0.0
    failed: bool = False
    description: str = ""
    params: dict[str, Any] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)
    curves: list[tuple[str, int, float]] = field(default_factory=list)
    artifacts: list[tuple[str, str]] = field(default_factory=list)  # (path, folder in the run)
    images: list[tuple[str, int, str]] = field(default_factory=list)  # (key, step, path)
    tables: dict[str, dict[str, list[Any]]] = field(default_factory=dict)
    datasets: list[tuple[str, str, str]] = field(default_factory=list)  # (name, digest, path)
    models: list[tuple[str, str, list[Any]]] = field(default_factory=list)  # (name, path, example batch)


def project_root() -> Path:
    """Folder of the original repository, also inside `dvc exp run --temp` and `--queue`, which work elsewhere."""
    return Path(os.environ.get("DVC_ROOT") or Path.cwd())


def outbox() -> Path:
    """Where runs wait to be sent, one folder each, oldest first by name."""
    return project_root() / ".tracking" / "outbox"


def tracking_uri() -> str:
    """`MLFLOW_TRACKING_URI` if set, else the SQLite database of the original repository."""
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{project_root() / 'mlflow.db'}"


def without_password(text: str) -> str:
    """`text` with user names and passwords taken out of the addresses in it: logs and reports are passed on."""
    return re.sub(r"://[^/\s]*@", "://", text)


def _warn(error: Exception, outcome: str) -> None:
    reason = f"{type(error).__name__}: {next(iter(str(error).splitlines()), '')}"
    print(without_password(f"warning: MLflow at {tracking_uri()}: {reason}; {outcome}"), file=sys.stderr)


# ---- The stage's side: fast, needs only the disk ---------------------------------------------------------------------


def post(log: RunLog) -> dict[str, str]:
    """Put a run into the outbox, whole or not at all, and make sure a sender is about.

    A full disk costs the run in MLflow, after a warning, but not the stage, whose results are there.

    Returns:
        The run record ``{"stage", "chapter", "execution"}``; MLflow's run carries `execution` as a tag.
    """
    execution = uuid.uuid4().hex
    log.ended = time.time()
    log.tags = {**git_tags(), **log.tags, "execution": execution}
    draft = outbox() / f".{execution}"
    try:
        _put(log, draft)
        draft.replace(outbox() / f"{int(log.ended * 1e6):020d}-{execution}")
        if not sender_is_about():
            start_sender()
    except OSError as error:
        shutil.rmtree(draft, ignore_errors=True)
        print(f"warning: {log.stage}: no run for MLflow, as the outbox cannot be written: {error}", file=sys.stderr)
    return {"stage": log.stage, "chapter": log.chapter, "execution": execution}


def _put(log: RunLog, draft: Path) -> None:
    """Write a run and what is attached to it into the folder `draft`."""
    draft.mkdir(parents=True)
    # Copies, as the stage may work in a folder that DVC removes; names carry a number, as two may be alike.
    log.artifacts = [(_copy(path, draft / f"artifact_{i}"), folder) for i, (path, folder) in enumerate(log.artifacts)]
    log.images = [(key, n, _copy(path, draft / f"image_{i}")) for i, (key, n, path) in enumerate(log.images)]
    log.models = [(name, _copy(path, draft / f"model_{i}"), x) for i, (name, path, x) in enumerate(log.models)]
    (draft / "run.json").write_text(json.dumps(asdict(log)), encoding="utf-8")


def _copy(path: str, folder: Path) -> str:
    folder.mkdir()
    shutil.copy(path, folder)
    return f"{folder.name}/{Path(path).name}"


def git_tags() -> dict[str, str]:
    """Commit, dirty flag and DVC experiment name of the code that runs; empty outside git."""

    def git(*words: str) -> str:
        return subprocess.run(["git", *words], capture_output=True, text=True, check=True).stdout.strip()

    try:
        tags = {"git.commit": git("rev-parse", "HEAD"), "git.dirty": str(bool(git("status", "--porcelain"))).lower()}
    except (OSError, subprocess.CalledProcessError):
        tags = {}
    if name := os.environ.get("DVC_EXP_NAME"):
        tags["dvc.experiment"] = name
    return tags


def sender_is_about() -> bool:
    """Whether a sender holds its lock: it looks into the outbox once more after it has let go."""
    try:
        with FileLock(project_root() / ".tracking" / "sender.lock", timeout=0):
            return False
    except Timeout:
        return True


@dataclass(frozen=True)
class Process:
    """A process, told by its number and the time it started at, as numbers are given out again."""

    pid: int
    started: str

    @property
    def alive(self) -> bool:
        """Whether it still runs; one that has ended and that nobody has waited for does not."""
        return process(self.pid) == self


def _stat(pid: int) -> list[str]:
    """What Linux tells of a process after its name, beginning with its state and its parent."""
    return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()


def process(pid: int) -> Process | None:
    """The running process of that number, or None."""
    try:
        told = _stat(pid)
    except OSError:
        return None
    return None if told[0] in "ZX" else Process(pid, told[19])


def run_of_stages() -> Process | None:
    """The `dvc` that executes this stage: the nearest process above that was not itself told of a stage."""
    pid = os.getpid()
    try:
        while pid > 1 and b"\0DVC_STAGE=" in b"\0" + Path(f"/proc/{pid}/environ").read_bytes():
            pid = int(_stat(pid)[1])
    except OSError:  # another user's, or just gone
        return None
    return process(pid) if pid not in {1, os.getpid()} else None


def start_sender() -> None:
    """Start the background sender of the run that this stage belongs to; it ends at once if one is running."""
    log, run = project_root() / ".tracking" / "sender.log", run_of_stages()
    with log.open("a", encoding="utf-8") as stream:
        subprocess.Popen(
            [sys.executable, "-m", "latentspace.tracking", "--background", *([str(run.pid)] if run else [])],
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            cwd=project_root(),  # the stage's own folder may be a temporary one
            start_new_session=True,
        )


# ---- The sender's side: everything that needs MLflow -----------------------------------------------------------------


def client() -> MlflowClient:
    """A client on the project's store, with time-outs short enough that a dead server costs seconds, not an hour."""
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "10")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "WARNING")
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    import mlflow

    mlflow.set_tracking_uri(tracking_uri())
    return mlflow.MlflowClient()


def experiment_id(store: MlflowClient, chapter: str) -> str:
    """Id of the chapter's MLflow experiment, made on first use; artifacts go below the original repository."""
    from mlflow.exceptions import MlflowException

    experiment = store.get_experiment_by_name(chapter)
    if experiment is not None:
        return str(experiment.experiment_id)
    local = tracking_uri().startswith("sqlite:")
    location = (project_root() / "mlartifacts" / chapter).as_uri() if local else None
    try:
        made = store.create_experiment(chapter, artifact_location=location)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
        return experiment_id(store, chapter)  # another machine on the same server has just made it
    for key, text in experiment_tags(chapter).items():
        store.set_experiment_tag(made, key, text)
    return str(made)


def experiment_tags(chapter: str) -> dict[str, str]:
    """What MLflow's UI shows of a chapter: its description in Markdown, the kind of its pages, its views."""
    tags = {"mlflow.note.content": CHAPTERS.get(chapter, chapter), "mlflow.experimentKind": "custom_model_development"}
    for number, view in enumerate(VIEWS.get(chapter, [])):
        columns = [f"params.`{name}`" for name in view.params.split()]
        columns += [f"metrics.`{name}`" for name in view.metrics.split()]
        columns += ["tags.`dvc.experiment`"]
        state = {"searchFilter": f"tags.stage = '{view.stage}'", "selectedColumns": columns}
        saved = {"name": view.name, "createdAt": 0, "updatedAt": 0, "state": json.dumps(state)}
        tags[f"mlflow.sharedViewState.{chapter}_{number}"] = json.dumps(saved, ensure_ascii=False)
    return tags


def own_parameters(log: RunLog) -> dict[str, Any]:
    """The parameters of the run's own variant as ``variant.<name>``, which another variant's runs have too."""
    found = {key: re.fullmatch(r"\w+\.(?:variants|sets|sources)\.[^.]+\.(.+)", key) for key in log.params}
    return {f"variant.{m[1]}": log.params[key] for key, m in found.items() if m} if log.tags.get("variant") else {}


def seed_means(metrics: Mapping[str, float]) -> dict[str, float]:
    """Means over the seeds of metrics ``<name>/seed_<i>`` and ``<name>_seed_<i>``, by name."""
    by_name: dict[str, list[float]] = {}
    for key, value in metrics.items():
        if of_seed := re.fullmatch(r"(.+)[/_]seed_\d+", key):
            by_name.setdefault(of_seed[1], []).append(value)
    return {name: sum(values) / len(values) for name, values in by_name.items() if name not in metrics}


def drain(timeout: float = 60.0) -> int:
    """Send everything in the outbox, oldest first, one process at a time; never raises.

    Returns:
        How many runs are still waiting, 0 when all is sent.
    """
    waiting = sorted(outbox().glob("[0-9]*")) if outbox().is_dir() else []
    if not waiting:
        return 0
    try:
        with FileLock(project_root() / ".tracking" / "drain.lock", timeout=timeout), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            store = client()
            for folder in sorted(outbox().glob("[0-9]*")):
                _send_or_set_aside(store, folder)
    except Exception as error:  # whatever a store or a network does must not cost the results
        _warn(error, "runs wait in .tracking/outbox")
    return len(list(outbox().glob("[0-9]*")))


def find_run(store: MlflowClient, chapter: str, execution: str) -> str | None:
    """MLflow's id of an execution, or None if it has not arrived."""
    experiment = experiment_id(store, chapter)
    found = store.search_runs([experiment], f"tags.execution = '{execution}'", max_results=1)
    return str(found[0].info.run_id) if found else None


def run_ids(records: list[dict[str, Any]]) -> dict[str, str]:
    """MLflow run ids of run records, by stage, as far as they have arrived; {} when the store does not answer."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            store = client()
            found = {r["stage"]: find_run(store, r["chapter"], r["execution"]) for r in records}
    except Exception as error:  # as in `drain`
        _warn(error, "no links to runs")
        return {}
    return {stage: run_id for stage, run_id in found.items() if run_id}


def run_address(run_id: str) -> str:
    """Where the MLflow UI shows a run: on the tracking server, or where `make ui` serves the local database."""
    server = without_password(tracking_uri()) if tracking_uri().startswith("http") else "http://127.0.0.1:5000"
    return f"{server.rstrip('/')}/#/runs/{run_id}"


def _send_or_set_aside(store: MlflowClient, folder: Path) -> None:
    """Send one run; one that can never be sent goes to .tracking/rejected, so that it does not block others."""
    from mlflow.exceptions import MlflowException

    try:
        _send(store, folder)
        shutil.rmtree(folder)
    except (MlflowException, ValueError, TypeError, KeyError, FileNotFoundError) as error:
        # The others: a run or a model file of older code, damaged, or incomplete.
        if isinstance(error, MlflowException) and error.error_code != "INVALID_PARAMETER_VALUE":
            raise
        rejected = project_root() / ".tracking" / "rejected"
        rejected.mkdir(exist_ok=True)
        folder.replace(rejected / folder.name)
        reason = without_password(str(error))
        print(f"warning: a run cannot be sent, now in {rejected.name}/{folder.name}: {reason}", file=sys.stderr)


def _send(store: MlflowClient, folder: Path) -> None:
    from mlflow.entities import Metric, Param, RunTag

    log = RunLog(**json.loads((folder / "run.json").read_text(encoding="utf-8")))
    if partial := find_run(store, log.chapter, log.tags["execution"]):  # an earlier sender died half-way
        store.delete_run(partial)
    experiment = experiment_id(store, log.chapter)
    tags = {"execution": log.tags["execution"], "mlflow.source.name": log.stage}
    run = store.create_run(experiment, start_time=int(log.started * 1000), run_name=log.stage, tags=tags)
    run_id, ended = str(run.info.run_id), int(log.ended * 1000)
    notes = {**log.tags, "mlflow.note.content": log.description}
    notes |= {f"data.{name}": digest for name, digest, _ in log.datasets}
    notes = {re.sub(r"[^\w\-. :/]", ":", key): text for key, text in notes.items()}  # the letters a tag's name may have
    # A penalty is not a number where it does not count; MLflow would show that as the curve's last value.
    points = [Metric(key, value, ended, step) for key, step, value in log.curves if not math.isnan(value)]
    points += [Metric(key, value, ended, 0) for key, value in (seed_means(log.metrics) | log.metrics).items()]
    _in_parts("metrics", points, lambda part: store.log_batch(run_id, metrics=part))
    params = [Param(key, str(value)[:6000]) for key, value in (log.params | own_parameters(log)).items()]
    _in_parts("params", params, lambda part: store.log_batch(run_id, params=part))
    _in_parts("tags", [RunTag(k, v[:5000]) for k, v in notes.items()], lambda part: store.log_batch(run_id, tags=part))
    for name, digest, path in log.datasets:
        store.log_inputs(run_id, [_dataset(name, digest, path)])
    for path, target in log.artifacts:
        store.log_artifact(run_id, str(folder / path), target or None)
    for key, step, path in log.images:
        store.log_image(run_id, _pixels(folder / path), key=key, step=step)
    for name, table in log.tables.items():
        store.log_table(run_id, table, f"tables/{name}.json")
    for name, path, example in log.models:
        try:
            _log_model(run_id, name, folder / path, example)
        except Exception as error:  # a network that MLflow cannot export must not cost the run
            store.set_tag(run_id, f"model.{name}", f"not stored: {type(error).__name__}")
    store.set_terminated(run_id, status="FAILED" if log.failed else "FINISHED", end_time=ended)


def _in_parts(kind: str, items: list[Any], log: Callable[[list[Any]], Any]) -> None:
    for start in range(0, len(items), LIMITS[kind]):
        log(items[start : start + LIMITS[kind]])


def _pixels(path: Path) -> Any:
    from PIL import Image

    return Image.open(path).convert("RGB")


def _dataset(name: str, digest: str, path: str) -> Any:
    from mlflow.entities import Dataset, DatasetInput, InputTag

    source = json.dumps({"uri": path})
    dataset = Dataset(name=name, digest=digest[:36], source_type="local", source=source)
    return DatasetInput(dataset=dataset, tags=[InputTag("mlflow.data.context", "training")])


def _log_model(run_id: str, name: str, path: Path, example: list[Any]) -> None:
    import mlflow.pytorch
    import numpy as np
    import torch

    from latentspace.core.models import load

    with mlflow.start_run(run_id=run_id):
        mlflow.pytorch.log_model(
            load(path),
            name=name,
            input_example=np.asarray(example, dtype=np.float32),
            pip_requirements=[f"torch=={torch.__version__.split('+')[0]}"],
        )


def load_model(run_id: str, name: str) -> Any:
    """A network logged by run `run_id` under `name`, loaded back through MLflow."""
    import mlflow.pytorch

    store = client()
    for output in store.get_run(run_id).outputs.model_outputs:
        logged = store.get_logged_model(output.model_id)
        if logged.name == name:
            return mlflow.pytorch.load_model(logged.model_uri)
    raise ValueError(f"run {run_id} has no model {name!r}")


def _background(run: Process | None = None) -> None:
    """Send what comes until `run` has ended, or nothing has come for a while; only one such process per repository."""
    os.nice(10)  # training comes first
    while True:
        try:
            with FileLock(project_root() / ".tracking" / "sender.lock", timeout=0):
                if not _send_until_over(run):
                    return  # the store does not answer: leave it to the next stage or to `make sync-tracking`
        except Timeout:
            return  # the one that holds the lock looks once more after letting go
        if not any(outbox().glob("[0-9]*")):
            return


def _send_until_over(run: Process | None) -> bool:
    """Send what comes while `run` goes on, or until nothing has come for a while; whether the store has answered."""
    idle_since = time.monotonic()
    while True:
        over = not run.alive if run else time.monotonic() - idle_since >= IDLE_SECONDS  # before the last look
        if any(outbox().glob("[0-9]*")):
            if drain():
                return False
            idle_since = time.monotonic()
        elif over:
            return True
        time.sleep(0.2)


def _wait_for_sender(seconds: float = 60.0) -> None:
    """Let the sender that is about, which has MLflow at hand already, empty the outbox."""
    deadline = time.monotonic() + seconds
    while any(outbox().glob("[0-9]*")) and sender_is_about() and time.monotonic() < deadline:
        time.sleep(0.2)


def _experiments() -> dict[str, Any]:
    """What the store holds before the first run."""
    tags = {chapter: experiment_tags(chapter) for chapter in CHAPTERS}
    return {"store": without_password(tracking_uri()), "tags": tags}


def _made() -> bool:
    """Whether the store holds the experiments already, as far as can be told without MLflow."""
    made, database = project_root() / ".tracking" / "experiments.json", tracking_uri().removeprefix("sqlite:///")
    try:
        same: bool = json.loads(made.read_text(encoding="utf-8")) == _experiments()
    except (OSError, ValueError):
        return False
    return same and (not tracking_uri().startswith("sqlite:") or Path(database).is_file())


def main(arguments: list[str]) -> int:
    """Create the database and the experiments if need be, and send what waits."""
    if arguments[:1] == ["--background"]:
        _background(process(int(arguments[1])) if arguments[1:] else None)
        return 0
    outbox().mkdir(parents=True, exist_ok=True)
    _wait_for_sender()
    waiting = drain() if _made() else _make_and_send()
    print(f"MLflow tracking: {without_password(tracking_uri())}, {waiting} runs waiting")
    return int(waiting > 0)


def _make_and_send() -> int:
    """Create the database and the experiments, and send what waits; how many runs still do."""
    try:
        with FileLock(project_root() / ".tracking" / "drain.lock"):
            store = client()
            for chapter in CHAPTERS:
                made = experiment_id(store, chapter)
                for key, text in experiment_tags(chapter).items():  # a store of older code gets the present ones
                    store.set_experiment_tag(made, key, text)
        record = project_root() / ".tracking" / "experiments.json"
        record.write_text(json.dumps(_experiments()), encoding="utf-8")
    except Exception as error:  # as in `drain`
        _warn(error, "runs wait in .tracking/outbox")
        return len(list(outbox().glob("[0-9]*")))
    return drain()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
