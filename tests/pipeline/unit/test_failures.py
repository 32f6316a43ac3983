"""Failures: one line for causes outside the code, whatever the terminal's encoding; a traceback for wrong code."""

import io
import os
import signal
import subprocess
import sys
import time

import pytest
import torch

from latentspace.pipeline.failures import DeclarationError, make_printable, one_line
from latentspace.pipeline.params import ParamsError


def allocate_too_much():
    torch.empty(10**15)


def allocate_nonsense():
    torch.empty(-3)


def recurse():
    recurse()


def long_path():
    from pathlib import Path

    Path("x" * 5000).stat()


def fail_with(error):
    raise error


@pytest.mark.parametrize(
    ("fail", "says"),
    [
        (lambda: fail_with(ValueError("input.npz: damaged")), "error: size_x: input.npz: damaged"),
        (lambda: fail_with(MemoryError()), "error: size_x: not enough memory; smaller images"),
        (lambda: fail_with(ValueError("two\nlines")), "error: size_x: two lines"),
        (lambda: fail_with(ValueError()), "error: size_x: ValueError"),
        (lambda: float(10**400), "too large to convert to float; LATENTSPACE_TRACEBACK=1 shows where"),
        (allocate_too_much, "not enough memory"),
        (allocate_nonsense, "LATENTSPACE_TRACEBACK=1 shows where"),
        (recurse, "maximum recursion depth exceeded"),
        (long_path, "File name too long"),
    ],
)
def test_a_cause_outside_the_code_is_one_line(monkeypatch, capsys, fail, says):
    monkeypatch.delenv("LATENTSPACE_TRACEBACK", raising=False)
    with pytest.raises(SystemExit) as ended, one_line("size_x"):
        fail()
    (line,) = capsys.readouterr().err.splitlines()
    assert ended.value.code == 1 and line.startswith("error: size_x: ") and says in line and len(line) < 1200


def test_mistakes_in_params_keep_their_lines(monkeypatch, capsys):
    monkeypatch.delenv("LATENTSPACE_TRACEBACK", raising=False)
    with pytest.raises(SystemExit), one_line("size_x"):
        raise ParamsError("params.yaml: a: missing\nparams.yaml: b: missing")
    assert len(capsys.readouterr().err.splitlines()) == 2


@pytest.mark.parametrize(
    "error", [DeclarationError("undeclared"), KeyError("x"), AssertionError(), ZeroDivisionError()]
)
def test_wrong_code_keeps_its_traceback(error):
    with pytest.raises(type(error)), one_line("size_x"):
        raise error


def test_a_traceback_can_be_asked_for(monkeypatch):
    monkeypatch.setenv("LATENTSPACE_TRACEBACK", "1")
    with pytest.raises(MemoryError), one_line("size_x"):
        raise MemoryError


@pytest.mark.parametrize(
    ("encoding", "printed"),
    [("utf-8", "σ ≤ 1 × 2"), ("latin-1", r"\u03c3 \u2264 1 × 2"), ("ascii", r"\u03c3 \u2264 1 \xd7 2")],
)
def test_any_encoding_of_the_terminal_takes_a_result_line(encoding, printed):
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    make_printable(stream, object())
    print("σ ≤ 1 × 2", file=stream, flush=True, end="")
    assert stream.buffer.getvalue().decode(encoding) == printed


TRAINING = """
import time
from latentspace.pipeline.failures import one_line
from latentspace.pipeline.workers import side_by_side

with one_line("size_x", "; the same command resumes from the last checkpoint"):
    print("started", flush=True)
    side_by_side(time.sleep, [60, 60])
"""


def test_ctrl_c_during_a_stage_run_by_hand_is_one_line(tmp_path):
    environment = {key: value for key, value in os.environ.items() if key != "DVC_STAGE"}
    process = subprocess.Popen(
        [sys.executable, "-c", TRAINING],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout.readline() == "started\n"
    time.sleep(1)  # for its children to start
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert errors == "interrupted: size_x; the same command resumes from the last checkpoint\n"
    assert process.returncode == 130
