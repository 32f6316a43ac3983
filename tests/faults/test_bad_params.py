"""Wrong values in params.yaml: one short line each that names the key, and no output is touched."""

import copy
import datetime
import functools
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from latentspace.pipeline.params import ParamsError, parse, read_yaml
from latentspace.schema import Params, read_params

ROOT = Path(__file__).parents[2]
GOOD = read_yaml(ROOT / "params.yaml")


def leaves(values, prefix=()):
    for key, value in values.items():
        if isinstance(value, dict):
            yield from leaves(value, (*prefix, key))
        else:
            yield (*prefix, key)


def sections(values, prefix=()):
    yield prefix
    for key, value in values.items():
        if isinstance(value, dict):
            yield from sections(value, (*prefix, key))


def nested(depth):
    return functools.reduce(lambda inner, _: [inner], range(depth), [])


def changed(path, change):
    """The shipped values with `change` applied to the section that holds the last key of `path`."""
    values = copy.deepcopy(GOOD)
    change(functools.reduce(dict.__getitem__, path[:-1], values), path[-1])
    return values


ANYTHING = st.one_of(  # of no use anywhere
    st.dictionaries(st.text(max_size=3), st.integers(), min_size=1, max_size=2),
    st.floats(max_value=-1e-9),
    st.sampled_from([float("nan"), float("inf"), float("-inf"), -(10**400), datetime.date(2024, 2, 29), b"bytes", 1j]),
    st.integers(2, 60).map(nested),
    st.just({"a": {"b": {"c": "d" * 10**6}}}),
)
NO_TEXT = st.one_of(  # where a number, a choice or a list is wanted
    st.just(""),
    st.just("x" * 10**6),
    st.text(min_size=1).map(lambda text: f"\0{text}\n"),
    st.sampled_from(["3", "1e-3", "nan", "true", "null", "<script>alert(1)</script>", "../../etc/passwd", "$(reboot)"]),
)
FREE_TEXT = {"path", "file", "anchors_file"}  # any file may be named; it must exist, which is tested by itself


@st.composite
def mistakes(draw):
    """A path into params.yaml, the values with a mistake there, and the keys one of which the error must name."""
    kind = draw(st.sampled_from(["junk", "text", "unknown", "missing section", "not a section"]))
    if kind in {"junk", "text"}:
        path = draw(st.sampled_from(sorted(leaves(GOOD))))
        junk = draw(NO_TEXT if kind == "text" and path[-1] not in FREE_TEXT else ANYTHING)
        return path, changed(path, lambda section, key: section.__setitem__(key, junk))
    if kind == "unknown":
        key = draw(st.one_of(st.text(min_size=1), st.just("k" * 10**5), st.just("<script>")).filter(str.strip))
        path = (*draw(st.sampled_from(sorted(sections(GOOD)))), f"?{key}")
        return path, changed(path, lambda section, last: section.__setitem__(last, -1))
    path = (draw(st.sampled_from(sorted(GOOD))),)
    if kind == "missing section":
        return path, changed(path, dict.__delitem__)
    junk = draw(st.sampled_from([None, -1, "text", [], ["text"], {1: 2}, {None: None}, float("nan")]))
    return path, changed(path, lambda section, key: section.__setitem__(key, junk))


def is_clear(error: ParamsError, path: tuple[str, ...]) -> None:
    """Short printable lines, one a mistake, one of which names the key or the section that cannot be with it."""
    lines = str(error).splitlines()
    assert lines and all(line.startswith("params.yaml: ") for line in lines)
    assert all(len(line) < 1100 and line.isprintable() for line in lines), lines
    named = [".".join(path)[:130], ".".join(path[:-1])]
    plain = [" ".join("".join(c if c.isprintable() else " " for c in name).split()) for name in named]
    assert any(line.removeprefix("params.yaml: ").startswith(name) for line in lines for name in plain if name), lines


