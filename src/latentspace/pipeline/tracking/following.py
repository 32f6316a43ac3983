"""Show the runs of stages in MLflow while they are executed, and close those whose process has died."""

from __future__ import annotations

import sys
import warnings
from typing import TYPE_CHECKING

from filelock import FileLock

from latentspace.pipeline.tracking.announced import Announced, announced, forget, last_sign, pictures, points
from latentspace.pipeline.tracking.contents import Contents
from latentspace.pipeline.tracking.paths import project_root, reason, warn
from latentspace.pipeline.tracking.sending import opened, send_images, send_names, send_points
from latentspace.pipeline.tracking.store import answers, check, client

if TYPE_CHECKING:
    from mlflow import MlflowClient


class Follower:
    """A sender's view of the announced runs: which run of the store each is, and what was sent of it."""

    def __init__(self) -> None:
        self.followed: dict[str, tuple[str, Contents]] = {}  # run id and contents, by execution
        self.refused: set[str] = set()  # executions that the store does not take

    def look(self) -> bool:
        """Send what is new of the announced runs, and close those whose process has died. Never raises.

        Returns:
            Whether the store answered, as far as it was asked.
        """
        if not self._unposted():
            return True
        try:
            lock = FileLock(project_root() / ".tracking" / "drain.lock", timeout=60)
            with lock, warnings.catch_warnings():
                warnings.simplefilter("ignore")
                store = client()
                check(store)
                for run in self._unposted():
                    self._update_or_refuse(store, run)
        except Exception as error:  # as in `drain`
            warn(error, "what runs is not shown")
            return False
        return True

    def _unposted(self) -> list[Announced]:
        return [run for run in announced() if not run.posted and run.folder.name not in self.refused]

    def _update_or_refuse(self, store: MlflowClient, run: Announced) -> None:
        try:
            self._update(store, run)
        except Exception as error:
            self.followed.pop(run.folder.name, None)
            if not answers(store):
                raise
            print(f"warning: {run.log.stage} is not shown while it runs: {reason(error)}", file=sys.stderr)
            self.refused.add(run.folder.name)
            if not run.alive:
                forget(run.folder.name)

    def _update(self, store: MlflowClient, run: Announced) -> None:
        execution = run.folder.name
        if execution not in self.followed:
            found = opened(store, run.log)
            if found is None:  # it was sent completely by a sender that was killed then
                return forget(execution)
            self.followed[execution] = found
            send_names(store, found[0], run.log, found[1])
        run_id, contents = self.followed[execution]
        send_points(store, run_id, points(run.folder), contents)
        send_images(store, run_id, pictures(run.folder), contents)
        if not run.alive:
            store.set_terminated(run_id, status="KILLED", end_time=last_sign(run.folder))
            del self.followed[execution]
            forget(execution)
        return None
