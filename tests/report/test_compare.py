"""Two runs side by side: what differs, in what order, and what the page shows."""

import io
import json
import subprocess

import numpy as np
import pytest
from PIL import Image

from latentspace.report.compare import WORKSPACE, Run, changed, moved, page, read

ROW = {"n": 3, "std": 0.1, "unit": "px", "met": True, "margin_std": 3.0, "target": 1.0, "relation": "<="}


def png(grey):
    stream = io.BytesIO()
    Image.fromarray(np.full((4, 6), grey, np.uint8)).save(stream, "PNG")
    return stream.getvalue()


def run(name, means, pictures=(), lost=(), **params):
    return Run(name, params, {key: {**ROW, "mean": mean} for key, mean in means.items()}, dict(pictures), lost)


def test_values_that_differ_are_listed_with_both():
    assert changed({"a": 1, "b": 2, "c": 3}, {"a": 1, "b": 5, "d": 4}) == {"b": (2, 5), "c": (3, None), "d": (None, 4)}


def test_claims_are_in_the_order_of_how_far_they_moved():
    one, other = run("one", {"far": 0.0, "near": 0.0, "same": 1.0, "gone": 2.0}), run("other", {})
    other = run("other", {"near": 0.1, "far": -1.0, "same": 1.0})
    found = moved(one, other)
    assert [row["id"] for row in found] == ["far", "near", "gone"]
    assert found[0]["deviations"] == pytest.approx(-1 / 0.02**0.5)
    assert found[2]["deviations"] is None and found[2]["rows"][1] is None


def test_a_claim_without_spread_has_moved_by_no_known_multiple():
    one, other = (
        Run(name, {}, {"a": {**ROW, "mean": mean, "std": 0.0}}, {}) for name, mean in [("x", 1.0), ("y", 2.0)]
    )
    assert [row["deviations"] for row in moved(one, other)] == [None]
    assert not moved(one, one)


def test_the_page_shows_what_differs_and_loads_nothing():
    one = run("HEAD", {"size.a": 1.0}, {"s/a.png": png(0), "s/b.png": png(9)}, weight=0.1)
    other = run("strong", {"size.a": 1.5}, {"s/a.png": png(200), "s/b.png": png(9), "s/c.png": png(1)}, weight=1.0)
    text = page(one, other)
    assert "<code>weight</code></td><td>0.1</td><td>1.0</td>" in text
    assert "1 of 1 claims have another value" in text and "1.5 ± 0.1 px" in text and "3.54" in text
    assert "2 pictures differ, 1 are equal" in text
    assert "figures/s/a.png" in text and "figures/s/b.png" not in text
    assert text.count("data:image/avif;base64,") == 3 and "<p>none</p>" in text
    assert "http" not in text


def test_pictures_that_the_cache_has_lost_are_said_and_are_no_difference():
    text = page(run("old", {}, lost=["s"]), run("new", {}, {"s/a.png": png(0)}))
    assert "no longer has the pictures of old in s." in text and "0 pictures differ, 0 are equal" in text


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A repository of git and DVC with two commits, whose picture is an output of DVC."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DVC_NO_ANALYTICS", "1")

    def sh(*words):
        subprocess.run(words, check=True, capture_output=True)

    sh("git", "init", "-q")
    sh("dvc", "init", "-q")
    (tmp_path / "metrics").mkdir()
    for weight, grey in ((0.1, 10), (1.0, 20)):
        (tmp_path / "params.yaml").write_text(f"organise: {{weight: {weight}}}\n")
        (tmp_path / "metrics/claims.json").write_text(json.dumps({"size.a": {**ROW, "mean": weight}}))
        (tmp_path / "figures/size_a").mkdir(parents=True, exist_ok=True)
        (tmp_path / "figures/size_a/code.png").write_bytes(png(grey))
        sh("dvc", "add", "-q", "figures/size_a")
        sh("git", "add", "-A")
        sh("git", "-c", "user.name=x", "-c", "user.email=x@x", "commit", "-qm", "x")
    return tmp_path


def test_a_run_is_read_from_git_and_the_cache(repository):
    before, after, now = read("HEAD~1"), read("HEAD"), read(WORKSPACE)
    assert before.params == {"organise.weight": 0.1} and after.params == now.params == {"organise.weight": 1.0}
    assert before.claims["size.a"]["mean"] == 0.1
    assert before.pictures == {"size_a/code.png": png(10)} and now.pictures == after.pictures
    (repository / "figures/size_a/code.png").unlink()
    (repository / "figures/size_a/code.png").write_bytes(png(30))
    assert read(WORKSPACE).pictures == {"size_a/code.png": png(30)}


def test_what_is_no_run_is_one_line(repository):
    with pytest.raises(ValueError, match="nosuch: its results are not here") as caught:
        read("nosuch")
    assert "\n" not in str(caught.value)
    (repository / "metrics/claims.json").unlink()
    with pytest.raises(ValueError, match="workspace: its results are not here"):
        read(WORKSPACE)


def test_a_lost_cache_leaves_the_numbers(repository):
    import shutil

    shutil.rmtree(repository / ".dvc/cache/files")
    shutil.rmtree(repository / "figures/size_a")
    found = read("HEAD~1")
    assert found.lost == ["size_a"] and not found.pictures and found.claims
