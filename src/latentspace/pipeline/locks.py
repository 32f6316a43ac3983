"""Delete a truncated DVC lock file, which keeps DVC from starting.

    python -m latentspace.pipeline.locks

DVC drops the locks of dead processes by itself, but fails if its lock file, .dvc/tmp/rwlock, is truncated because DVC
was killed while writing it.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

LOCKS = Path(".dvc", "tmp", "rwlock")


PAUSE = 1.0  # seconds, in which a running DVC finishes writing


def is_broken(path: Path) -> bool:
    """Whether a lock file exists and is not JSON."""
    try:
        json.loads(path.read_bytes() or b"{}")  # DVC accepts an empty one
    except FileNotFoundError:
        return False
    except ValueError:
        return True
    return False


def mend(path: Path = LOCKS) -> bool:
    """Delete a lock file that is broken and still is after `PAUSE`; returns whether it was deleted."""
    if not is_broken(path):
        return False
    time.sleep(PAUSE)
    if not is_broken(path):
        return False
    path.unlink(missing_ok=True)
    return True


def main() -> None:
    """Delete the lock file of the project in the working directory if it is broken."""
    if mend():
        print(f"{LOCKS}: half written by a DVC that was killed; deleted")


if __name__ == "__main__":
    main()
