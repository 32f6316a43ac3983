"""The report: one HTML file with embedded figures, all claims and the latent explorer, which loads no other files."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from PIL import Image

from latentspace.pipeline import files
from latentspace.report.sections import CHAPTERS, Section, place

QUALITY = 82  # of the WebP images
WIDEST = 1400  # pixels
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
    shown.save(stream, "WEBP", quality=QUALITY, method=6)
    return _address(stream.getvalue())


def matching(figures: Path, patterns: Sequence[str]) -> list[str]:
    """Names below the folder `figures`: patterns without ``*`` unchanged, and the files that match the others."""
    found = [sorted(map(str, figures.glob(name))) if "*" in name else [str(figures / name)] for name in patterns]
    return [str(Path(path).relative_to(figures)) for paths in found for path in paths]


def explorer(path: Path) -> dict[str, Any]:
    """A grid of decoded images with its description, from the files written by `latentspace.plots.explorer`."""
    facts = files.read_json(path.with_suffix(".json"))
    return facts | {"sheet": _address(path.with_suffix(".webp").read_bytes())}


def _address(data: bytes) -> str:
    return f"data:image/webp;base64,{base64.b64encode(data).decode()}"


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


def render(rows: Mapping[str, Mapping[str, Any]], figures: Path, runs: Mapping[str, str]) -> str:
    """Render the whole page.

    Args:
        rows: metrics/claims.json.
        figures: the folder figures/.
        runs: addresses of the MLflow runs by stage; may be empty.
    """
    sections = place(list(rows))
    chapters = [
        {
            "title": title,
            "sections": [
                content(section, figures)
                | {"claims": {name: row for name, row in rows.items() if sections[name] is section}}
                for section in chapter
            ],
        }
        for title, chapter in CHAPTERS.items()
    ]
    held = sum(row["met"] is True for row in rows.values())
    asked = sum(row["met"] is not None for row in rows.values())
    template = environment().get_template("page.html.j2")
    return template.render(chapters=chapters, runs=dict(runs), held=held, asked=asked)


def content(section: Section, figures: Path) -> dict[str, Any]:
    """A section with its figures and explorers as data URLs."""
    return {
        "slides": section.slides,
        "title": section.title,
        "text": section.text,
        "figures": [{"name": name, "data": picture(figures / name)} for name in matching(figures, section.figures)],
        "explorers": [explorer(figures / name) for name in section.explorers],
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
    found.filters |= {"number": number, "target": target}
    return found
