"""Base classes of the sections of params.yaml: strict types, and errors that name the key, the value and the range."""

from __future__ import annotations

import reprlib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PositiveFloat,
    PositiveInt,
    StringConstraints,
    ValidationError,
    model_validator,
)


class ParamsError(ValueError):
    """A wrong value in params.yaml; the text has one line per mistake, each naming the key."""


class Section(BaseModel):
    """A section of params.yaml: unknown keys and silent conversions ("3" for 3) are refused."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]*$")]


class Selection(Section):
    """A section whose `names` select the definitions to run, each as a separate stage."""

    defined_in: ClassVar[str] = "variants"
    names: list[Name] = Field(min_length=1)

    @model_validator(mode="after")
    def _defined(self) -> Selection:
        for name in self.names:
            if name not in getattr(self, self.defined_in):
                raise ValueError(f"names lists {name!r}, which {self.defined_in} does not define")
        return self


class Training(Section):
    """Schedule, batch size and optimizer of a training."""

    steps: PositiveInt = Field(description="optimizer steps")
    batch_size: PositiveInt = Field(description="images a step")
    learning_rate: PositiveFloat = Field(description="peak of the one-cycle schedule")
    warmup: float = Field(gt=0, lt=1, description="share of the steps in which the rate rises")
    betas: list[Annotated[float, Field(ge=0, lt=1)]] = Field(
        min_length=2, max_length=2, description="Adam's decay rates"
    )
    checkpoint_every: PositiveInt = Field(description="steps between checkpoints")


SHORT = reprlib.Repr()
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
        raise ParamsError(f"{path.name}: not valid YAML: {_shortened(str(error))}") from None
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
            ``params.yaml: size_disks.radius_max = -1: input should be greater than 0``.
    """
    try:
        return schema.model_validate(values)
    except ValidationError as error:
        raise ParamsError("\n".join(_line(key, mistake) for mistake in error.errors(include_url=False))) from None


def _line(key: str, mistake: Mapping[str, Any]) -> str:
    where = ".".join([key, *map(str, mistake["loc"])] if key else map(str, mistake["loc"]))
    reason = mistake["msg"].removeprefix("Value error, ").replace("Extra inputs are not permitted", "unknown key")
    reason = reason[:1].lower() + reason[1:]
    value = "" if mistake["type"] in {"missing", "value_error"} else f" = {_shortened(_repr(mistake['input']))}"
    subject = f"{_shortened(where)}{value}"  # empty for a mistake between two sections, which the reason names
    return ": ".join(part for part in ("params.yaml", subject, _shortened(reason)) if part)


def _repr(value: Any) -> str:
    """`value` in a bounded number of characters, as it may be a deeply nested list or a number of 5000 digits."""
    try:
        return SHORT.repr(value)
    except ValueError:
        return "a number of thousands of digits"


def _shortened(text: str) -> str:
    """`text` in one line of at most 300 characters."""
    line = " ".join("".join(character if character.isprintable() else " " for character in text).split())
    return line if len(line) <= 300 else f"{line[:140]} … {line[-140:]}"


def lookup(values: Mapping[str, Any], key: str) -> Any:
    """Value at a dotted `key`; raises ParamsError naming the key if it is missing."""
    here: Any = values
    for part in key.split("."):
        if not isinstance(here, Mapping) or part not in here:
            raise ParamsError(f"params.yaml: {key}: missing")
        here = here[part]
    return here
