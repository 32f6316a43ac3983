"""Paths of the tracking files, and the address of the store."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from urllib.parse import quote

RESEND = "python -m latentspace.pipeline.tracking --resend"
HOST = r"[\w.-]+|\[[0-9A-Fa-f:.]+\]"


class AddressError(ValueError):
    """MLflow takes no address of this kind; the message has no secret."""


def project_root() -> Path:
    """Folder of the original repository, also under `dvc exp run --temp` and `--queue`, which run in a copy."""
    return Path(os.environ.get("DVC_ROOT") or Path.cwd())


def outbox() -> Path:
    """Folder of the unsent runs, one folder each; the order of their names is that of their times."""
    return project_root() / ".tracking" / "outbox"


def live() -> Path:
    """Folder of the runs that were announced and are not sent completely, one folder each, named by its execution."""
    return project_root() / ".tracking" / "live"


def rejected() -> Path:
    """Folder of the runs that could not be sent because of what they hold, each beside a file with the reason."""
    return project_root() / ".tracking" / "rejected"


def waiting() -> list[Path]:
    """What waits in the outbox, oldest first; names with a dot are of runs that are being written."""
    return sorted(path for path in outbox().glob("*") if not path.name.startswith("."))


def database() -> Path:
    """SQLite database of the original repository."""
    return project_root() / "mlflow.db"


def tracking_uri() -> str:
    """`MLFLOW_TRACKING_URI` if set, otherwise the SQLite database of the original repository."""
    return os.environ.get("MLFLOW_TRACKING_URI") or _own_address()


def _own_address() -> str:
    """Address of `database`; its path is relative to the working directory if it has the characters %, ? or #.

    SQLAlchemy decodes such characters, but MLflow also creates a folder with the encoded name of the parent.
    """
    path = str(database())
    return f"sqlite:///{quote(os.path.relpath(path)) if re.search('[%?#]', path) else path}"


def port() -> int:
    """Port of `make ui`, in the variable PORT for it as for the links to runs."""
    named = os.environ.get("PORT", "")
    return int(named) if re.fullmatch(r"\d{1,5}", named, re.ASCII) else 5000


def is_local() -> bool:
    """Whether the runs go to the database of the original repository; MLflow itself sets the variable to this too."""
    return tracking_uri() == _own_address()


def shown(address: str) -> str:
    """Scheme, host, port and path of an address; only the scheme if the rest cannot be told from a password."""
    scheme, separator, rest = address.partition("://")
    if not separator:
        named = re.match(r"[A-Za-z][A-Za-z\d+.-]*:", address)
        return f"{named[0] if named else ''}…"
    place = re.split("[?#]", rest, maxsplit=1)[0]
    if "@" in rest[len(place) :]:  # the password may contain ? or #
        return f"{scheme}://…"
    if not place.startswith("/"):
        place = place.rpartition("@")[2]  # a password may contain /
    found = re.fullmatch(rf"(?:{HOST})?(?::\d+)?(?:/.*)?", place)
    return f"{scheme}://{place if found else '…'}"


def ui_address() -> str:
    """Address of the MLflow UI, on the tracking server or on the one that `make ui` starts."""
    server = shown(tracking_uri()) if tracking_uri().startswith("http") else f"http://127.0.0.1:{port()}"
    return server.rstrip("/")


def run_address(run_id: str) -> str:
    """Address of a run in the MLflow UI."""
    return f"{ui_address()}/#/runs/{run_id}"


def without_secrets(text: str) -> str:
    """Reduce all addresses in `text` to what `shown` keeps, for logs and reports that others read."""
    return re.sub(r"[A-Za-z][\w+.-]*://[^\s'\"<>]*", lambda found: shown(found[0]), text)


def reason(error: BaseException) -> str:
    """One line for an error: its type and message, or only the types if the store's address has secret parts.

    Libraries repeat parts of the address in their messages, in forms that cannot be listed.
    """
    if isinstance(error, AddressError):
        return str(error)
    if is_local() or tracking_uri() == store():
        return without_secrets(f"{type(error).__name__}: {next(iter(str(error).splitlines()), '')}")
    names: list[str] = []
    cause: BaseException | None = error
    while cause and len(names) < 4:
        names.append(type(cause).__name__)
        cause = cause.__cause__ or cause.__context__
    return ": ".join(names)


def store() -> str:
    """The store's address as it is shown."""
    return shown(tracking_uri())


def left(error: Exception | None = None) -> str:
    """How many runs wait, after what makes them go on if the database of the original repository is damaged."""
    damaged = is_local() and re.search("malformed|not a database", str(error))
    remedy = f"move {database().name} away, then `make sync-tracking` makes a new one; " if damaged else ""
    return f"{remedy}{len(waiting())} runs wait in .tracking/outbox"


def warn(error: Exception, outcome: str) -> None:
    """Print one line with the store, the error and the outcome."""
    print(f"warning: MLflow at {store()}: {reason(error)}; {outcome}", file=sys.stderr)
