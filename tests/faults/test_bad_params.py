"""Wrong values in params.yaml: one short line each that names the key, and no output is touched.

Every leaf is set to hostile values of its kind, and every key is removed; what is accepted must be meaningful.
"""

import copy
import datetime
import functools
import json
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from latentspace.pipeline import bases, declaration
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


def check(values):
    """What the stage `check` does with the content of params.yaml."""
    return parse(Params, bases.completed(values))


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
# ---- Every leaf, every hostile value of its kind --------------------------------------------------------------------

TEXT = [
    "",
    "x" * 5000,
    "..",
    "/",
    "~",
    ".",
    "a b",
    "a;touch ran",
    "$(touch ran)",
    "`touch ran`",
    "../none",
    "a\nb",
    "\0",
]
HOSTILE = {
    bool: [0, 1, "true", None, [], 2.0],
    int: [0, -1, 1, 10**9, 10**12, 10**30, 2**63, 1.5, True, "3", "", None, [], {}],
    float: [0.0, -1.0, 1e-320, 1e-300, 1e-30, 1e12, 1e300, float("nan"), float("inf"), True, "0.1", None, []],
    str: [*TEXT, 0, None, [], {}],
    dict: [None, 0, "", "text", []],
}


def hostile(value):
    """Values of no or doubtful use in the place of `value`."""
    if not isinstance(value, list):
        return HOSTILE[type(value)]
    lists = [
        [],
        None,
        "text",
        0,
        {},
        value * 2,
        value + value[:1],
        value[:-1],
        value * 1000,
        [value],
        [None],
        value[::-1],
    ]
    return lists + [[first, *value[1:]] for first in hostile(value[0])]


def mutations():
    """Pairs of a path and a changed value, None for a key that is removed; and the changed values of params.yaml."""
    for path in [*leaves(GOOD), *filter(None, sections(GOOD))]:
        before = functools.reduce(dict.__getitem__, path, GOOD)
        yield path, "removed", changed(path, dict.__delitem__)
        for value in hostile(before):
            if repr(value) != repr(before):
                yield path, value, changed(path, lambda section, key, value=value: section.__setitem__(key, value))


SMALL = {  # 1 is little, but enough
    *("steps", "checkpoint_every", "evaluations", "memory", "hidden", "restarts", "code_size", "levels", "levels_2d"),
    *("divide", "seeds", "encoder_times", "plain_steps", "min_seeds", "starts"),
}
OFF = {"slope", "settle", "plain_settle", "weight", "code_noise", "noise"}  # 0 switches them off
OPTIONAL = {  # a variant without them has the general value, or the default
    *(
        "steps",
        "batch_size",
        "encoder_rate",
        "bias",
        "linear_encoder",
        "init",
        "code_size",
        "hole",
        "image_size",
        "blur",
    ),
    *(
        "seed",
        "weight",
        "code_noise",
        "settle",
        "shares",
        "base",
        "packet_sizes",
        "reconstruction",
        "restarts",
        "seeds",
    ),
    *("penalty", "encoder_times", "attributes", "sigmas", "method", "beta"),
    *("min_seeds", "plain_settle", "deflate", "encoder"),
}
SOME = {"seeds", "names", "levels", "levels_2d", "positions", "anchors", "sigmas"}  # any subset in any order


def is_meaningful(path, value):
    """Whether a pipeline with this value has something to do; the reasons are beside the lists above."""
    before, key = functools.reduce(dict.__getitem__, path, GOOD), path[-1]
    if value in ("removed", None) or value == {}:
        of_base = key == "anchors" and "base" in functools.reduce(dict.__getitem__, path[:-1], GOOD)
        return key in OPTIONAL or path[-2] == "variants" or of_base
    if isinstance(before, list) and isinstance(value, list):
        if key in SOME:
            return key == "names" or (value and len({*value}) == len(value) and all(entry >= 0 for entry in value))
        if key == "packet_sizes":
            return 1 <= sum(value) <= 10
        if key == "betas":
            return all(0 <= entry < 1 for entry in value)
        if key == "code_noise":
            return len(value) == len(before) and 0 <= min(value) <= max(value) <= 10
        if key == "shares":
            return len(value) == len(before) and 1e-6 <= min(value) <= max(value) <= 1e6
        if key == "hole":
            return 1 < value[0] < value[1]
        return "widths" in key and all(1 <= width <= 2048 for width in value)
    if key == "seed":
        return 0 <= value < 2**32
    return (value == 1 and key in SMALL) or (0 <= value < 1e-29 and key in OFF)


def heirs(section, variant):
    """A variant, and all that have something from it as their base."""
    variants = read_yaml(ROOT / "params.yaml")[section]["variants"]
    found = {variant}
    while more := {name for name, values in variants.items() if values and values.get("base") in found} - found:
        found |= more
    return found


