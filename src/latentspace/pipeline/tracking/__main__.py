"""Send the runs in the outbox: `python -m latentspace.pipeline.tracking`."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from latentspace.pipeline.tracking.paths import outbox, project_root, tracking_uri, warn, without_password
from latentspace.pipeline.tracking.sender import Process, process, sender_is_running
from latentspace.pipeline.tracking.sending import client, drain, experiment_id
from latentspace.pipeline.tracking.views import CHAPTERS, experiment_tags

IDLE_SECONDS = 4.0  # without a new run, after which a background sender that belongs to no `dvc` process ends


def background(run: Process | None = None) -> None:
    """Send runs until `run` ends, or until none arrives for IDLE_SECONDS; at most one such process per repository.

    Args:
        run: the `dvc` process whose stages post the runs, if there is one.
    """
    os.nice(10)  # the trainings have priority
    while True:
        try:
            with FileLock(project_root() / ".tracking" / "sender.lock", timeout=0):
                if not send_until_over(run):
                    return  # the store is unavailable: the next stage or `make sync-tracking` sends them
        except Timeout:
            return  # the process that holds the lock checks the outbox once more after releasing it
        if not any(outbox().glob("[0-9]*")):
            return


def send_until_over(run: Process | None) -> bool:
    """Send runs while `run` is alive, or until none arrives for IDLE_SECONDS; returns whether all could be sent."""
    idle_since = time.monotonic()
    while True:
        over = (
            not run.alive if run else time.monotonic() - idle_since >= IDLE_SECONDS
        )  # evaluated before the outbox is read, so that no run is missed
        if any(outbox().glob("[0-9]*")):
            if drain():
                return False
            idle_since = time.monotonic()
        elif over:
            return True
        time.sleep(0.2)


def wait_for_sender(seconds: float = 60.0) -> None:
    """Wait until a running sender, which has already imported MLflow, has emptied the outbox."""
    deadline = time.monotonic() + seconds
    while any(outbox().glob("[0-9]*")) and sender_is_running() and time.monotonic() < deadline:
        time.sleep(0.2)


def _experiments() -> dict[str, Any]:
    """Address of the store and tags of its experiments."""
    tags = {chapter: experiment_tags(chapter) for chapter in CHAPTERS}
    return {"store": without_password(tracking_uri()), "tags": tags}


def _made() -> bool:
    """Whether the store already has the experiments, as far as this is known without importing MLflow."""
    made, database = project_root() / ".tracking" / "experiments.json", tracking_uri().removeprefix("sqlite:///")
    try:
        same: bool = json.loads(made.read_text(encoding="utf-8")) == _experiments()
    except (OSError, ValueError):
        return False
    return same and (not tracking_uri().startswith("sqlite:") or Path(database).is_file())


def main(arguments: list[str]) -> int:
    """Create the database and the experiments if missing, and send the waiting runs; returns the exit status."""
    if arguments[:1] == ["--background"]:
        background(process(int(arguments[1])) if arguments[1:] else None)
        return 0
    outbox().mkdir(parents=True, exist_ok=True)
    wait_for_sender()
    waiting = drain() if _made() else _make_and_send()
    print(f"MLflow tracking: {without_password(tracking_uri())}, {waiting} runs waiting")
    return int(waiting > 0)


def _make_and_send() -> int:
    """Create the database and the experiments, and send the waiting runs; returns the number of unsent runs."""
    try:
        with FileLock(project_root() / ".tracking" / "drain.lock"):
            store = client()
            for chapter in CHAPTERS:
                made = experiment_id(store, chapter)
                for key, text in experiment_tags(chapter).items():  # older code may have written other tags
                    store.set_experiment_tag(made, key, text)
        record = project_root() / ".tracking" / "experiments.json"
        record.write_text(json.dumps(_experiments()), encoding="utf-8")
    except Exception as error:  # as in `drain`
        warn(error, "runs wait in .tracking/outbox")
        return len(list(outbox().glob("[0-9]*")))
    return drain()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
