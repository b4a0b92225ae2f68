"""Declared control totals: what a partner states of a file beside its records, or what the spec expects of a sum."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, field_validator, model_validator

from pipelines.specs.base import Name, Spec, Text, regex
from pipelines.specs.formats import CellName

# What stands for the delivery's own name, in a companion's name and in what is looked for within it.
TOKENS = ("{name}", "{stem}")


class Control(Spec):
    """A total that a delivery must meet: one that the partner states of it, or a range for a sum. A miss stops it."""

    of: Literal["rows", "sum", "sha256"] = Field(
        description="`rows`: its records, without header and skipped rows; `sum`: that of a column, exact; `sha256`: "
        "the hash of its bytes"
    )
    column: Text | None = Field(None, description="of a sum: the column, as the file has it")
    stated_in: Literal["trailer", "cell", "companion"] | None = Field(
        None, description="where the partner states it: a row that a rule skips, a cell, or the companion"
    )
    rule: Name | None = Field(None, description="of a trailer: the rule under `skip` that skips it")
    cell: CellName | None = Field(None, description="as `B2`, above the header; in a workbook also `Notes!B2`")
    match: str | None = Field(
        None,
        description="a regular expression found in the text there, whose one group is what is stated; `{name}` and "
        "`{stem}` stand for the delivery's file name, with and without its ending",
    )
    min: Decimal | None = Field(None, description="the least that a sum may be, where nothing states it")
    max: Decimal | None = Field(None, description="the most that a sum may be")
    within: Decimal = Field(Decimal(0), ge=0, description="how far a stated sum may be off, where the partner rounds")

    @field_validator("match")
    @classmethod
    def _one_group(cls, value: str | None) -> str | None:
        if value is not None and re.compile(regex(_filled(value, ["x"], "x")) or "").groups != 1:
            raise ValueError("`match` has one group, what is stated")
        return value

    @model_validator(mode="after")
    def _fits_together(self) -> Control:
        is_range = self.min is not None or self.max is not None
        faults = {
            "give either `stated_in`, or `min` and `max`": is_range == (self.stated_in is not None),
            "`column` goes with `of: sum`, and `of: sum` with a `column`": (self.of == "sum") != bool(self.column),
            "only a sum has `min` and `max` here; the bounds of rows are `expect.rows`": is_range and self.of != "sum",
            "a hash is stated in the companion": self.of == "sha256" and self.stated_in != "companion",
            "`rule` goes with `stated_in: trailer`, which needs one": (self.stated_in == "trailer") != bool(self.rule),
            "`cell` goes with `stated_in: cell`, which needs one": (self.stated_in == "cell") != bool(self.cell),
            "say by `match` where in the text it stands": self.stated_in in ("trailer", "companion") and not self.match,
            "`match` goes with `stated_in`": is_range and self.match is not None,
            "`within` goes with a sum that is stated": bool(self.within) and (is_range or self.of != "sum"),
            "`min` is more than `max`": None not in (self.min, self.max) and self.min > self.max,  # type: ignore[operator]
        }
        if told := [fault for fault, holds in faults.items() if holds]:
            raise ValueError(told[0])
        return self

    def pattern(self, names: Sequence[str], stem: str) -> re.Pattern[str]:
        """What to look for in the text, for a delivery of any of these names."""
        return re.compile(_filled(self.match or r"(?s)(.*)", names, stem))


def _filled(match: str, names: Sequence[str], stem: str) -> str:
    any_name = "(?:" + "|".join(map(re.escape, names)) + ")"
    return match.replace("{name}", any_name).replace("{stem}", re.escape(stem))


def check_companion(pattern: str) -> str:
    """The name of a companion as it was given.

    Raises:
        ValueError: where it is none.
    """
    plain = pattern
    for token in TOKENS:
        plain = plain.replace(token, "", 1)
    if re.search(r"[{}*/\\]", plain) or all(token in pattern for token in TOKENS):
        raise ValueError(
            "the name of a file beside the delivery: it holds {name}, {stem} or neither, once, and no folder and no *"
        )
    if not plain:
        raise ValueError("the companion needs a name of its own, as in {name}.ctl")
    return pattern


CompanionName = Annotated[str, AfterValidator(check_companion)]
