"""The real graph at smoke size, in a copy of the project: what users rely on when they run, change and rerun."""

import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest
from filelock import FileLock

from latentspace import quick

pytestmark = pytest.mark.pipeline


def dvc(project: Path, *words: str, check: bool = True) -> str:
    done = quick.run(project, "dvc", *words, check=False, quiet=True)
    assert not check or done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def change(project: Path, old: str, new: str) -> None:
    path = project / "params.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def outputs(project: Path) -> dict[str, bytes]:
    """Everything the pipeline makes but the run records, which name MLflow runs."""
    folders = ("data", "models", "metrics", "plots", "figures")
    files = [file for folder in folders for file in (project / folder).rglob("*") if file.is_file()]
    return {str(file.relative_to(project)): file.read_bytes() for file in files if file.name != ".gitignore"}


def runs(project: Path) -> list:
    """All MLflow runs of the copy, after its outbox is empty."""
    quick.run(project, "python", "-m", "latentspace.tracking", quiet=True)
    import mlflow

    mlflow.set_tracking_uri(f"sqlite:///{project}/mlflow.db")
    store = mlflow.MlflowClient()
    ids = [experiment.experiment_id for experiment in store.search_experiments()]
    return list(store.search_runs(ids, max_results=1000))


@pytest.fixture(scope="module")
def first_runs(project):
    return runs(project)


def test_everything_is_made_and_up_to_date(project):
    assert "up to date" in dvc(project, "status")
    claims = json.loads((project / "metrics/claims.json").read_text())
    keys = {"mean", "std", "n", "unit", "relation", "target", "statistic", "met", "reference", "slide", "stage"}
    assert claims and all(set(row) == keys for row in claims.values())
    assert (project / "metrics/claims.md").read_text().count("\n") == len(claims) + 2
    for folder in ("size_airy/comparison.png", "size_reconstruction/strip.png", "size_ablation/profiles.png"):
        assert (project / "figures" / folder).stat().st_size > 5000


def test_one_run_per_stage_with_its_parameters_metrics_and_figures(project, first_runs):
    records = [json.loads(path.read_text()) for path in (project / "runs").rglob("*.json")]
    by_execution = {run.data.tags["execution"]: run for run in first_runs}
    assert len(first_runs) == len(records) == len(by_execution)
    assert {r["execution"] for r in records} == set(by_execution)
    train = next(run for run in first_runs if run.info.run_name == "size_train@bias")
    assert train.info.status == "FINISHED"
    assert train.data.params["size_train.training.steps"] == "20"
    assert not [key for key in train.data.params if key.startswith("size_theory")], "only what the stage declares"
    assert train.data.tags["seeds"] == "0,1"
    assert train.data.tags["variant"] == "bias"
    assert len(train.data.tags["git.commit"]) == 40
    assert "dep.data/size/disks.npz" in train.data.tags
    metrics = json.loads((project / "metrics/size_train/bias.json").read_text())
    assert metrics.items() <= train.data.metrics.items()
    assert [d.dataset.name for d in train.inputs.dataset_inputs] == ["disks"]
    pipeline = next(run for run in first_runs if run.info.run_name == "report")
    assert pipeline.data.params["size_theory.grid"] == "500"
    assert "size.bias.test_mse" in pipeline.data.metrics
    assert pipeline.data.tags["run.size_train:bias"] == train.info.run_id


