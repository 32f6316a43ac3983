"""What the claims say of the true factors is what the measures give for them."""

import re

import numpy as np
import pytest

from latentspace.images import image_set, make
from latentspace.images.params import DataSet
from latentspace.measures.factors import mutual_information_gap, sap
from latentspace.measures.infomec import infomec
from latentspace.measures.moments import size_horizontal_vertical
from latentspace.organise.factors import public_attributes
from latentspace.pipeline.params import parse, read_yaml
from latentspace.report.organise import AUTHORS, MEASURES


@pytest.fixture(scope="module")
def drawn(root, tmp_path_factory):
    """A function that draws an image set of params.yaml: its factors in columns, by name, and its test images."""

    def draw(name):
        values = read_yaml(root / "params.yaml")["organise_images"]["sets"][name]
        data = make.make_set(parse(DataSet, values | {"train_images": 2}), tmp_path_factory.mktemp(name))
        columns = np.stack(list(data.test_factors.values()), axis=1).astype(np.float64)
        return (columns - columns.mean(0)) / columns.std(0), data.test_factors, image_set.to_batch(data.test)[:, 0]

    return draw


def said(text):
    """The number of a reference such as ``….84 for the true factor``."""
    return float(re.search(r"(\.\d+|\d) for the true factor", text).group(1))


def test_scores_of_the_factors_of_ellipses(drawn):
    codes, factors, _ = drawn("ellipses")
    info = infomec(codes, factors)
    found = {"mig": mutual_information_gap(codes, factors), "sap": sap(codes, factors)}
    found |= {"infom": info.modularity, "infoc": info.compactness}
    for name, score in found.items():
        assert said(MEASURES[name]["reference"]) == pytest.approx(score, abs=0.00501), name


def test_correlation_of_the_authors_attributes_with_the_factors(drawn):
    codes, _, images = drawn("authors_ellipses")
    found = public_attributes(codes, size_horizontal_vertical(images))
    texts = {claim.id.rpartition(".")[2]: claim.reference for claim in AUTHORS}
    for name in ("H", "V"):
        assert said(texts[name]) == pytest.approx(found[name], abs=0.00501), name
