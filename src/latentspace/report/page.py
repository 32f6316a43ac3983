"""The report: one HTML file with every figure, every claim and the latent explorer inside, which needs no network."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from PIL import Image

from latentspace.core import files
from latentspace.report.sections import CHAPTERS, place

QUALITY = 82  # of the pictures, WebP
WIDEST = 1400  # pixels
SIGNS = {"<=": "≤", ">=": "≥", "=": "=", "in": "within"}


def picture(path: Path) -> str:
    """A figure as a data address; raises ValueError naming a file that is missing or no picture."""
    try:
        with Image.open(path) as image:
            shown = image.convert("RGB")
    except (OSError, SyntaxError):
        raise ValueError(f"{path}: no such picture; the stage that makes it has not run") from None
    if shown.width > WIDEST:
        shown = shown.resize((WIDEST, round(shown.height * WIDEST / shown.width)), Image.Resampling.LANCZOS)
    stream = io.BytesIO()
    shown.save(stream, "WEBP", quality=QUALITY, method=6)
    return _address(stream.getvalue())


def there(figures: Path, patterns: Sequence[str]) -> list[str]:
    """The figures that are meant, below the folder `figures`: each name, and all that fit a name with a ``*``."""
    found = [sorted(map(str, figures.glob(name))) if "*" in name else [str(figures / name)] for name in patterns]
    return [str(Path(path).relative_to(figures)) for paths in found for path in paths]


def explorer(path: Path) -> dict[str, Any]:
    """A grid of decoded images with what is known about it, as `latentspace.explorer` wrote them."""
    facts = files.read_json(path.with_suffix(".json"))
    return facts | {"sheet": _address(path.with_suffix(".webp").read_bytes())}


def _address(data: bytes) -> str:
    return f"data:image/webp;base64,{base64.b64encode(data).decode()}"


def number(value: float) -> str:
    """A number as people read it."""
    return f"{value:.3g}".replace("e-0", "e-").replace("e+0", "e+")


def target(row: Mapping[str, Any]) -> str:
    """What a claim asks for, in words; empty if it only reports."""
    if row["target"] is None:
        return ""
    wanted = row["target"]
    text = " … ".join(map(number, wanted)) if isinstance(wanted, list) else number(wanted)
    return f"{SIGNS[row['relation']]} {text}"


def render(rows: Mapping[str, Mapping[str, Any]], figures: Path, runs: Mapping[str, str]) -> str:
    """The whole page.

    Args:
        rows: metrics/claims.json.
        figures: the folder figures/.
        runs: addresses of the MLflow runs by stage; may be empty.
    """
    homes = place(list(rows))
    chapters = [
        {
            "title": title,
            "sections": [
                {
                    "slides": section.slides,
                    "title": section.title,
                    "text": section.text,
                    "figures": [
                        {"name": name, "data": picture(figures / name)} for name in there(figures, section.figures)
                    ],
                    "explorers": [explorer(figures / name) for name in section.explorers],
                    "claims": {name: row for name, row in rows.items() if homes[name] is section},
                }
                for section in sections
            ],
        }
        for title, sections in CHAPTERS.items()
    ]
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"number": number, "target": target}
    held = sum(row["met"] is True for row in rows.values())
    asked = sum(row["met"] is not None for row in rows.values())
    template = environment.get_template("page.html.j2")
    return template.render(chapters=chapters, runs=dict(runs), held=held, asked=asked)
