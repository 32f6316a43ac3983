"""Remove what keeps DVC from starting after it was killed while it wrote down who works on what.

    python -m latentspace.locks

DVC forgets the locks of dead processes by itself, but stops at its list of locks, .dvc/tmp/rwlock, when half of it is
missing.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

LOCKS = Path(".dvc", "tmp", "rwlock")
PAUSE = 1.0  # seconds; a living DVC has long finished writing


def is_broken(path: Path) -> bool:
    """Whether a list of locks is there, but not as JSON."""
    try:
        json.loads(path.read_bytes() or b"{}")  # DVC takes an empty one
    except FileNotFoundError:
        return False
    except ValueError:
        return True
    return False


def mend(path: Path = LOCKS) -> bool:
    """Delete a list of locks that stays broken; whether it was."""
    if not is_broken(path):
        return False
    time.sleep(PAUSE)
    if not is_broken(path):
        return False
    path.unlink(missing_ok=True)
    return True


def main() -> None:
    """Mend the list of the project in this folder."""
    if mend():
        print(f"{LOCKS}: half written by a DVC that was killed; deleted")


if __name__ == "__main__":
    main()
