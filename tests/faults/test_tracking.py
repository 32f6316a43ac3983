"""The tracking server refuses, hangs, dies or is locked: the science finishes, the run waits and is sent once."""

import os
import re
import shutil
import signal
import socket
import sqlite3
import threading
import time
from collections import Counter
from contextlib import contextmanager

import pytest
from filelock import FileLock
from harness import kill, until

pytestmark = [pytest.mark.pipeline, pytest.mark.faults]

STAGE = "size_theory"


@pytest.fixture(autouse=True)
def quiet(bench):
    """Before each test nothing waits and no sender of an earlier stage is about."""
    done = bench.sync()
    assert done.returncode == 0, done.stdout + done.stderr
    time.sleep(3)  # one that is just starting ends at the lock
    with FileLock(bench.root / ".tracking/sender.lock", timeout=60):
        (bench.root / ".tracking/sender.log").write_text("")


def runs(uri: str) -> Counter:
    """How often each execution is in the store; a run that did not finish does not count."""
    import mlflow

    store = mlflow.MlflowClient(tracking_uri=uri)
    ids = [experiment.experiment_id for experiment in store.search_experiments()]
    found = []
    while True:
        page = store.search_runs(ids, max_results=1000, page_token=page.token if found else None)
        found += page
        if not page.token:
            break
    return Counter(run.data.tags["execution"] for run in found if run.info.status in {"FINISHED", "FAILED"})


def database(bench) -> str:
    return f"sqlite:///{bench.root}/mlflow.db"


def execution(bench) -> str:
    record = (bench.root / "runs/size/size_theory.json").read_text()
    return re.search(r'"execution": "(\w+)"', record)[1]


def waits(bench, environment: dict[str, str]) -> str:
    """Execute the stage; its run must wait, and a sync must say so in a line. Returns the execution."""
    done = bench.again(STAGE, **environment)
    assert done.returncode == 0, done.stdout + done.stderr
    log = bench.root / ".tracking/sender.log"
    assert until(lambda: "runs wait in .tracking/outbox" in log.read_text(), 120, pause=0.2), log.read_text()
    assert len(bench.waiting()) == 1
    told = bench.sync(**environment)
    assert told.returncode == 1 and "1 runs waiting" in told.stdout
    assert "Traceback" not in told.stderr and told.stderr.count("warning: MLflow at") == 1, told.stderr
    return execution(bench)


def lands(bench, wanted, tally, run: str) -> None:
    done = bench.sync()
    assert done.returncode == 0 and not bench.waiting(), done.stderr
    assert runs(database(bench))[run] == 1
    assert bench.digests() == wanted
    tally.add("experiments landed after a fault of tracking")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_a_server_that_refuses(bench, wanted, tally):
    run = waits(bench, {"MLFLOW_TRACKING_URI": f"http://127.0.0.1:{free_port()}"})
    lands(bench, wanted, tally, run)


