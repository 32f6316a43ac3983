"""What the fault tests share: a smoke-size copy to break, kill -9, a full disk, what the kernel knows of processes."""

from __future__ import annotations

import hashlib
import os
import random
import re
import resource
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from latentspace.pipeline import quick
from latentspace.pipeline.locks import LOCKS, mend

OUTPUTS = ("data", "models", "metrics", "plots", "figures")  # runs/ and report/ name MLflow's runs, which differ
RELIABILITY = Path(__file__).parents[2] / "docs" / "reliability.md"
PAGE = 4096  # a tmpfs gives its room in pages
Done = subprocess.CompletedProcess[str]


@dataclass
class Tally:
    """What the harness did to the pipeline, counted as it goes."""

    counts: dict[str, int] = field(default_factory=dict)

    def add(self, what: str, number: int = 1) -> None:
        """Count `number` more of `what`."""
        self.counts[what] = self.counts.get(what, 0) + number

    def kept_in(self, page: str) -> str:
        """A page with these counts in the place of earlier ones; rows of faults that were not tried stay."""
        before = {what: int(number) for what, number in re.findall(r"(?m)^\| (.+) \| (\d+) \|$", page)}
        table = Tally(before | self.counts).table()
        return re.sub(r"(?s)(?<=<!-- tally -->\n).*(?=<!-- end -->)", lambda _: f"{table}\n", page)

    def table(self) -> str:
        """The counts as a Markdown table."""
        rows = [f"| {what} | {number} |" for what, number in sorted(self.counts.items())]
        return "\n".join(["| what | times |", "|---|---|", *rows])


