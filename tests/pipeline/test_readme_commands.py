"""Every command that README.md gives, run at smoke size in a project of its own: a command that no test runs fails."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

from latentspace.pipeline import quick

pytestmark = pytest.mark.pipeline
ROOT = Path(__file__).parents[2]


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", (ROOT / "README.md").read_text(), flags=re.M | re.S)


def commands() -> list[str]:
    """What README.md asks to type, one command each, without comments."""
    lines = [line.split("#")[0] for block in blocks("sh") for line in block.splitlines()]
    return [command.strip() for line in lines for command in line.split("&&") if command.strip()]


def sh(project: Path, command: str, **environment: str) -> str:
    """Run a command of README.md as a reader would, in `project`."""
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=project,
        env=quick.environment(project) | environment,
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr


def make(project: Path, command: str, **environment: str) -> str:
    """`make …` without its setup: the packages are those that run the tests."""
    return sh(project, command.replace("make ", "make --old-file=.venv/.ready ", 1), **environment)


def executed(said: str) -> set[str]:
    """The stages that ran, by DVC's output, but `inputs`, which always runs."""
    lines = re.findall(r"^> python stages/(\w+)\.py(.*)$", said, flags=re.M)
    return {"@".join([script, *variant.split()]) for script, variant in lines} - {"inputs"}


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def served(project: Path, command: str, port: int):
    """The address of the server that `command` starts."""
    server = subprocess.Popen(
        ["bash", "-c", command],
        cwd=project,
        env=quick.environment(project) | {"MLFLOW_DISABLE_TELEMETRY": "true"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    address, deadline = f"http://127.0.0.1:{port}", time.monotonic() + 180
    try:
        while True:
            try:
                urllib.request.urlopen(f"{address}/health", timeout=2).close()
                break
            except OSError:
                assert time.monotonic() < deadline and server.poll() is None, f"{command} does not answer"
                time.sleep(0.5)
        yield address
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def chapters(address: str) -> dict[str, dict[str, str]]:
    """The experiments that an MLflow server shows, with their tags."""
    asked = urllib.request.Request(
        f"{address}/api/2.0/mlflow/experiments/search",
        data=json.dumps({"max_results": 100}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(asked, timeout=60) as answer:
        found = json.load(answer)["experiments"]
    return {one["name"]: {tag["key"]: tag["value"] for tag in one.get("tags", [])} for one in found}


def runs(project: Path, uri: str = "") -> list:
    """The MLflow runs, once everything has been sent."""
    uri = uri or f"sqlite:///{project}/mlflow.db"
    sh(project, "python -m latentspace.pipeline.tracking", MLFLOW_TRACKING_URI=uri)
    import mlflow

    store = mlflow.MlflowClient(uri)
    ids = [experiment.experiment_id for experiment in store.search_experiments()]
    return list(store.search_runs(ids, max_results=1000))


@pytest.fixture(scope="module")
def own(results, tmp_path_factory) -> Path:
    """A copy of the smoke-size project with its results committed, and no runs in MLflow yet."""
    copy = tmp_path_factory.mktemp("readme") / "project"
    shutil.copytree(results, copy, symlinks=True, ignore=shutil.ignore_patterns("tmp", "__pycache__"))
    for part in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy2(ROOT / part, copy)
    commit(copy)
    return copy


def commit(project: Path) -> None:
    sh(project, "git add --all && git -c user.name=t -c user.email=t@t commit --quiet --allow-empty -m state")


# ---- What each command must do; the key in CHECKS is how it begins ---------------------------------------------------


def make_repro(project, command):
    assert executed(make(project, command)) == set(), "everything is up to date"


def make_ui(project, command):
    port = free_port()
    sh(project, "python -m latentspace.pipeline.tracking")
    said = sh(project, "python -m latentspace.pipeline.tracking.page", PORT=str(port))
    assert re.fullmatch(rf"Open http://127\.0\.0\.1:{port}(/#/experiments/\d+/runs\S*)?\n", said), (
        "by the runs that are there"
    )
    with served(project, f"make --old-file=.venv/.ready ui PORT={port}", port) as address:
        shown = chapters(address)
        assert {"size", "position", "organise", "gan", "pipeline"} <= set(shown)
        assert "*Compare*" in shown["organise"]["mlflow.note.content"]


def make_test(project, command):
    assert sh(project, "make --dry-run --old-file=.venv/.ready test").split() == [
        "pytest",
        "-n",
        "2",
    ]  # which runs this


def make_status(project, command):
    said = make(project, command)
    assert re.search(r"^organise_train@pca_ae +up to date", said, flags=re.M)
    assert "All claims are as committed." in said


def activate(project, command):
    sh(project, f"{sys.executable} -m venv --without-pip .venv && {command} && test $VIRTUAL_ENV = $PWD/.venv")
    shutil.rmtree(project / ".venv")  # it has no packages


READERS_OF_VARIANTS = {f"organise_{name}" for name in ("noise", "codes", "sweep", "packets", "circular", "explorer")}


TRAININGS = {"organise_train@pca_ae", "organise_train@authors_ellipses"}  # one is the base of the other


def experiment(project, command):
    before = (project / "params.yaml").read_text()
    assert executed(sh(project, command)) == READERS_OF_VARIANTS | TRAININGS | {"check", "report"}
    assert (project / "params.yaml").read_text() == before
    done = [run for run in runs(project) if run.data.tags.get("dvc.experiment") == "strong"]
    (whole,) = [run for run in done if run.info.run_name == "report"]
    (training,) = [run for run in done if run.info.run_name == "organise_train@pca_ae"]
    assert whole.data.params["organise_train.variants.pca_ae.weight"] == "1.0"
    assert training.data.params["variant.weight"] == "1.0"
    assert "organise.pca_ae.max_correlation" in whole.data.metrics


def params_diff(project, command):
    rows = [line.split() for line in sh(project, command).splitlines() if line.startswith("params.yaml")]
    assert rows == [["params.yaml", "organise_train.variants.pca_ae.weight", "10.8", "1.0"]]


def metrics_diff(project, command):
    changed = set(re.findall(r"(\w+)\.mse_k3/seed_\d", sh(project, command)))
    assert changed == {"pca_ae", "authors_ellipses"}, "no other λ moves"


def queue(project, command):
    # The trainings alone: that the readers of a model follow, `experiment` has shown.
    assert sh(project, f"{command} organise_train@pca_ae").count("Queued experiment") == 2


def start(project, command):
    sh(project, command)
    deadline = time.monotonic() + 900
    while not re.fullmatch(r"(?s).*(Success.*){2}.*", status := sh(project, "dvc queue status")):
        assert time.monotonic() < deadline and "Failed" not in status, status
        time.sleep(2)


def show(project, command):
    said = sh(project, command + " --csv")
    header, *rows = said.splitlines()
    assert "organise_train.variants.pca_ae.weight" in header and "strong" in said
    assert len([row for row in rows if row.strip()]) >= 4, "the workspace and three experiments"


def plots(project, command):
    sh(project, command)
    page = (project / "dvc_plots/index.html").read_text()
    assert "Training on ellipses, pca_ae" in page and '"strong"' in page
    assert page.count("figures_organise_codes_traversals.png") == 2, "pictures of both"
    assert "dvc_plots" not in sh(project, "git status --short")


def compare(project, command):
    assert re.search(r"compare\.html: [1-9]\d* claims and [1-9]\d* pictures differ", make(project, command))
    page = (project / "compare.html").read_text()
    assert "<code>organise_train.variants.pca_ae.weight</code></td>" in page
    assert "figures/organise_codes/traversals.png" in page and "figures/size_code/code.png" not in page
    assert "compare.html" not in sh(project, "git status --short")


def own_images(project, command):
    import numpy as np
    from PIL import Image
    from ruamel.yaml import YAML

    params, yaml, (block,) = project / "params.yaml", YAML(), blocks("yaml")
    before = params.read_text()
    values, given = yaml.load(before), YAML(typ="safe").load(block)
    images, training = given["organise_images"], given["organise_train"]
    for section in ("organise_images", "organise_set"):
        values[section]["names"] = given[section]["names"]
    assert (project / images["sets"]["mine"].pop("path")) == project / "my_images"
    small = {"path": "my_images", "image_size": 16, "train_images": 40, "test_images": 10}
    values["organise_images"]["sets"]["mine"] = images["sets"]["mine"] | small
    values["organise_train"]["variants"]["mine"] = training["variants"]["mine"] | {"steps": 5}
    yaml.dump(values, params)
    (project / "my_images").mkdir()
    for i, picture in enumerate(np.random.default_rng(0).integers(0, 256, (50, 20, 24, 3), dtype=np.uint8)):
        Image.fromarray(picture).save(project / f"my_images/{i}.png")
    assert executed(sh(project, command)) == {"check"} | {
        f"{stage}@mine" for stage in ("organise_images", "organise_train", "organise_set")
    }
    with Image.open(project / "figures/organise_set/mine/traversals.png") as shown:
        assert len(np.unique(np.ptp(np.asarray(shown.convert("RGB")).astype(int), axis=2))) > 20, "in colour"
    said = sh(project, "dvc repro")
    assert executed(said) == READERS_OF_VARIANTS | {"report"}, "they look for their variants among all of them"
    assert "organise_set/mine/traversals.png" in (project / "report/index.html").read_text()
    params.write_text(before)
    for left in [
        path for folder in ("data", "figures", "models", "runs") for path in (project / folder).rglob("*mine*")
    ]:
        shutil.rmtree(left, ignore_errors=True)
        left.unlink(missing_ok=True)
    sh(project, "dvc repro")


def remote(project, command):
    sh(project, command)
    assert "storage" in sh(project, "dvc remote list")
    commit(project)


def push(project, command):
    assert re.search(r"\d+ files pushed", sh(project, command))


def pull(project, command):
    clone = project.parent / "clone"  # beside it, as the remote's path is relative
    sh(project, f"git clone --quiet . {clone}")
    sh(clone, command)
    assert executed(sh(clone, "dvc repro")) == set(), "a clone has every result without running anything"


def tracking_server(project, command):
    port, store = free_port(), "sqlite:///server.db"
    variable, _, example = command.removeprefix("export ").partition("=")
    assert (variable, example[:7]) == ("MLFLOW_TRACKING_URI", "http://")
    with served(project, f"mlflow server --backend-store-uri {store} --port {port} --workers 1", port) as address:
        sh(project, "dvc repro --force --single-item size_theory", MLFLOW_TRACKING_URI=address)
        (run,) = runs(project, address)
        assert run.info.run_name == "size_theory"
    (project / "server.db").unlink()


CHECKS = {
    "make repro": make_repro,
    "make ui": make_ui,
    "make test": make_test,
    "make status": make_status,
    "source .venv/bin/activate": activate,
    "dvc exp run --temp": experiment,
    "dvc params diff": params_diff,
    "dvc metrics diff": metrics_diff,
    "dvc plots diff": plots,
    "make compare": compare,
    "dvc exp run --queue": queue,
    "dvc queue start": start,
    "dvc exp show": show,
    "dvc repro organise_set": own_images,
    "dvc remote add": remote,
    "dvc push": push,
    "dvc pull": pull,
    "export MLFLOW_TRACKING_URI": tracking_server,
}


def test_every_command_has_a_check_and_every_check_a_command():
    begins = [[begin for begin in CHECKS if command.startswith(begin)] for command in commands()]
    assert [command for command, found in zip(commands(), begins, strict=True) if len(found) != 1] == []
    assert {begin for found in begins for begin in found} == set(CHECKS)


def test_the_commands_do_in_order_what_the_readme_says(own):
    for command in commands():
        (check,) = [check for begin, check in CHECKS.items() if command.startswith(begin)]
        start_of_it = time.monotonic()
        check(own, command)
        print(f"{time.monotonic() - start_of_it:5.0f} s  {command}")


IMAGES = "import numpy as np; images = np.random.default_rng(0).random((64, 16, 16), dtype=np.float32)"


def test_the_python_lines_run(own):
    estimator, loading = blocks("python")
    said = sh(own, f"python -W ignore -c '{IMAGES}\n{estimator}\nprint(z.shape, reduced.shape)'")
    assert said.splitlines()[-1] == "(64, 3) (64, 16, 16)"
    said = sh(own, f"python -c '{loading}\nprint(type(network).__name__)'")
    assert said.strip().isidentifier(), said


def test_the_targets_of_make_that_the_text_names_run_what_it_says():
    named = set(re.findall(r"`make ([a-z-]+)`", (ROOT / "README.md").read_text()))
    runs_ = {
        "repro": "python -m latentspace.pipeline.repro",
        "quick": "python -m latentspace.pipeline.quick .quick",
        "sync-tracking": "python -m latentspace.pipeline.tracking",
        "status": "python -m latentspace.pipeline.status",
        "photos": "cd photos && dvc repro",
    }
    assert named == set(runs_)
    for target, line in runs_.items():
        assert line in sh(ROOT, f"make --dry-run --old-file=.venv/.ready {target}").splitlines()
