"""`python -m latentspace.pipeline.repro`: what Ctrl-C and SIGTERM do to a command and to what it has started."""

import os
import signal
import subprocess
import sys
import time

import pytest

from ... import terminal

FAMILY = "trap '' INT; setsid sleep 60 & sleep 60 & wait"  # one child in a session of its own, as torchrun's are
RUN = (
    "from pathlib import Path\n"
    "import os, sys\n"
    "from latentspace.pipeline import repro\n"
    "sys.exit(repro.in_turn([('sh', '-c', sys.argv[1])] * 2, Path.cwd(), os.environ, 'this'))"
)


def command(line):
    return [sys.executable, "-c", RUN, line]


def until(condition, seconds=20):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def family_is_there(folder):
    until(lambda: sum(line == "sleep 60" for line in terminal.alive(folder)) == 2)


@pytest.mark.parametrize(("make", "status"), [({}, 130), ({"MAKELEVEL": "1"}, 0)])
def test_ctrl_c_is_one_line_and_ends_the_family(tmp_path, make, status):
    outside = {key: value for key, value in os.environ.items() if key != "MAKELEVEL"}  # the tests may run below make
    with terminal.typed(command(FAMILY), tmp_path, outside | make) as (process, type_):
        family_is_there(tmp_path)
        type_(b"\x03")
        assert process.stdout.read() == "interrupted; this resumes from the last checkpoint\n"
        assert process.wait() == status
    assert not terminal.alive(tmp_path)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_it_alone_ends_the_family(tmp_path, number):
    process = subprocess.Popen(
        command(FAMILY),
        cwd=tmp_path,
        stderr=subprocess.DEVNULL,
        preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),  # ignored if the tests themselves run under nohup
    )
    family_is_there(tmp_path)
    process.send_signal(number)
    assert process.wait() == 128 + number
    assert not terminal.alive(tmp_path)


def test_a_signal_that_was_ignored_stays_ignored(tmp_path):
    line = f'trap "" HUP; exec {sys.executable} -c "$0" "sleep 1"'
    process = subprocess.Popen(["sh", "-c", line, RUN], cwd=tmp_path)
    until(lambda: "sleep 1" in terminal.alive(tmp_path))
    process.send_signal(signal.SIGHUP)
    assert process.wait() == 0


def test_ctrl_z_stops_everything_until_it_is_continued(tmp_path):
    with terminal.typed(command("sleep 1"), tmp_path, os.environ) as (process, _):
        until(lambda: "sleep 1" in terminal.alive(tmp_path))
        process.send_signal(signal.SIGTSTP)
        assert os.WIFSTOPPED(os.waitpid(process.pid, os.WUNTRACED)[1])
        time.sleep(1.5)
        assert terminal.alive(tmp_path).count("sleep 1") == 1, "it does not go on alone"
        process.send_signal(signal.SIGCONT)
        assert process.wait() == 0


def test_the_first_failure_is_the_last_command(tmp_path):
    done = subprocess.run(command("echo here; exit 7"), cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (7, "here\n", "")
