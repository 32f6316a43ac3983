"""The experiment on the data sets of silhouettes."""

from latentspace.size.silhouettes import experiment


def test_experiment(disks, complete):
    findings = experiment({"digit_3": disks, "corpus_callosum": disks})
    assert complete(findings, {}, ["examples.png"]) == {"silhouettes", "train_images"}
    assert [row.value for row in findings.rows] == [2, 32]
    assert [axes.get_ylabel() for axes in findings.pictures["examples.png"].axes[::10]] == [
        "digit 3",
        "corpus callosum",
    ]
