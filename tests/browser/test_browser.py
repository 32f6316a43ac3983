"""What people open, opened: the report with its explorers, and the MLflow UI, in headless Chromium."""

import os
import shutil
import socket
import subprocess
import time
import urllib.request
from contextlib import contextmanager

import pytest

from latentspace.pipeline import quick

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
pytestmark = [
    pytest.mark.pipeline,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: `apt-get install chromium` brings it"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


@contextmanager
def browser_page(**options):
    """A page, with everything that went wrong on it and every address it asked for."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(**options)
        wrong, asked = [], []
        page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        yield page, wrong, asked
        browser.close()


def opened(page, project):
    start = time.monotonic()
    page.goto(f"file://{project}/report/index.html")
    page.wait_for_function("[...document.querySelectorAll('.explorer')].every((box) => box.dataset.ready)")
    return time.monotonic() - start


def pixels(page, explorer, canvas):
    return page.locator(".explorer").nth(explorer).locator("canvas").nth(canvas).evaluate("(c) => c.toDataURL()")


def test_the_report_opens_alone_and_its_sliders_move_the_right_pictures(project):
    size = (project / "report" / "index.html").stat().st_size
    assert size < 6_000_000
    with browser_page() as (page, wrong, asked):
        assert opened(page, project) < 20  # 2 s on a quiet machine
        before = [[pixels(page, box, i) for i in range(n)] for box, n in enumerate((2, 1, 1))]
        slider = page.locator(".explorer").nth(0).locator("input").nth(1)
        slider.focus()
        for _ in range(30):
            page.keyboard.press("ArrowRight")
        assert slider.input_value() == "1.5"
        after = [[pixels(page, box, i) for i in range(n)] for box, n in enumerate((2, 1, 1))]
        assert after[0][0] != before[0][0] and after[0][1] != before[0][1], "linked: both models move"
        assert after[1:] == before[1:], "the other explorers stay"
        assert not wrong
        assert not [url for url in asked if not url.startswith(("file://", "data:"))]


def test_the_pair_of_components_can_be_chosen_either_way_round(project):
    with browser_page() as (page, wrong, _):
        opened(page, project)
        box = page.locator(".explorer").nth(1)
        set_to = "(input, value) => { input.value = value; input.dispatchEvent(new Event('input')); }"
        for i, value in enumerate((1.0, -0.5)):
            box.locator("input").nth(i).evaluate(set_to, value)
        one = pixels(page, 1, 0)
        box.locator("select").nth(0).select_option("4")  # z5, z4: other components, other picture
        assert pixels(page, 1, 0) != one
        box.locator("select").nth(1).select_option("0")
        box.locator("select").nth(0).select_option("3")  # z4, z1
        for i, value in enumerate((-0.5, 1.0)):
            box.locator("input").nth(i).evaluate(set_to, value)
        assert pixels(page, 1, 0) == one, "z1 = 1, z4 = −0.5 is the same code either way"
        box.locator("select").nth(0).select_option("0")
        chosen = [box.locator("select").nth(i).input_value() for i in range(2)]
        assert chosen[0] == "0" and chosen[1] != "0", "never the same component twice"
        assert not wrong


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_report_fits_a_phone_in_light_and_dark(project, scheme):
    with browser_page(viewport={"width": 390, "height": 800}, color_scheme=scheme) as (page, wrong, _):
        opened(page, project)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (paper == "rgb(255, 255, 255)") == (scheme == "light")
        assert not wrong


def test_the_ui_lists_runs_with_their_covariance_matrices(project):
    quick.run(project, "python", "-m", "latentspace.pipeline.tracking", quiet=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    store = f"sqlite:///{project}/mlflow.db"
    command = [
        "mlflow",
        "ui",
        "--backend-store-uri",
        store,
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--workers",
        "1",
    ]
    environment = quick.environment(project) | {"MLFLOW_DISABLE_TELEMETRY": "true"}
    server = subprocess.Popen(
        command,
        cwd=project,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        address = f"http://127.0.0.1:{port}"
        wait_for(f"{address}/health")
        with browser_page() as (page, _, asked):
            page.goto(address)
            import mlflow

            client = mlflow.MlflowClient(store)
            experiment = client.get_experiment_by_name("organise")
            (run,) = client.search_runs(
                [experiment.experiment_id], "attributes.run_name = 'organise_codes'", max_results=1
            )
            page.goto(f"{address}/#/runs/{run.info.run_id}")
            page.get_by_text("organise_codes").first.wait_for(timeout=60_000)
            page.goto(f"{address}/#/experiments/{experiment.experiment_id}/runs/{run.info.run_id}/artifacts")
            page.get_by_text("matrices").first.click(timeout=60_000)
            page.get_by_text("covariance_pca_ae.json").first.wait_for(timeout=60_000)
            assert not [url for url in asked if not url.startswith((address, "data:", "blob:"))]
    finally:
        os.killpg(server.pid, 9)
        server.wait()


def wait_for(address, seconds=180):
    deadline = time.monotonic() + seconds
    while True:
        try:
            urllib.request.urlopen(address, timeout=2).close()
            return
        except OSError:
            assert time.monotonic() < deadline, f"{address} does not answer"
            time.sleep(0.5)