def test_metrics_have_steps_and_models_load_back_both_ways(project, first_runs, tmp_path):
    import mlflow
    import torch

    from latentspace import load

    train = next(run for run in first_runs if run.info.run_name == "size_train@bias")
    store = mlflow.MlflowClient()
    history = store.get_metric_history(train.info.run_id, "loss/seed_0")
    assert [point.step for point in history] == list(range(20))
    names = [artifact.path for artifact in store.list_artifacts(train.info.run_id)]
    assert "bias.json" in names
    other = next(run for run in first_runs if run.info.run_name == "size_train@bias_free")
    assert not other.outputs.model_outputs, "MLflow stores a model only where it is used"
    kept = mlflow.artifacts.download_artifacts(
        run_id=other.info.run_id, artifact_path="networks/seed_0.safetensors", dst_path=str(tmp_path)
    )
    ours = load(project / "models/size/bias/seed_0.safetensors")
    logged = store.get_logged_model(train.outputs.model_outputs[0].model_id)
    theirs = mlflow.pytorch.load_model(logged.model_uri)
    x = torch.rand(2, 1, 32, 32)
    assert torch.allclose(ours(x), theirs(x), atol=1e-6)
    same = load(project / "models/size/bias_free/seed_0.safetensors")
    assert torch.equal(load(kept)(x), same(x))


def test_a_run_shows_its_matrices_and_traversals(project, first_runs):
    import mlflow

    codes = next(run for run in first_runs if run.info.run_name == "organise_codes")
    store = mlflow.MlflowClient()
    held = {
        folder: {Path(artifact.path).name for artifact in store.list_artifacts(codes.info.run_id, folder)}
        for folder in ("figures", "matrices", "tables")
    }
    assert {"traversals.png", "traversals.gif", "correlation.png"} <= held["figures"]
    assert "covariance_pca_ae.json" in held["matrices"] & held["tables"]
    assert {"covariance_plain.json", "comparison.json"} <= held["tables"]


def test_a_b_a_restores_a_without_training(project):
    before, records = outputs(project), {p: p.read_text() for p in (project / "runs").rglob("*.json")}
    change(project, "grid: 500", "grid: 400")
    assert "size_theory.py" in dvc(project, "repro", "size_theory")
    change(project, "grid: 400", "grid: 500")
    said = dvc(project, "repro", "size_theory")
    assert "is cached" in said and "python stages/size_theory.py" not in said
    assert outputs(project) == before
    assert {p: p.read_text() for p in (project / "runs").rglob("*.json")} == records


def test_only_what_reads_a_parameter_reruns(project):
    change(project, "grid: 500", "grid: 450")
    said = dvc(project, "repro", "--dry")
    change(project, "grid: 450", "grid: 500")
    assert set(re.findall(r"> python stages/(\w+)\.py", said)) <= {"check", "size_theory", "size_airy", "report"}
    dvc(project, "repro")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("radius_max: 15.5", "radius_max: -1.0", "size_disks.radius_max = -1.0"),
        ("radius_max: 15.5", "radius_max: 17.0", "half the image"),
        ("grid: 500", "gird: 500", "size_theory.gird = 500: unknown key"),
        ("grid: 500", "grid: many", "size_theory.grid = 'many'"),
        ("grid: 500", "grid: [", "not valid YAML"),
        ("path: assets/avatars.safetensors", "path: assets/gone.safetensors", "gone.safetensors: no such file"),
        ("  names: [digit_3", "  names: [digit_33", "size_silhouettes.names.0"),
    ],
)
def test_a_wrong_value_stops_with_one_line_and_no_output_touched(project, old, new, says):
    if old.startswith("  names") and old not in (project / "params.yaml").read_text():
        old, new = "- digit_3", "- digit_33"
    before = outputs(project)
    text = (project / "params.yaml").read_text()
    change(project, old, new)
    done = quick.run(project, "dvc", "repro", check=False, quiet=True)
    (project / "params.yaml").write_text(text)
    assert done.returncode != 0
    printed = done.stdout + done.stderr
    assert says in printed or ("valid" in says and "params.yaml" in printed), printed
    assert "Traceback" not in printed
    assert outputs(project) == before
    dvc(project, "repro")


def test_a_damaged_data_file_is_named(project):
    path = project / "data/size/disks.npz"
    whole = path.read_bytes()
    path.unlink()  # a link into DVC's cache: write a copy, not through it
    path.write_bytes(whole[:1000])
    done = quick.run(project, "python", "stages/size_airy.py", check=False, quiet=True)
    path.unlink()
    path.write_bytes(whole)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1 and "disks.npz: damaged" in done.stderr