@dataclass(frozen=True)
class Bench:
    """A smoke-size copy of the project, every stage run, that the tests may break and mend again."""

    root: Path

    def run(self, *command: str, **environment: str) -> Done:
        """Run a command in the copy to its end."""
        return subprocess.run(
            command, cwd=self.root, env=self.environment(environment), capture_output=True, text=True, check=False
        )

    def environment(self, more: dict[str, str]) -> dict[str, str]:
        """The environment of commands in the copy, with `more` on top."""
        return quick.environment(self.root) | more

    def again(self, stage: str, **environment: str) -> Done:
        """Execute a stage anew: forced, as DVC would else restore the outputs of its last execution."""
        return self.run("dvc", "repro", "--force", "--single-item", stage, **environment)

    def mended(self, stage: str) -> None:
        """Execute a stage anew; it must succeed."""
        done = self.again(stage)
        assert done.returncode == 0, done.stdout + done.stderr

    def digests(self) -> dict[str, str]:
        """A digest of every file that the pipeline makes, by its path; a left-over temporary file is in it too."""
        files = (file for folder in OUTPUTS for file in (self.root / folder).rglob("*"))
        return {
            str(file.relative_to(self.root)): hashlib.sha256(file.read_bytes()).hexdigest()
            for file in files
            if file.is_file() and file.name != ".gitignore"
        }

    def start(self, *command: str, **environment: str) -> subprocess.Popen[bytes]:
        """Start a command in the copy, in a session of its own, which `kill` ends with all its children."""
        return subprocess.Popen(
            command,
            cwd=self.root,
            env=self.environment(environment),
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def waiting(self) -> list[Path]:
        """The runs that MLflow does not have yet."""
        return sorted((self.root / ".tracking/outbox").glob("[0-9]*"))

    def sync(self, **environment: str) -> Done:
        """What `make sync-tracking` does."""
        return self.run("python", "-m", "latentspace.pipeline.tracking", **environment)

    @contextmanager
    def with_params(self, old: str, new: str) -> Iterator[None]:
        """params.yaml with its first `old` replaced by `new`, put back at the end."""
        path = self.root / "params.yaml"
        before = path.read_bytes()
        text = before.decode()
        assert old in text, old
        path.write_text(text.replace(old, new, 1))
        try:
            yield
        finally:
            path.write_bytes(before)


# ---- Processes, as the kernel knows them -----------------------------------------------------------------------------


def members(session: int) -> list[int]:
    """The living processes of a session."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, sid = path.read_text().rpartition(")")[2].split()[:4]
        except (OSError, ValueError):  # it ended meanwhile
            continue
        if int(sid) == session and state != "Z":
            found.append(int(path.parent.name))
    return found


def running(session: int, script: str) -> list[int]:
    """The processes of a session that run a stage's script: the stage and its forked trainings."""
    found = []
    for pid in members(session):
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue
        if script in words and "python" in Path(words[0]).name:
            found.append(pid)
    return found


def until(condition: Callable[[], object], seconds: float, pause: float = 0.01) -> bool:
    """Wait until `condition` holds; whether it did in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
    return True


def kill(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL to a process that `Bench.start` started and to all its children; waits until they are gone."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert until(lambda: not members(process.pid), 10), "a killed process lives on"


def script_of(stage: str) -> str:
    """The script of a stage, as DVC calls it."""
    return f"stages/{stage.partition('@')[0]}.py"


def duration(bench: Bench, stage: str) -> float:
    """Seconds that the stage's own process takes, without DVC."""
    process = bench.start("dvc", "repro", "--force", "--single-item", stage)
    assert until(lambda: running(process.pid, script_of(stage)), 60), f"{stage} did not start"
    started = time.monotonic()
    until(lambda: not running(process.pid, script_of(stage)), 300)
    taken = time.monotonic() - started
    assert process.wait() == 0
    return taken


def kill_once(bench: Bench, stage: str, seconds: float, rng: random.Random) -> None:
    """Kill a stage, with DVC above it and its children below, at a random moment of its `seconds`.

    A stage that was over sooner than expected does not count: it is started again.
    """
    for _ in range(50):
        mend(bench.root / LOCKS)
        process = bench.start("dvc", "repro", "--force", "--single-item", stage)
        assert until(lambda: running(process.pid, script_of(stage)) or process.poll() is not None, 60)  # noqa: B023
        time.sleep(rng.uniform(0, seconds))
        alive = running(process.pid, script_of(stage))
        kill(process)
        if alive:
            return
        seconds *= 0.9  # the machine is faster than when it was timed
    raise AssertionError(f"{stage} was never alive")


# ---- A full disk -----------------------------------------------------------------------------------------------------


def pages(files: list[Path]) -> int:
    """The room that files take on a tmpfs, in bytes."""
    return sum(-(-file.stat().st_size // PAGE) * PAGE for file in files)


def may_mount(folder: Path) -> bool:
    """Whether this user may mount a tmpfs."""
    done = subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(folder)], capture_output=True, check=False)
    if done.returncode == 0:
        subprocess.run(["umount", str(folder)], check=True)
    return done.returncode == 0


@contextmanager
def small_disk(folder: Path, room: int) -> Iterator[None]:
    """A tmpfs over `folder` with `room` bytes left in it, rounded up to pages; what the folder held is back later."""
    folder.mkdir(parents=True, exist_ok=True)
    size = (-(-room // PAGE) + 1) * PAGE
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], check=True)
    try:
        (folder / "ballast").write_bytes(bytes(PAGE))  # so that no room at all is possible
        yield
    finally:
        # Lazily, as the background sender may still have its log open there.
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def small_files(limit: int) -> Iterator[None]:
    """No file of this process may grow beyond `limit` bytes: the same error path as a full disk, without a mount."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


# ---- What listens ----------------------------------------------------------------------------------------------------


def listening(session: int) -> set[str]:
    """Addresses, in the kernel's hexadecimal, on which the processes of a session accept TCP connections."""
    sockets = set()
    for pid in members(session):
        try:
            sockets |= {str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir()}
        except OSError:  # it ended meanwhile
            continue
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            words = line.split()
            if words[3] == "0A" and f"socket:[{words[9]}]" in sockets:
                found.add(words[1].partition(":")[0])
    return found


LOOPBACK = {"0100007F", "00000000000000000000000001000000", "0000000000000000FFFF00000100007F"}
