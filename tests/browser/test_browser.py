"""What people open, opened: the report with its explorers, and the MLflow UI, in headless Chromium."""

import base64
import os
import shutil
import socket
import statistics
import subprocess
import time
import urllib.request
from contextlib import contextmanager

import numpy as np
import pytest
import torch
from PIL import Image, ImageChops, ImageSequence

import latentspace
from latentspace.pipeline import quick
from latentspace.plots import explorer

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
        page.set_default_timeout(120_000)
        wrong, asked = [], []
        page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        yield page, wrong, asked
        browser.close()


def opened(page, project):
    start = time.monotonic()
    page.goto(f"file://{project}/report/index.html")
    drawn(page)
    return time.monotonic() - start


def drawn(page):
    page.wait_for_function("[...document.querySelectorAll('.explorer')].every((box) => box.dataset.drawn)")


def pixels(page, explorer, canvas):
    return page.locator(".explorer").nth(explorer).locator("canvas").nth(canvas).evaluate("(c) => c.toDataURL()")


def everything(page):
    drawn(page)
    return [[pixels(page, box, i) for i in range(n)] for box, n in enumerate(PICTURES)]


def pressed(page, explorer, slider, key, times):
    page.locator(".explorer").nth(explorer).locator("input").nth(slider).focus()
    for _ in range(times):
        page.keyboard.press(key)
    drawn(page)


PICTURES = (2, 3, 3)  # of the explorers: ellipses, avatars, faces
CODES = 256
RUN = """async (number, view, codes) => {
  const box = document.querySelectorAll(".explorer")[number], found = [];
  for (const code of codes) found.push(...new Uint8Array((await box.image(box.views[view], code)).buffer));
  let text = "";
  for (let i = 0; i < found.length; i += 8192) text += String.fromCharCode(...found.slice(i, i + 8192));
  return btoa(text);
}"""


def decoded(page, number, view, codes):
    """Images that the page computes, in [0, 1], shape (n, numbers)."""
    parts = []
    for some in codes.split(16):
        text = page.evaluate(f"(given) => ({RUN})(...given)", [number, view, some.tolist()])
        parts.append(np.frombuffer(base64.b64decode(text), np.float32).reshape(len(some), -1))
    return torch.from_numpy(np.concatenate(parts)).clamp(0, 1)


def in_torch(project, name, codes):
    """The same images from the trained models, in single precision."""
    if name == "ellipses":
        return latentspace.load(project / "models/organise/ellipses/pca_ae/seed_0.safetensors").decode(codes).flatten(1)
    generator = latentspace.load(project / f"models/gan/generator/{name}/generator.safetensors").float()
    (path,) = (project / f"models/gan/{name}").glob("*_anchor_1_seed_0.safetensors")
    return ((generator(latentspace.load(path).decode(codes)) + 1) / 2).clamp(0, 1).flatten(1)


@pytest.mark.parametrize(("number", "name"), [(0, "ellipses"), (1, "avatars"), (2, "faces")])
def test_the_page_computes_the_images_of_the_models(project, number, name):
    with browser_page() as (page, wrong, _), torch.no_grad():
        opened(page, project)
        labels = page.evaluate(f"document.querySelectorAll('.explorer')[{number}].views[0].labels.length")
        codes = torch.randn(CODES, labels, generator=torch.Generator().manual_seed(0)).clamp(-2, 2)
        signs = torch.tensor(page.evaluate(f"document.querySelectorAll('.explorer')[{number}].views[0].signs"))
        assert signs.shape == (labels,) and set(signs.abs().tolist()) == {1}
        found, wanted = decoded(page, number, 0, signs * codes), in_torch(project, name, codes)
        assert found.shape == wanted.shape and wanted.std(0).max() > 1e-3
        print(f"{name}: difference {255 * (found - wanted).abs().max():.2f} / 255")
        assert (found - wanted).abs().max() <= 1 / 255
        assert not wrong


