"""A drawing of how the PCA autoencoder grows: train, freeze the encoder, discard the decoder (slides 30-35)."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.patches import Arc, Ellipse, FancyArrowPatch, FancyBboxPatch, Rectangle

from latentspace.plots.naming import BLUE, GREY, VERMILION
from latentspace.plots.style import Picture, bare, empty

SLOT, WIDTH = 0.75, 4.0  # inches, height of an encoder with its space, width of a panel
IMAGE, ENCODER, CODE, DECODER, OUTPUT = 0.35, 1.15, 1.85, 2.65, 3.5  # inches, centres from the left of a panel
STATES = {"trained": VERMILION, "frozen": BLUE, "discarded": GREY}
SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def growth(packets: int = 3) -> Picture:
    """One panel per packet: its encoder is trained with a new decoder beside the frozen encoders before it."""
    width, height = WIDTH * packets, SLOT * packets + 1.3
    figure = empty(width, height)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, width), ylim=(0, height))
    bare(axes)
    for step in range(1, packets + 1):
        _panel(axes, WIDTH * (step - 1), height, step, packets)
    return figure


def _panel(axes: Axes, left: float, height: float, step: int, packets: int) -> None:
    """Step `step`: all encoders so far, the decoder that is trained with them, and the discarded ones below."""
    top = height - 0.35
    middle = top - SLOT * packets / 2
    places = [top - SLOT * (i + 0.5 + (packets - step) / 2) for i in range(step)]
    title = f"{step}. Train {_name('E', step)} and a new {_name('D', step)}" + (", the last" if step == packets else "")
    axes.text(left + WIDTH / 2, height - 0.2, title, ha="center", va="center", fontsize=11, weight="bold")
    _image(axes, left + IMAGE, middle, "x")
    _image(axes, left + OUTPUT, middle, "output")
    for i, y in enumerate(places, start=1):
        _arrow(axes, (left + IMAGE + 0.27, middle), (left + ENCODER - 0.27, y))
        _box(axes, left + ENCODER, y, _name("E", i), "trained" if i == step else "frozen")
        _arrow(axes, (left + ENCODER + 0.27, y), (left + CODE - 0.17, y))
        axes.text(left + CODE, y, _name("z", i), ha="center", va="center", fontsize=11)
        _arrow(axes, (left + CODE + 0.17, y), (left + DECODER - 0.27, middle))
    _box(axes, left + DECODER, middle, _name("D", step), "trained")
    _arrow(axes, (left + DECODER + 0.27, middle), (left + OUTPUT - 0.27, middle))
    if step > 1:
        axes.text(left + DECODER - 0.35 * step, 0.65, "discarded", ha="right", va="center", fontsize=9, color=GREY)
    for i in range(1, step):
        _box(axes, left + DECODER + 0.65 * (i - step / 2), 0.65, _name("D", i), "discarded")
    penalty = f" + λ Σ cov({_name('z', step)}, {'z₁' if step == 2 else 'zᵢ'})²" if step > 1 else ""
    axes.text(left + WIDTH / 2, 0.2, f"loss: ‖output − x‖²{penalty}", ha="center", va="center", fontsize=9)


def _name(letter: str, number: int) -> str:
    return letter + str(number).translate(SUBSCRIPTS)


def _box(axes: Axes, x: float, y: float, name: str, state: str) -> None:
    """A network: filled if it is trained, with a lock if it is frozen, crossed out if it is discarded."""
    colour, dash = STATES[state], "--" if state == "discarded" else "-"
    face = {"trained": "#FBE3D6", "frozen": "#DCEBF5", "discarded": "white"}[state]
    shape = FancyBboxPatch((x - 0.22, y - 0.18), 0.44, 0.36, "round,pad=0.03", fc=face, ec=colour, lw=1.6, ls=dash)
    axes.add_patch(shape)
    axes.text(x, y, name, ha="center", va="center", fontsize=11, color=colour)
    if state == "frozen":
        _lock(axes, x + 0.25, y + 0.2)
    if state == "discarded":
        axes.plot([x - 0.24, x + 0.24], [y - 0.2, y + 0.2], color=colour, lw=1.6)
        axes.plot([x - 0.24, x + 0.24], [y + 0.2, y - 0.2], color=colour, lw=1.6)


def _lock(axes: Axes, x: float, y: float) -> None:
    axes.add_patch(Arc((x, y), 0.1, 0.16, theta1=0, theta2=180, color=BLUE, lw=1.6, zorder=4))
    axes.add_patch(Rectangle((x - 0.08, y - 0.12), 0.16, 0.13, color=BLUE, zorder=4))


def _image(axes: Axes, x: float, y: float, name: str) -> None:
    axes.add_patch(Rectangle((x - 0.22, y - 0.22), 0.44, 0.44, color="black"))
    axes.add_patch(Ellipse((x, y), 0.34, 0.18, angle=30, color="white"))
    axes.text(x, y - 0.34, name, ha="center", va="center", fontsize=9)


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    axes.add_patch(
        FancyArrowPatch(start, end, arrowstyle="-|>", mutation_scale=9, color="0.3", lw=1, shrinkA=0, shrinkB=0)
    )
