"""Send the runs in the outbox.

    python -m latentspace.pipeline.tracking [--resend] [--exit-zero]

`--resend` first puts back the runs that were set aside, and sends those of the run records that the store lacks, as far
as their values are kept in .tracking/sent. `--exit-zero` returns 0 even if runs wait.
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any

from filelock import FileLock, Timeout

from latentspace.pipeline.tracking import entries
from latentspace.pipeline.tracking.announced import announced
from latentspace.pipeline.tracking.following import Follower
from latentspace.pipeline.tracking.paths import RESEND, is_local, left, outbox, project_root, store, waiting, warn
from latentspace.pipeline.tracking.sender import Process, process, sender_is_running
from latentspace.pipeline.tracking.sending import drain, resend
from latentspace.pipeline.tracking.store import client, executions, experiment_id, identity
from latentspace.pipeline.tracking.views import CHAPTERS, experiment_tags

NICE = 5  # a lower priority would starve it where trainings take all cores
EVERY = 2.0  # seconds between two looks at the stages that are executed
RETRY = 20.0  # the same after the store did not answer
IDLE_SECONDS = 4.0  # without a new run, after which a background sender that belongs to no `dvc` process ends
PATIENCE = 1.0  # seconds that a sender waits for the lock: `sender_is_running` holds it for a moment, a sender for long


def background(run: Process | None = None) -> None:
    """Send runs until `run` ends, or until none arrives for IDLE_SECONDS; at most one such process per repository.

    Args:
        run: the `dvc` process whose stages post the runs, if there is one.
    """
    os.nice(max(0, NICE - os.nice(0)))  # the trainings have priority
    while True:
        try:
            with FileLock(project_root() / ".tracking" / "sender.lock", timeout=PATIENCE):
                if not send_until_over(run):
                    return  # the store is unavailable: the next stage or `make sync-tracking` sends them
        except Timeout:
            return  # the process that holds the lock looks once more after releasing it
        if not waiting() and not any(stage.alive for stage in announced()):
            return


def send_until_over(run: Process | None) -> bool:
    """Send runs while `run` is alive, or until none arrives for IDLE_SECONDS; returns whether all could be sent.

    A stage that was announced is followed as long as its process lives.
    """
    follower, idle_since, next_look = Follower(), time.monotonic(), 0.0
    while True:
        over = (
            not run.alive if run else time.monotonic() - idle_since >= IDLE_SECONDS
        )  # evaluated before the outbox is read, so that no run is missed
        if over and any(stage.alive for stage in announced()):
            over, idle_since = False, time.monotonic()
        if waiting():
            if drain():
                return False
            idle_since = time.monotonic()
        elif over:
            return follower.look()
        if time.monotonic() >= next_look:
            next_look = time.monotonic() + (EVERY if follower.look() else RETRY)
        time.sleep(0.2)


def wait_for_sender(seconds: float = 60.0) -> None:
    """Wait until a running sender, which has already imported MLflow, has emptied the outbox."""
    deadline = time.monotonic() + seconds
    while waiting() and sender_is_running() and time.monotonic() < deadline:
        time.sleep(0.2)


def _experiments() -> dict[str, Any]:
    """Address and identity of the store, and tags of its experiments."""
    tags = {chapter: experiment_tags(chapter) for chapter in CHAPTERS}
    return {"store": store(), "database": identity() if is_local() else "", "tags": tags}


def _made() -> bool:
    """Whether the store already has the experiments, as far as this is known without importing MLflow."""
    made = project_root() / ".tracking" / "experiments.json"
    try:
        same: bool = json.loads(made.read_text(encoding="utf-8")) == _experiments()
    except (OSError, ValueError):
        return False
    return same and (not is_local() or bool(identity()))


def main(arguments: list[str]) -> int:
    """Create the database and the experiments if missing, and send the waiting runs; returns the exit status."""
    if arguments[:1] == ["--background"]:
        background(process(int(arguments[1])) if arguments[1:] else None)
        return 0
    outbox().mkdir(parents=True, exist_ok=True)
    wait_for_sender()
    there = _made() or _make()
    if there and "--resend" in arguments:
        print(f"{resend()} runs are put back or sent again")
    for name, why in entries.aside().items():  # `drain` names the others
        print(f"set aside before: .tracking/rejected/{name}: {why}", file=sys.stderr)
    unsent = drain() if there else len(waiting())
    if there and not all(stage.alive for stage in announced()):
        Follower().look()
    if aside := entries.aside():
        print(f"{len(aside)} runs are set aside; `{RESEND}` tries them again", file=sys.stderr)
    print(f"MLflow tracking: {store()}, {unsent} runs waiting")
    return int(unsent > 0 and "--exit-zero" not in arguments)


def _make() -> bool:
    """Create the database and the experiments, and name the recorded runs that the store lacks; whether it could."""
    try:
        with FileLock(project_root() / ".tracking" / "drain.lock", timeout=60):
            connection = client()
            for chapter in CHAPTERS:
                made = experiment_id(connection, chapter)
                for key, text in experiment_tags(chapter).items():  # older code may have written other tags
                    connection.set_experiment_tag(made, key, text)
            _report_missing(entries.on_record() - executions(connection))
        record = project_root() / ".tracking" / "experiments.json"
        record.write_text(json.dumps(_experiments()), encoding="utf-8")
    except Exception as error:  # as in `drain`
        warn(error, left(error))
        return False
    return True


def _report_missing(missing: set[str]) -> None:
    """Print one line if the store lacks recorded runs: it is new, or was emptied."""
    if missing:
        kept = len(missing & entries.kept().keys())
        print(
            f"warning: MLflow at {store()} lacks {len(missing)} of the runs on record in runs/; `{RESEND}` sends the "
            f"values of {kept} of them again, without files; `dvc repro --force` makes all of them again",
            file=sys.stderr,
        )


if __name__ == "__main__":
    try:
        raise SystemExit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        print("interrupted; `make sync-tracking` sends the runs that still wait", file=sys.stderr)
        raise SystemExit(130) from None
