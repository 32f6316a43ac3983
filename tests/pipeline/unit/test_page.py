"""The page of MLflow's UI that `make ui` names."""

import pytest

from latentspace.pipeline.tracking import page, paths, store


@pytest.fixture
def client(tmp_path, monkeypatch):
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.delenv("PORT", raising=False)
    monkeypatch.chdir(tmp_path)
    return store.client()


def test_it_is_the_chapter_that_runs_and_then_the_table_of_whole_runs(client, capsys, monkeypatch):
    address = "http://127.0.0.1:5000"
    assert page.page(client) == address, "nothing has run"
    ids = {chapter: store.experiment_id(client, chapter) for chapter in ("size", "gan", "pipeline")}
    assert page.page(client) == address
    client.create_run(ids["gan"], start_time=1000)
    client.create_run(ids["size"], start_time=2000)
    assert page.page(client) == f"{address}/#/experiments/{ids['size']}/runs"
    client.create_run(ids["pipeline"], start_time=500)
    whole = f"{address}/#/experiments/{ids['pipeline']}/runs?viewStateShareKey=pipeline_0"
    assert page.page(client) == whole
    page.main()
    assert capsys.readouterr().out == f"Open {whole}\n"
    assert "mlflow.sharedViewState.pipeline_0" in client.get_experiment(ids["pipeline"]).tags, "the view exists"
    client.delete_experiment(ids["pipeline"])
    assert page.page(client) == f"{address}/#/experiments/{ids['size']}/runs"


def test_a_store_that_does_not_answer_is_said_in_one_line(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "ftp://me:s3cret@host/x")
    page.main()
    said = capsys.readouterr().out
    assert said.startswith("No page to begin with: ") and said.count("\n") == 1 and "s3cret" not in said


def test_on_a_server_it_is_the_servers_page(monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://me:s3cret@mlflow.example:8080/")
    assert paths.ui_address() == "http://mlflow.example:8080"