def test_an_image_takes_less_than_a_hundred_and_twenty_million_products_in_a_loop(project):
    """CPU time of the page's thread, over six times that of a loop of 20 million products in the same page: what else
    runs on the machine hardly changes the ratio, which is 0.6."""
    multiply = (
        "() => { const a = new Float32Array(1000).fill(0.5); let total = 0;"
        " for (let k = 0; k < 20000; k++) for (let i = 0; i < 1000; i++) total += a[i] * a[999 - i];"
        " return total; }"
    )
    image = (
        "([number, code]) => { const box = document.querySelectorAll('.explorer')[number];"
        " return box.image(box.views[0], [...code, 0, 0]).then((data) => data.length); }"
    )
    with browser_page() as (page, _, _):
        opened(page, project)
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})

        def spent(script, *words):
            """CPU seconds of the page's thread for one call."""
            begun = ticks()
            page.evaluate(script, *words)
            return ticks() - begun

        def ticks():
            found = session.send("Performance.getMetrics")["metrics"]
            return next(metric["value"] for metric in found if metric["name"] == "TaskDuration")

        for number in range(3):
            codes = torch.randn(11, 3).tolist()
            pairs = [(spent(image, [number, code]), 6 * spent(multiply)) for code in codes]
            times, loops = ([pair[i] for pair in pairs] for i in (0, 1))
            ratio = statistics.median(times) / statistics.median(loops)
            print(f"explorer {number}: {1000 * statistics.median(times):.0f} ms an image, {ratio:.2f} of the loop")
            assert 0 < ratio < 1


def test_the_page_interpolates_where_it_cannot_compute(project):
    codes = explorer.grid(2)
    pictures = np.zeros((len(codes), 16, 16, 3), np.float32)
    pictures[..., 0], pictures[..., 1] = ((codes.numpy() + 2) / 4).T[..., None, None]
    with browser_page() as (page, wrong, _):
        opened(page, project)
        for z in ([0.5, -1.5], [-2.0, 2.0], [3.0, 0.1]):  # on the grid and between; outside, its edge
            found = page.evaluate(
                "([sheet, code]) => decoder(sheet).then((f) => [...f(Float32Array.from(code))])",
                [explorer.Sheet(2, pictures).described(), z],
            )
            wanted = [*(np.clip(z, -2, 2) + 2) / 4, 0]
            assert abs(np.array(found).reshape(3, -1).mean(1) - wanted).max() < 0.03  # the next picture differs by 0.17
        assert not wrong


def test_the_report_opens_alone_and_its_sliders_move_the_right_pictures(project):
    assert (project / "report" / "index.html").stat().st_size < 6_000_000
    with browser_page(reduced_motion="reduce") as (page, wrong, asked):
        assert opened(page, project) < 60  # 3 s on a quiet machine
        before = everything(page)
        pressed(page, 0, 1, "ArrowRight", 30)
        assert page.locator(".explorer").nth(0).locator("input").nth(1).input_value() == "1.5"
        after = everything(page)
        assert after[0][0] != before[0][0] and after[0][1] != before[0][1], "linked: both models move"
        assert after[1:] == before[1:], "the other explorers stay"
        pressed(page, 1, 4, "End", 1)
        pressed(page, 1, 0, "Home", 1)
        both = everything(page)
        assert all(new != old for new, old in zip(both[1], before[1], strict=True))
        page.get_by_text("Back to the middle").nth(1).click()
        assert everything(page)[1] == before[1]
        assert not wrong
        assert not [url for url in asked if not url.startswith(("file://", "data:", "blob:"))]


def test_every_anchor_has_its_own_pictures_and_names(project):
    with browser_page() as (page, wrong, _):
        opened(page, project)
        box, first = page.locator(".explorer").nth(1), everything(page)[1]
        assert box.locator("select option").count() > 1
        box.locator("select").select_option("1")
        second = everything(page)[1]
        assert all(new != old for new, old in zip(second, first, strict=True))
        box.locator("select").select_option("0")
        assert everything(page)[1] == first
        assert not wrong


