"""The real graph at smoke size, in a copy of the project: what users rely on when they run, change and rerun."""

import json
import re
import subprocess
import time
from pathlib import Path

import pytest
from filelock import FileLock

from latentspace.pipeline import quick

from ..smoke import change, dvc, outputs, runs, stale

pytestmark = pytest.mark.pipeline


@pytest.fixture(scope="module")
def first_runs(project):
    return runs(project)


def test_everything_is_made_and_up_to_date(project):
    assert stale(project) == set()
    claims = json.loads((project / "metrics/claims.json").read_text())
    keys = {"mean", "std", "n", "unit", "relation", "target", "statistic", "met", "reference", "slide", "stage"}
    keys |= {"low", "high", "margin_std", "budget"}
    assert claims and all(set(row) - {"not_measured"} == keys for row in claims.values())
    table = (project / "report/claims.md").read_text()
    assert all(f"| `{name}` |" in table for name in claims)
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
    claims = json.loads((project / "metrics/claims.json").read_text())
    for key, part in (("size.bias.test_mse", "mean"), ("size.bias.test_mse.std", "std")):
        assert pipeline.data.metrics[key] == claims["size.bias.test_mse"][part]
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
    found = set(re.findall(r"> python stages/(\w+)\.py", said))
    assert found <= {"check", "inputs", "size_theory", "size_airy", "report"}
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


def test_a_fresh_clone_makes_every_run_again(project, tmp_path):
    quick.run(project, "git", "add", "--all")
    quick.run(project, "git", "-c", "user.name=t", "-c", "user.email=t@t", "commit", "--quiet", "-m", "state")
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", str(project), str(clone)], check=True)
    changed = json.loads(quick.run(clone, "dvc", "status", "--json", quiet=True).stdout)
    assert {"size_disks", "size_train@bias", "size_airy", "report"} <= set(changed)
