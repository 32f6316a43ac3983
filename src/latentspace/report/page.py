"""The report: one HTML file with embedded figures, all claims and the latent explorer, which loads no other files."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from PIL import Image

from latentspace.pipeline import files
from latentspace.report.claim import not_measured, verdict
from latentspace.report.results import Results
from latentspace.report.section import Section
from latentspace.report.sections import CHAPTERS, each, place
from latentspace.report.table import budget

QUALITY = 32  # of the AVIF images, half as large as WebP ones that look as good
WIDEST = 1100  # pixels
PHOTOS = Path("photos/published")
SIGNS = {"<=": "≤", ">=": "≥", "=": "=", "in": "within"}


def picture(path: Path) -> str:
    """A figure as a data URL; raises ValueError naming the file if it is missing or not an image."""
    try:
        with Image.open(path) as image:
            shown = image.convert("RGB")
    except (OSError, SyntaxError):
        raise ValueError(f"{path}: no such image; the stage that makes it has not run") from None
    if shown.width > WIDEST:
        shown = shown.resize((WIDEST, round(shown.height * WIDEST / shown.width)), Image.Resampling.LANCZOS)
    stream = io.BytesIO()
    shown.save(stream, "AVIF", quality=QUALITY, speed=8, max_threads=1)
    return f"data:image/avif;base64,{base64.b64encode(stream.getvalue()).decode()}"


def number(value: float) -> str:
    """A number with three significant digits, such as ``2.3e-11``."""
    return f"{value:.3g}".replace("e-0", "e-").replace("e+0", "e+")


def target(row: Mapping[str, Any]) -> str:
    """The target of a claim with its relation; empty if it has none."""
    if row["target"] is None:
        return ""
    wanted = row["target"]
    text = " … ".join(map(number, wanted)) if isinstance(wanted, list) else number(wanted)
    return f"{SIGNS[row['relation']]} {text}"


def render(rows: Mapping[str, Mapping[str, Any]], results: Results, runs: Mapping[str, str]) -> str:
    """Render the whole page.

    Args:
        rows: metrics/claims.json.
        results: the figures to show.
        runs: addresses of the MLflow runs by stage; may be empty.
    """
    sections = place(list(rows))
    chapters: list[dict[str, Any]] = []
    for title, chapter in CHAPTERS.items():
        shown = []
        for section in chapter:
            claims = {name: row for name, row in rows.items() if sections[name] is section}
            alike = each(section, results.matching(section.explorers, ".json"))
            shown += [content(one, results, rows) | {"claims": claims} for one in alike if claims or not one.optional]
        chapters.append({"title": title, "sections": shown})
    held = sum(row["met"] is True for row in rows.values())
    asked = sum(row["met"] is not None for row in rows.values())
    narrow = sum(verdict(row) == "narrowly" for row in rows.values())
    template = environment().get_template("page.html.j2")
    counts = {"held": held, "asked": asked, "narrow": narrow, "unknown": len(not_measured(rows))}
    explorers = [part["title"] for chapter in chapters for part in chapter["sections"] if part["explorers"]]
    return template.render(chapters=chapters, explorers=explorers, runs=dict(runs), **counts)


def anchor(title: str) -> str:
    """Address of a section within the page, such as ``explorer-faces``."""
    return "-".join(re.findall(r"\w+", title.lower()))


def filled(text: str, rows: Mapping[str, Mapping[str, Any]]) -> str:
    """`text` with the mean of a claim in place of its id in braces."""
    means = {name: number(row["mean"]) for name, row in rows.items() if row["n"]}
    return re.sub(r"\{([\w.]+)\}", lambda found: means.get(found[1], "(not measured)"), text)


def content(section: Section, results: Results, rows: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """A section with its figures as data URLs, its explorers, and why some are missing."""
    figures, explorers = results.matching(section.figures), results.matching(section.explorers, ".json")
    shown = {f"figures/{name}": results.figures / name for name in figures}
    shown |= {str(PHOTOS / name): PHOTOS / name for name in section.photos}
    return {
        "slides": section.slides,
        "title": section.title,
        "text": filled(section.text, rows),
        "figures": [{"name": name, "data": picture(path)} for name, path in shown.items()],
        "explorers": [files.read_json(results.figures / f"{name}.json") for name in explorers],
        "missing": [*results.missing(section.figures), *results.missing(section.explorers, ".json")],
    }


def environment() -> Environment:
    """Environment of the templates, which escapes values and raises an error for undefined ones."""
    found = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters |= {"number": number, "target": target, "verdict": verdict, "budget": budget, "anchor": anchor}
    return found