def test_a_mix_of_sliders_becomes_a_component(project):
    with browser_page() as (page, wrong, _):
        opened(page, project)
        box = page.locator(".explorer").nth(0)
        box.get_by_text("Keep this mix").click()
        assert "Move some sliders first" in box.inner_text()
        pressed(page, 0, 0, "ArrowRight", 12)  # 0.6
        pressed(page, 0, 2, "ArrowLeft", 16)  # −0.8
        mixed = everything(page)[0]
        box.get_by_text("Keep this mix").click()
        assert everything(page)[0] == mixed, "the component starts where the mix was"
        assert "0.6 z1 − 0.8 z3" in box.inner_text()
        assert [box.locator("input").nth(i).input_value() for i in range(4)] == ["0", "0", "0", "1"]
        page.keyboard.press("ArrowRight")  # the new slider has the focus
        assert everything(page)[0] != mixed
        box.get_by_label("remove this component").click()
        assert box.locator("input").count() == 3 and everything(page)[0] != mixed
        assert not wrong


def test_what_is_shown_is_saved_as_a_picture_and_as_an_animation(project, tmp_path):
    with browser_page() as (page, wrong, _):
        opened(page, project)
        for number, columns in ((0, 2), (1, 3)):
            pressed(page, number, 0, "ArrowRight", 10)
            box = page.locator(".explorer").nth(number)
            for text, file in (("Save picture", "a.png"), ("Save animation", "a.gif")):
                with page.expect_download(timeout=120_000) as made:
                    box.get_by_text(text).click()
                made.value.save_as(tmp_path / file)
                with Image.open(tmp_path / file) as image:
                    assert image.width == columns * 200 + 8
                    frames = [frame.convert("RGB") for frame in ImageSequence.Iterator(image)]
                assert len(frames) == (24 if file == "a.gif" else 1)
                if file == "a.gif":
                    mean = np.abs(np.asarray(frames[0], float) - np.asarray(frames[12], float)).mean()
                    assert mean > 0.01 and ImageChops.difference(frames[1], frames[23]).getbbox() is None, (
                        "there and back"
                    )
        assert not wrong


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_report_fits_a_phone_in_light_and_dark_and_a_finger_moves_it(project, scheme):
    options = {"viewport": {"width": 390, "height": 800}, "color_scheme": scheme, "has_touch": True}
    with browser_page(**options) as (page, wrong, _):
        opened(page, project)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (paper == "rgb(255, 255, 255)") == (scheme == "light")
        for target in ("canvas", "input"):
            before = everything(page)[0]
            area = page.locator(".explorer").nth(0).locator(target).nth(0)
            area.scroll_into_view_if_needed()
            place = area.bounding_box()
            page.touchscreen.tap(place["x"] + 0.75 * place["width"], place["y"] + 0.3 * place["height"])
            if target == "input":
                page.touchscreen.tap(place["x"] + 0.1 * place["width"], place["y"] + 0.5 * place["height"])
            assert everything(page)[0] != before
        assert not wrong


def test_the_explorer_works_in_a_frame_that_may_only_run_scripts(project, tmp_path):
    """As MLflow shows an HTML file: no storage, no requests, no downloads."""
    shutil.copy(project / "report/index.html", tmp_path / "index.html")
    (tmp_path / "frame.html").write_text(
        '<iframe sandbox="allow-scripts" src="index.html" width=900 height=800></iframe>'
    )
    with browser_page() as (page, wrong, asked):
        page.goto(f"file://{tmp_path}/frame.html")
        frame = page.frame(url=f"file://{tmp_path}/index.html")
        drawn(frame)
        box = frame.locator(".explorer").nth(0)
        before = box.locator("canvas").nth(0).evaluate("(c) => c.toDataURL()")
        box.locator("input").nth(0).focus()
        page.keyboard.press("End")
        drawn(frame)
        assert box.locator("canvas").nth(0).evaluate("(c) => c.toDataURL()") != before
        box.get_by_text("Save picture").click()
        box.locator(".note img").wait_for()
        assert not wrong
        assert not [url for url in asked if not url.startswith(("file://", "data:", "blob:"))]


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
