"""What others could see or use: open ports, secrets in runs and logs, values that a browser would run."""

import json
import re
import socket
import subprocess
from pathlib import Path

import pytest
from harness import LOOPBACK, kill, listening, members, running, until

from latentspace.pipeline.params import ParamsError, parse, read_yaml
from latentspace.pipeline.tracking import paths, sending
from latentspace.report.page import render
from latentspace.schema import Params

ROOT = Path(__file__).parents[2]
SCRIPT = "<script>alert(1)</script>"


def test_a_variant_named_like_a_script_is_refused(tally):
    for section, inner in (("size_train", "variants"), ("organise_images", "sets"), ("gan_generator", "sources")):
        values = read_yaml(ROOT / "params.yaml")
        values[section][inner][SCRIPT] = next(iter(values[section][inner].values()))
        values[section]["names"] = [SCRIPT]
        with pytest.raises(ParamsError, match=rf"{section}\.names\.0 = '<script>"):
            parse(Params, values)
        tally.add("scripts given as names, refused or shown as text")


def test_a_password_in_an_address_is_not_shown(monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://me:s3cret@runs.example.org/mlflow")
    assert sending.run_address("abc") == "https://runs.example.org/mlflow/#/runs/abc"
    assert paths.without_password("at postgresql://me:a@b:c@host/db: no") == "at postgresql://host/db: no"
    assert paths.without_password("sqlite:////data/me@work/mlflow.db") == "sqlite:////data/me@work/mlflow.db"


@pytest.mark.faults
@pytest.mark.pipeline
def test_the_report_shows_scripts_as_text(bench, tally):
    rows = json.loads((bench.root / "metrics/claims.json").read_text())
    name = next(iter(rows))
    hostile = dict.fromkeys(("unit", "reference", "slide", "stage"), SCRIPT)
    page = render(rows | {name: rows[name] | hostile}, bench.root / "figures", {SCRIPT: f'"{SCRIPT}'})
    assert SCRIPT not in page and page.count("<script>") == 1, "the page has one script, its own"
    assert page.count("&lt;script&gt;alert(1)") >= len(hostile)
    tally.add("scripts given as names, refused or shown as text", len(hostile))


@pytest.mark.faults
@pytest.mark.pipeline
def test_a_running_stage_and_its_sender_do_not_listen(bench, tally):
    process = bench.start("dvc", "repro", "--force", "--single-item", "organise_train@pca_ae")
    seen, trained = set(), False
    while process.poll() is None:
        seen |= listening(process.pid)
        trained |= bool(running(process.pid, "stages/organise_train.py"))
    sender = bench.start("python", "-m", "latentspace.pipeline.tracking")
    while sender.poll() is None:
        seen |= listening(sender.pid)
    assert trained and not seen - LOOPBACK, seen
    tally.add("processes that listen on 127.0.0.1 only", 2)


@pytest.mark.faults
@pytest.mark.pipeline
def test_the_user_interface_listens_on_this_machine_only(bench, tally):
    recipe = subprocess.run(["make", "-n", "ui"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    (command,) = [line for line in recipe.splitlines() if line.startswith("mlflow ui")]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    assert "--port 5000" in command
    process = bench.start(*command.replace("--port 5000", f"--port {port}").split())
    wanted = {"0100007F"}
    try:
        assert until(lambda: listening(process.pid), 120, pause=0.2)
        assert until(lambda: len(members(process.pid)) > 1, 60, pause=0.2)
        seen: set[str] = set()
        until(lambda: seen.update(listening(process.pid)), 5, pause=0.2)
    finally:
        kill(process)
    assert seen == wanted, "addresses in the kernel's hexadecimal"
    tally.add("processes that listen on 127.0.0.1 only")


@pytest.mark.faults
@pytest.mark.pipeline
def test_no_secret_is_written_anywhere(bench, tally):
    secrets = {
        "AWS_SECRET_ACCESS_KEY": "canary-aws",
        "MLFLOW_TRACKING_USERNAME": "somebody",  # no secret: MLflow notes whose model it is
        "MLFLOW_TRACKING_PASSWORD": "canary-password",
        "MLFLOW_TRACKING_TOKEN": "canary-token",
        "MLFLOW_TRACKING_URI": "http://canary-name:canary-inside@127.0.0.1:9",
    }
    printed = ""
    for stage in ("size_train@bias", "report"):
        done = bench.again(stage, **secrets)
        assert done.returncode == 0, done.stderr
        printed += done.stdout + done.stderr
    with bench.with_params("grid: 500", "grid: -3"):  # a failed stage says why in its run
        printed += bench.run("python", "stages/size_theory.py", **secrets).stderr
    log = bench.root / ".tracking/sender.log"
    assert until(lambda: "127.0.0.1:9" in log.read_text(), 120, pause=0.2), "the sender has not tried that server"
    told = bench.sync(**secrets)
    printed += told.stdout + told.stderr
    del secrets["MLFLOW_TRACKING_URI"]
    sent = bench.sync(**secrets)  # to the database, with the secrets about
    assert sent.returncode == 0, sent.stderr
    printed += sent.stdout + sent.stderr
    assert "canary" not in printed
    files = [path for path in bench.root.rglob("*") if path.is_file() and not path.is_symlink()]
    holding = [str(path.relative_to(bench.root)) for path in files if b"canary" in path.read_bytes()]
    assert not holding
    assert re.search(r"MLflow at http://127\.0\.0\.1:9: ", log.read_text())
    tally.add("files searched for secrets, none found", len(files))
    bench.mended("report")