@contextmanager
def hanging_server():
    """Takes connections and never answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        held = []

        def accept():
            try:
                while True:
                    held.append(listener.accept()[0])
            except OSError:  # closed at the end of the test
                return

        threading.Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
        for connection in held:
            connection.close()


def test_a_server_that_hangs(bench, wanted, tally):
    with hanging_server() as address:
        # The report asks the store for links: it must go on without them.
        environment = {"MLFLOW_TRACKING_URI": address, "MLFLOW_HTTP_REQUEST_TIMEOUT": "2"}
        run = waits(bench, environment)
        done = bench.again("report", **environment)
    assert done.returncode == 0, done.stderr
    assert "no links to runs" in done.stderr
    lands(bench, wanted, tally, run)


def test_a_locked_database(bench, wanted, tally):
    holder = sqlite3.connect(bench.root / "mlflow.db", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    run = waits(bench, {})
    done = bench.again("report")
    assert done.returncode == 0 and "no links to runs" in done.stderr, done.stderr
    holder.execute("ROLLBACK")
    holder.close()
    lands(bench, wanted, tally, run)


def test_a_damaged_database(bench, wanted, tally):
    database_ = bench.root / "mlflow.db"
    whole = database_.read_bytes()
    database_.write_bytes(b"not a database" * 1000)
    run = waits(bench, {})
    database_.write_bytes(whole)
    lands(bench, wanted, tally, run)


def begun(path, run: str) -> bool:
    """Whether the run has arrived in the database, but not ended."""
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5) as store:
        query = "SELECT status FROM runs JOIN tags USING (run_uuid) WHERE key = 'execution' AND tags.value = ?"
        return store.execute(query, (run,)).fetchall() == [("RUNNING",)]


def held_back(bench) -> str:
    """Execute the stage while no sender may start, so that its run waits."""
    with FileLock(bench.root / ".tracking/sender.lock"):
        bench.mended(STAGE)
        time.sleep(3)  # its sender ends at the lock
    assert len(bench.waiting()) == 1
    return execution(bench)


def test_a_sender_killed_half_way(bench, wanted, tally):
    run = held_back(bench)
    sender = bench.start("python", "-m", "latentspace.pipeline.tracking")
    assert until(lambda: begun(bench.root / "mlflow.db", run), 60), "the run was never half sent"
    kill(sender)
    assert len(bench.waiting()) == 1
    lands(bench, wanted, tally, run)


def test_a_server_that_dies_half_way(bench, wanted, tally, tmp_path):
    """Half a run is on the server when it dies; when it is back the run is sent anew, and the half is deleted."""
    run, port = held_back(bench), free_port()
    store, address = tmp_path / "server.db", f"http://127.0.0.1:{port}"
    command = ["mlflow", "server", "--backend-store-uri", f"sqlite:///{store}", "--workers", "1"]
    command += ["--artifacts-destination", str(tmp_path / "files"), "--host", "127.0.0.1", "--port", str(port)]

    def answers() -> bool:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            return False
        return True

    server = bench.start(*command)
    try:
        assert until(answers, 120, pause=0.2)
        sender = bench.start("python", "-m", "latentspace.pipeline.tracking", MLFLOW_TRACKING_URI=address)
        assert until(lambda: store.exists() and begun(store, run), 120), "the run was never half sent"
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()
        assert sender.wait(timeout=120) == 1
        assert len(bench.waiting()) == 1
        server = bench.start(*command)
        assert until(answers, 120, pause=0.2)
        done = bench.sync(MLFLOW_TRACKING_URI=address)
        assert done.returncode == 0 and not bench.waiting(), done.stdout + done.stderr
    finally:
        kill(server)
    assert runs(f"sqlite:///{store}")[run] == 1
    assert bench.digests() == wanted
    tally.add("experiments landed after a fault of tracking")


def test_a_run_that_can_never_be_sent_does_not_block_the_others(bench, wanted, tally):
    run = held_back(bench)
    for number, text in enumerate(["{", '{"stage": "x", "chapter": "size", "colour": "of older code"}', "[]"]):
        folder = bench.root / f".tracking/outbox/{number:020d}-damaged"
        folder.mkdir()
        (folder / "run.json").write_text(text)
    lands(bench, wanted, tally, run)
    rejected = bench.root / ".tracking/rejected"
    assert len(list(rejected.glob("*-damaged"))) == 3
    shutil.rmtree(rejected)


def test_make_repro_succeeds_although_its_runs_wait(bench, wanted, tally):
    environment = {"MLFLOW_TRACKING_URI": "file:///nowhere"}
    bench.mended(STAGE)
    bench.sync()
    assert bench.again(STAGE, **environment).returncode == 0
    run = execution(bench)
    done = bench.run("python", "-m", "latentspace.pipeline.repro", **environment)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("MLflow takes no such address") >= 1, done.stderr
    assert f"{len(bench.waiting())} runs waiting" in done.stdout and bench.waiting()
    lands(bench, wanted, tally, run)


def test_everything_that_was_executed_has_landed_once(bench, tally):
    assert bench.sync().returncode == 0 and not bench.waiting()
    landed = runs(database(bench))
    assert landed and set(landed.values()) == {1}
