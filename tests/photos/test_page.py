"""The numbers of docs/photos.md are those of the metrics."""

import json
from statistics import fmean

import pytest

from latentspace.pipeline import bases
from latentspace.report.budgets import of_claims
from latentspace.report.claim import evaluate
from latentspace.report.photos import CLAIMS

SPACES = ("styles", "latents")
ROWS = {
    "PCA autoencoder": "pca_ae",
    "straight lines, trained through the generator for as long": "affine",
    "Jacobian at the anchor": "jacobian",
    "GANSpace": "ganspace",
    "GANSpace + ICA": "ganspace_ica",
    "the best three axes of the space itself": "raw",
    "PCA of the latents": "latent_pca",
    "*PCA of the images, without a generator*": "image_pca",
}


@pytest.mark.parametrize(("row", "method"), ROWS.items())
def test_the_table_has_the_shares_of_the_metrics(root, row, method):
    metrics = json.loads((root / "photos/metrics/gan_photos_codes.json").read_text())
    shares = {}
    for key, value in metrics.items():
        shares.setdefault(key.partition("/")[0], []).append(value)
    (line,) = [line for line in (root / "docs/photos.md").read_text().splitlines() if line.startswith(f"| {row} |")]
    shown = [float(cell.replace("−", "-")) for cell in line.strip("|").split("|")[1:]]
    wanted = [fmean(shares[f"{space}.{method}.explained_k{k}"]) for space in SPACES for k in (1, 2, 3)]
    assert shown == [pytest.approx(value, abs=0.00501) for value in wanted]


def test_the_published_claims_are_those_of_the_metrics(root):
    folder = root / "photos/metrics"
    rows = evaluate(CLAIMS, folder, budgets=of_claims(CLAIMS, bases.read(root / "photos/params.yaml")))
    assert all(row["n"] for row in rows.values())
    for copy in (folder, root / "photos/published"):
        assert json.loads((copy / "claims.json").read_text()) == rows


def test_the_page_says_by_how_much_the_shares_are_larger_about_every_face(root):
    metrics = json.loads((root / "photos/metrics/gan_photos_codes.json").read_text())
    text = " ".join((root / "docs/photos.md").read_text().split())
    for measure in ("explained_margin", *(f"margin_affine_k{k}" for k in (1, 2, 3))):
        found = [value for key, value in metrics.items() if key.startswith(f"styles.pca_ae.{measure}/")]
        assert len(found) == 3 and min(found) > 0
        assert " to ".join(f"{value:.3f}".lstrip("0") for value in (min(found), max(found))) in text, measure


def test_the_page_says_how_far_the_reader_is_from_openvino(root):
    found = json.loads((root / "photos/metrics/gan_photos_reader.json").read_text())
    text = " ".join((root / "docs/photos.md").read_text().split())
    layers = found["mapping_layers"] + found["synthesis_layers"]
    assert f"over all {layers:.0f} layers with weights is 1.0·10⁻⁴" in text
    assert found["synthesis_difference"] == pytest.approx(1.0e-4, abs=5e-6)
    assert max(found["synthesis_difference"], found["mapping_difference"]) < 1e-3
