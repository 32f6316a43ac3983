"""What others could see or use: open ports, secrets in runs and logs, values that a browser would run."""

import json
import re
import socket
import subprocess
from pathlib import Path

import pytest
from harness import LOOPBACK, kill, listening, members, running, until

from latentspace.pipeline import bases
from latentspace.pipeline.params import ParamsError, parse, read_yaml
from latentspace.pipeline.tracking import paths
from latentspace.report.page import render
from latentspace.report.results import Results
from latentspace.schema import Params

ROOT = Path(__file__).parents[2]
SCRIPT = "<script>alert(1)</script>"


def test_a_variant_named_like_a_script_is_refused(tally):
    for section, inner in (("size_train", "variants"), ("organise_images", "sets"), ("gan_generator", "sources")):
        values = read_yaml(ROOT / "params.yaml")
        values[section][inner][SCRIPT] = next(iter(values[section][inner].values()))
        values[section]["names"] = [SCRIPT]
        with pytest.raises(ParamsError, match=rf"{section}\.names\.0 = '<script>"):
            parse(Params, bases.completed(values))
        tally.add("scripts given as names, refused or shown as text")


SHOWN = {
    "https://me:s3cret@runs.example.org/mlflow": "https://runs.example.org/mlflow",
    "https://runs.example.org/mlflow?token=s3cret": "https://runs.example.org/mlflow",
    "https://runs.example.org:8443/#token=s3cret": "https://runs.example.org:8443/",
    "https://s3cret@runs.example.org": "https://runs.example.org",
    "https://s3c/ret@runs.example.org/a": "https://runs.example.org/a",
    "http://[::1]:5000/a": "http://[::1]:5000/a",
    "postgresql://me:s3/cret@host:5432/db": "postgresql://host:5432/db",
    "postgresql://me:s@3cret@host/db": "postgresql://host/db",
    "postgresql+psycopg://me:s3cret@host/db?password=s3cret&sslmode=require": "postgresql+psycopg://host/db",
    "postgresql:///db?host=a&user=me&password=s3cret": "postgresql:///db",
    "postgresql://me:s3?cret@host/db": "postgresql://…",
    "postgresql://me:s3#cret@host/db": "postgresql://…",
    "postgresql://me:s3cret": "postgresql://…",
    "mysql://me:s3 cret@host/db": "mysql://host/db",
    "sqlite:////data/me@work/mlflow.db": "sqlite:////data/me@work/mlflow.db",
    "file:s3cret": "file:…",
    "s3cret": "…",
    "": "…",
}


@pytest.mark.parametrize(("address", "wanted"), SHOWN.items())
def test_of_an_address_scheme_host_port_and_path_are_shown(monkeypatch, capsys, tally, address, wanted):
    assert paths.shown(address) == wanted
    if address and " " not in address and "://" in address:
        assert paths.without_secrets(f"at {address} 'no'") == f"at {wanted} 'no'"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    if address.startswith("http"):
        assert paths.run_address("abc") == f"{wanted.rstrip('/')}/#/runs/abc"
    text = "Max retries exceeded with url: /?token=s3cret/api, s3, cret, me:s3cret"  # as libraries write it
    paths.warn(ValueError(text), "0 runs wait")
    told = capsys.readouterr().err
    assert told.count("\n") == 1 and told.startswith("warning: MLflow at ")
    if address and address != wanted:
        assert "s3" not in told and "cret" not in told and "ValueError" in told
    tally.add("addresses with secrets, none shown")


@pytest.mark.parametrize("port", ["5001", "8080", "", "http", "5 000"])
def test_the_links_lead_to_the_port_of_make_ui(monkeypatch, tmp_path, port):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setenv("PORT", port)
    wanted = port if port.isdigit() else "5000"
    assert paths.run_address("abc") == f"http://127.0.0.1:{wanted}/#/runs/abc"
    if port.isdigit():
        command = ["make", "--dry-run", "--old-file=.venv/.ready", "ui"]
        recipe = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
        assert f"--port {wanted}" in recipe


@pytest.mark.faults
@pytest.mark.pipeline
def test_the_report_shows_scripts_as_text(bench, tally):
    rows = json.loads((bench.root / "metrics/claims.json").read_text())
    name = next(iter(rows))
    hostile = dict.fromkeys(("unit", "reference", "slide", "stage"), SCRIPT)
    figures = bench.root / "figures"
    results = Results(figures, [path.name for path in figures.iterdir()], {"size_hole": {SCRIPT: SCRIPT}})
    page = render(rows | {name: rows[name] | hostile}, results, {SCRIPT: f'"{SCRIPT}'})
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
