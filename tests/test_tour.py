"""docs/tour.ipynb, run as it stands: from a folder of images to named components."""

import re

import pytest

nbformat = pytest.importorskip("nbformat")
pytestmark = pytest.mark.pipeline


@pytest.mark.filterwarnings("ignore")
def test_the_notebook_runs_and_names_its_components(root, monkeypatch, tmp_path):
    from nbclient import NotebookClient

    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    notebook = nbformat.read(root / "docs/tour.ipynb", as_version=4)
    NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(tmp_path)}}).execute()
    outputs = [
        str(output.get("data", {}).get("text/plain")) for cell in notebook.cells for output in cell.get("outputs", [])
    ]
    (names,) = [text for text in outputs if text.startswith("['z1: ")]
    known = re.findall(r"z\d: (\w+) \((0\.\d+)\)", names)
    assert len(known) == 4 and len({name for name, _ in known} - {"mixed"}) >= 3
    errors = [float(number) for number in re.findall(r"0\.\d+", outputs[-1])]
    assert len(errors) == 4 and errors == sorted(errors, reverse=True)


def test_the_committed_notebook_shows_its_results(root):
    notebook = nbformat.read(root / "docs/tour.ipynb", as_version=4)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in cells)
    assert any("image/png" in output.get("data", {}) for cell in cells for output in cell.outputs)