def test_a_stage_killed_in_the_middle_ends_in_the_same_bytes(project):
    params = project / "params.yaml"
    text = params.read_text()
    head, section, rest = text.partition("\nsize_train:")
    params.write_text(head + section + rest.replace("steps: 20", "steps: 400", 1))  # those of bias_free
    dvc(project, "repro", "size_train@bias_free")
    wanted = outputs(project)
    for path in (project / "models/size/bias_free").iterdir():
        path.unlink()
    stage = subprocess.Popen(
        ["dvc", "repro", "--force", "--single-item", "size_train@bias_free"],
        cwd=project,
        env=quick.environment(project),
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    folder = project / ".checkpoints/size_train@bias_free"
    deadline = time.monotonic() + 60
    while not list(folder.rglob("000*.pt")) and time.monotonic() < deadline:
        time.sleep(0.02)
    os.killpg(stage.pid, signal.SIGKILL)
    stage.wait()
    assert list(folder.rglob("*.pt")), "killed before the first checkpoint"
    dvc(project, "repro", "--force", "--single-item", "size_train@bias_free")  # not from DVC's run cache
    assert outputs(project) == wanted
    assert not list(folder.rglob("*.pt")), "a finished run leaves no checkpoints"
    params.write_text(text)
    dvc(project, "repro")


def test_tracking_out_of_reach_costs_nothing_and_is_sent_later(project):
    change(project, "grid: 500", "grid: 333")
    environment = quick.environment(project) | {"MLFLOW_TRACKING_URI": "http://127.0.0.1:9"}
    runs(project)  # nothing waits
    with FileLock(project / ".tracking/sender.lock", timeout=60):  # the sender of the runs before has ended,
        time.sleep(3)  # and one that is just starting ends at this lock
    done = subprocess.run(["dvc", "repro", "size_theory"], cwd=project, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    deadline = time.monotonic() + 90
    while "runs wait" not in (project / ".tracking/sender.log").read_text() and time.monotonic() < deadline:
        time.sleep(0.2)
    assert len(list((project / ".tracking/outbox").glob("[0-9]*"))) == 1
    sent = [run for run in runs(project) if run.data.params.get("size_theory.grid") == "333"]
    assert len([run for run in sent if run.info.run_name == "size_theory"]) == 1
    assert not list((project / ".tracking/outbox").glob("[0-9]*"))
    change(project, "grid: 333", "grid: 500")
    dvc(project, "repro")


def test_two_processes_train_what_one_does(project):
    metrics, params = project / "metrics/gan_train/no_cov.json", project / "params.yaml"
    text = params.read_text()
    # Small steps: at the usual rate, four of them make per cents of how bfloat16 rounds another batch.
    head, section, rest = text.partition("\ngan_train:")
    gentle = head + section + re.sub(r"learning_rate: \S+", "learning_rate: 1.0e-4", rest, count=1)
    try:
        params.write_text(gentle)
        dvc(project, "repro", "--single-item", "gan_train@no_cov")
        before = json.loads(metrics.read_text())
        known = {run.info.run_id for run in runs(project)}
        change(project, "launch: python", "launch: torchrun --standalone --nproc-per-node 2")
        dvc(project, "repro", "--single-item", "gan_train@no_cov")
        assert json.loads(metrics.read_text()) == pytest.approx(before, rel=1e-4)
        made = [run for run in runs(project) if run.info.run_id not in known]
        assert [run.info.run_name for run in made] == ["gan_train@no_cov"], "the first process alone speaks"
    finally:
        params.write_text(text)
        dvc(project, "repro")


def test_a_fresh_clone_makes_every_run_again(project, tmp_path):
    quick.run(project, "git", "add", "--all")
    quick.run(project, "git", "-c", "user.name=t", "-c", "user.email=t@t", "commit", "--quiet", "-m", "state")
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", str(project), str(clone)], check=True)
    changed = json.loads(quick.run(clone, "dvc", "status", "--json", quiet=True).stdout)
    assert {"size_disks", "size_train@bias", "size_airy", "report"} <= set(changed)