@settings(max_examples=400, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(mistake=mistakes())
def test_any_mistake_is_named(tally, mistake):
    path, values = mistake
    with pytest.raises(ParamsError) as caught:
        parse(Params, values)
    is_clear(caught.value, path)
    tally.add("malformed params.yaml refused")


FIRST = "seeds: [0, 1, 2]"
TEXTS = {  # what no reader of YAML takes, at the head of the file
    "a tab": b"\tseeds: [0]\n",
    "an open list": b"seeds: [0, 1\n",
    "an open string": b"seeds: '0\n",
    "bad UTF-8": b"seeds: [0] # \xff\xfe\n",
    "a zero byte": b"seeds: [0]\0\n",
    "twice the same key": b"seeds: [0]\nseeds: [1]\n",
    "a number of 5000 digits": b"seeds: [" + b"9" * 5000 + b"]\n",
    "the same in hexadecimal": b"seeds: [0x" + b"f" * 5000 + b"]\n",
    "a day that is none": b"seeds: 2024-02-31\n",
    "lists 5000 deep": b"seeds: " + b"[" * 5000 + b"]" * 5000 + b"\n",
    "an unknown anchor": b"seeds: *nowhere\n",
    "an anchor inside itself": b"seeds: &a [*a]\n",
    "a list as a key": b"? [a, b]\n: 1\n",
    "a Python object": b"seeds: !!python/object/apply:os.system ['touch ran']\n",
    "an unknown tag": b"seeds: !x 1\n",
    "two documents": b"---\nseeds: [0]\n---\nseeds: [1]\n",
    "only a list": b"- seeds\n",
    "only text": b"seeds\n",
    "nothing": b"",
    "only a comment": b"# seeds\n",
    "a merge of nothing": b"<<: 3\nseeds: [0]\n",
    "UTF-16": "seeds: [0]\n".encode("utf-16"),
    "a bomb": b"a: &a [x,x,x,x,x,x,x,x,x]\n"
    + b"".join(b"%c: &%c [%s]\n" % (n, n, b",".join([b"*%c" % (n - 1)] * 9)) for n in range(98, 107)),
}


@pytest.mark.parametrize("name", TEXTS)
def test_what_is_no_yaml_is_one_line(tmp_path, monkeypatch, tally, name):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "params.yaml"
    path.write_bytes(TEXTS[name])
    with pytest.raises(ParamsError) as caught:
        read_params(path)
    first = str(caught.value).splitlines()[0]
    assert first.startswith("params.yaml: ") and len(first) < 1100
    assert "not valid YAML" not in first or str(caught.value) == first
    assert not (tmp_path / "ran").exists()
    tally.add("malformed params.yaml refused")


def test_a_folder_or_a_locked_file_is_one_line(tmp_path):
    with pytest.raises(ParamsError, match=r"^params: cannot be read: Is a directory$"):
        (tmp_path / "params").mkdir()
        read_params(tmp_path / "params")


@pytest.mark.faults
@pytest.mark.pipeline
@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("grid: 500", "grid: -1", "size_theory.grid = -1"),
        ("grid: 500", "grid: .nan", "size_theory.grid = nan"),
        ("grid: 500", "grid: 500, gird: 1", "size_theory.gird = 1: unknown key"),
        ("grid: 500", "grid: 500, grid: 500", "grid"),
        ("grid: 500", "grid: {a: [[[]]]}", "size_theory.grid"),
        ("seeds:", "seed:", "seed"),
        ("size_theory:", "size_theory: 3\nrest:", "size_theory"),
        ("size_theory:", "size_theory:\n\t", "params.yaml"),
        ("device:", "device: tpu #", "device = 'tpu'"),
        ("size_disks:", "'<script>': 1\nsize_disks:", "<script> = 1: unknown key"),
    ],
)
def test_through_dvc_nothing_is_touched(bench, wanted, tally, old, new, named):
    with bench.with_params(old, new):
        first = bench.run("python", "stages/check.py")  # `make repro` begins with it: DVC's own words take six lines
        done = bench.run("dvc", "repro")
    assert first.returncode == 1 and not first.stdout
    assert all(line.startswith("params.yaml: ") for line in first.stderr.splitlines()), first.stderr
    assert named in first.stderr
    printed = done.stdout + done.stderr
    assert done.returncode != 0
    assert any(named in line for line in printed.splitlines()), printed
    assert "Traceback" not in printed
    assert bench.digests() == wanted
    tally.add("malformed params.yaml refused by `dvc repro`, no output touched")
