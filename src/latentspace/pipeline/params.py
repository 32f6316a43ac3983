"""Base classes of the sections of params.yaml: strict types, and errors that name the key, the value and the range."""

from __future__ import annotations

import re
import reprlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from latentspace.pipeline.bounds import Batch, Decay, Distinct, Rate, Steps, matches, within


class ParamsError(ValueError):
    """A wrong value in params.yaml; the text has one line per mistake, each naming the key."""


class Section(BaseModel):
    """A section of params.yaml: unknown keys and silent conversions ("3" for 3) are refused."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


# Names become words of commands that a shell runs, and parts of file names.
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]*$", max_length=64)]
Names = Annotated[list[Name], Field(min_length=1), Distinct]
Launch = Annotated[
    str,
    matches(
        r"python|(torchrun|fabric run)( [A-Za-z0-9_.=:/,-]+)*",
        "must be python, or torchrun or `fabric run` with options of letters, digits and _.=:/,- as a shell reads it",
    ),
]


class Selection(Section):
    """A section whose `names` select the definitions to run, each as a separate stage."""

    defined_in: ClassVar[str] = "variants"
    names: Names

    @model_validator(mode="after")
    def _defined(self) -> Selection:
        for name in self.names:
            if name not in getattr(self, self.defined_in):
                raise ValueError(f"names lists {name!r}, which {self.defined_in} does not define")
        return self


class Training(Section):
    """Schedule, batch size and optimizer of a training."""

    steps: Steps = Field(description="optimizer steps")
    batch_size: Batch = Field(description="images a step")
    learning_rate: Rate = Field(description="peak of the one-cycle schedule")
    warmup: Annotated[float, within(0.001, 0.999)] = Field(description="share of the steps in which the rate rises")
    betas: list[Decay] = Field(min_length=2, max_length=2, description="Adam's decay rates")
    checkpoint_every: Steps = Field(description="steps between checkpoints")


SHORT = reprlib.Repr()
VARIANT = re.compile(r"(?<=\.variants\.)[a-z0-9_-]+")
SHOWN = 5  # mistakes; one mistake, such as a wrong indent, may cause dozens
S = TypeVar("S", bound=BaseModel)


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML mapping; raises ParamsError naming the file and the line."""
    from ruamel.yaml import YAML  # users of the library do not need it

    try:
        values = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ParamsError(f"{path.name}: no such file; `git checkout {path.name}` brings it back") from None
    except OSError as error:
        raise ParamsError(f"{path.name}: cannot be read: {error.strerror}") from None
    except Exception as error:  # a YAML reader also raises errors of int, datetime and recursion
        raise ParamsError(f"{path.name}: not valid YAML: {shortened(str(error))}") from None
    if not isinstance(values, dict) or not all(isinstance(key, str) for key in values):
        raise ParamsError(f"{path.name}: expected a mapping of sections by their names")
    return values


def parse(schema: type[S], values: Mapping[str, Any], key: str = "") -> S:
    """Check `values` against `schema`.

    Args:
        schema: the pydantic model of the section.
        values: the section as read from YAML.
        key: of the section in params.yaml, for the error text.

    Raises:
        ParamsError: one line per mistake, for example
            ``params.yaml: size_disks.blur = -1.0: must be in 0.05 … 8``; of many mistakes the first few.
    """
    try:
        return schema.model_validate(values)
    except ValidationError as error:
        lines = _lines(key, error.errors(include_url=False))
    more = [f"params.yaml: and {len(lines) - SHOWN} more"] if len(lines) > SHOWN else []
    raise ParamsError("\n".join(lines[:SHOWN] + more))


def _lines(key: str, mistakes: Sequence[Mapping[str, Any]]) -> list[str]:
    """A line for each mistake, but one for all keys that are missing in the same section."""
    lines: dict[str | int, str] = {}
    missing: defaultdict[str, list[str]] = defaultdict(list)
    for number, mistake in enumerate(_of_a_cut_file(mistakes) if not key else mistakes):
        if mistake["type"] != "missing":
            lines[number] = _line(key, mistake)
            continue
        section, _, last = _where(key, mistake).rpartition(".")
        missing[section].append(last)
        lines[section] = _missing(section, missing[section])
    return _merged(lines.values())


def _of_a_cut_file(mistakes: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    """If sections are missing, only these and unknown keys: the rest of the mistakes may come from the same cut."""
    sections = [mistake for mistake in mistakes if mistake["type"] == "missing" and len(mistake["loc"]) == 1]
    unknown = [mistake for mistake in mistakes if mistake["type"] == "extra_forbidden"]
    return sections + unknown if sections else mistakes


def _merged(lines: Iterable[str]) -> list[str]:
    """`lines`, with one line for the same mistake in several variants, as they may have it from a common base."""
    alike: defaultdict[str, list[str]] = defaultdict(list)
    for line in lines:
        alike[VARIANT.sub("*", line, count=1)].append(line)
    names = {first: [VARIANT.findall(line)[0] for line in more] for first, *more in alike.values()}
    return [line + (f" (also in {shortened(', '.join(more))})" if more else "") for line, more in names.items()]


def _where(key: str, mistake: Mapping[str, Any]) -> str:
    return ".".join([key, *map(str, mistake["loc"])] if key else map(str, mistake["loc"]))


def _missing(section: str, keys: Sequence[str]) -> str:
    """The line for the missing keys of a section; without `section`, for missing sections."""
    end = "" if section else "; `git checkout params.yaml` brings it back"
    if len(keys) == 1:
        return f"params.yaml: {shortened(f'{section}.{keys[0]}'.removeprefix('.'))}: missing{end}"
    what = f"{shortened(section)}: {len(keys)} keys" if section else f"{len(keys)} sections"
    return f"params.yaml: {what} are missing: {shortened(', '.join(keys), 600)}{end}"


def _line(key: str, mistake: Mapping[str, Any]) -> str:
    reason = mistake["msg"].removeprefix("Value error, ").replace("Extra inputs are not permitted", "unknown key")
    reason = reason[:1].lower() + reason[1:]
    value = "" if mistake["type"] in {"missing", "value_error"} else f" = {shown(mistake['input'])}"
    # The subject is empty for a mistake between two sections, which the reason names.
    subject = f"{shortened(_where(key, mistake))}{value}"
    return ": ".join(part for part in ("params.yaml", subject, shortened(reason)) if part)


def shown(value: Any) -> str:
    """`value` in one short line, as it may be a deeply nested list or a number of 5000 digits."""
    try:
        return shortened(SHORT.repr(value))
    except ValueError:
        return "a number of thousands of digits"


def shortened(text: str, longest: int = 300) -> str:
    """`text` in one line of at most `longest` characters; the middle is left out of a longer one."""
    line = " ".join("".join(character if character.isprintable() else " " for character in text).split())
    half = longest // 2 - 10
    return line if len(line) <= longest else f"{line[:half]} … {line[-half:]}"


def lookup(values: Mapping[str, Any], key: str) -> Any:
    """Value at a dotted `key`; raises ParamsError naming the key if it is missing."""
    here: Any = values
    for part in key.split("."):
        if not isinstance(here, Mapping) or part not in here:
            raise ParamsError(f"params.yaml: {key}: missing")
        here = here[part]
    return here