def check_others(path, lines):
    """Every further line is about another variant that has its value from the changed one."""
    if lines:
        section, _, variant, *_ = path
        named = [re.match(rf"params\.yaml: {section}\.variants\.([\w-]+)", line)[1] for line in lines]
        assert set(named) <= heirs(section, variant) and len(set(named)) == len(named), lines


def test_every_mutation_is_refused_in_one_line_or_meaningful(tally, tmp_path, monkeypatch):
    monkeypatch.setenv("DVC_ROOT", str(ROOT))
    refused, accepted = 0, []
    for path, value, values in mutations():
        try:
            check(values)
        except ParamsError as error:
            line, *others = str(error).splitlines()
            check_others(path, others)
            assert line.startswith("params.yaml: ") and len(line) < 1100 and line.isprintable(), line
            section, key = ".".join(path[:-1]), path[-1]
            assert f"{section}.{key}" in line or f"{section}: " in line or (path[0] in line and key in line), line
            refused += 1
        else:
            accepted.append((path, value))
    nonsense = [(".".join(path), value) for path, value in accepted if not is_meaningful(path, value)]
    assert not nonsense
    assert refused > 3000 and len(accepted) > 300
    tally.add("mutations of params.yaml refused in one line", refused)
    tally.add("mutations of params.yaml accepted, meaningful", len(accepted))


# ---- Random mistakes -------------------------------------------------------------------------------------------------

FREE_TEXT = {
    "path",
    "file",
    "anchors_file",
    "exported",
    "torchscript",
    "onnx",
}  # any file may be named; it must exist, which is tested by itself


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
        check(values)
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


# ---- Values that a shell reads ---------------------------------------------------------------------------------------

COMMANDS = [
    *(
        "python; touch ran",
        "python $(touch ran)",
        "python `touch ran`",
        "torchrun && touch ran",
        "torchrun | touch ran",
    ),
    *(
        "torchrun > ran",
        "fabric run & touch ran #",
        "torchrun --x='a'",
        'torchrun --x="a"',
        "torchrun $HOME",
        "torchrun ~",
    ),
    *(
        "python -c pass",
        "python3",
        "sh",
        "torchrun\ntouch ran",
        "torchrun  --x",
        "torchrun *",
        "torchrun {a,b}",
        "torchrunx",
    ),
    *("", " python", "python ", "torchrun \\x", "torchrun !x", "torchrun --x=(a)", "torchrun --x=<a"),
]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_launch_that_a_shell_would_read_otherwise_is_refused(tally, command):
    with pytest.raises(
        ParamsError, match=r"^params\.yaml: launch = .*: must be python, or torchrun or `fabric run` with"
    ):
        check(GOOD | {"launch": command})
    tally.add("malformed params.yaml refused")


@pytest.mark.parametrize(
    "command",
    ["python", "torchrun", "torchrun --standalone --nproc-per-node 2", "fabric run --devices=2 --node-rank=0"],
)
def test_a_launcher_with_plain_options_is_accepted(command):
    assert check(GOOD | {"launch": command}).launch == command


@pytest.mark.parametrize("folder", [ROOT, ROOT / "pretraining", ROOT / "photos"])
def test_before_a_shell_reads_a_parameter_it_is_checked(folder):
    """DVC fills templates into commands before it runs any; the stage `check` must come before those commands."""
    stages = {name: stage.get("do", stage) for name, stage in read_yaml(folder / "dvc.yaml")["stages"].items()}

    def paths(name, *kinds):
        listed = (path for kind in kinds for path in declaration.paths(stages[name].get(kind, [])))
        return {re.sub(r"\$\{[^}]*\}", "*", path) for path in listed}

    def makers(name):
        """The stages that make what `name` reads: the file, a folder above it, or files in it."""
        pairs = ((dep, out, other) for dep in paths(name, "deps") for other in stages for out in paths(other, "outs"))
        return {
            other for dep, out, other in pairs if f"{dep}/".startswith(f"{out}/") or f"{out}/".startswith(f"{dep}/")
        }

    read_by_a_shell = [name for name, stage in stages.items() if "${" in stage["cmd"]]
    assert read_by_a_shell
    for name in read_by_a_shell:
        before, todo = set(), [name]
        while todo:
            new = makers(todo.pop()) - before
            before |= new
            todo += new
        assert "check" in before, name


@pytest.mark.faults
@pytest.mark.pipeline
@pytest.mark.parametrize("command", [["dvc", "repro"], ["python", "-m", "latentspace.pipeline.repro"]])
@pytest.mark.parametrize("value", ["touch ran; python", 'python -c \'open("ran", "w")\' ;', "$(touch ran)python"])
def test_a_hostile_launch_runs_nothing(bench, wanted, tally, command, value):
    with bench.with_params("launch: python", f"launch: {json.dumps(value)}"):
        done = bench.run(*command)
    assert done.returncode != 0 and "launch = " in done.stdout + done.stderr
    assert not (bench.root / "ran").exists() and bench.digests() == wanted
    tally.add("malformed params.yaml refused by `dvc repro`, no output touched")


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
