"""The kinds of value a scenario may hold: shares, hours, distances, names, each with its bounds.

A mediator who writes 80 where a share is wanted, or a number of hours that is not finite, is told so before anything runs.
"""
from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

CONTROL = frozenset((*range(0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)))


def plain_text(text: str) -> str:
    """Refuse control characters and bidirectional overrides, which would rewrite a reader's screen."""
    if text.isascii() and text.isprintable():  # nearly all text; the letters need not be looked at one by one
        return text
    for place, letter in enumerate(text):
        if ord(letter) in CONTROL:
            raise ValueError(f"control character U+{ord(letter):04X} at place {place + 1}")
    return text


class Part(BaseModel):
    """A frozen, closed part of a scenario: unknown keys, wrong types, NaN and infinities are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False, validate_default=False,
                              defer_build=True)


def key(meaning: str, default: Any = ..., **bounds: Any) -> Any:
    """Declare one key: its default, its bounds and, in one sentence, what it means to the analyst."""
    return Field(default, description=meaning, **bounds)


Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
Text = Annotated[str, StringConstraints(max_length=2000), AfterValidator(plain_text)]
Share = Annotated[float, Field(ge=0.0, le=1.0)]
Hours = Annotated[float, Field(ge=0.0, le=1e6)]
PositiveHours = Annotated[float, Field(gt=2e-7, le=1e6)]
Minutes = Annotated[float, Field(ge=0.0, le=1e6)]
Days = Annotated[float, Field(ge=0.0, le=36500.0)]
Km = Annotated[float, Field(ge=0.0, le=20040.0)]
PositiveKm = Annotated[float, Field(gt=0.0, le=20040.0)]
Speed = Annotated[float, Field(gt=0.0, le=40000.0)]
Count = Annotated[int, Field(ge=0, le=100_000)]
Positive = Annotated[float, Field(gt=0.0, le=1e9)]
NonNegative = Annotated[float, Field(ge=0.0, le=1e9)]
LogSd = Annotated[float, Field(ge=0.0, le=5.0)]
Lon = Annotated[float, Field(ge=-180.0, le=180.0)]
Lat = Annotated[float, Field(ge=-90.0, le=90.0)]
Degrees = Annotated[float, Field(ge=0.0, le=180.0)]
Monthly = Annotated[tuple[Share, ...], Field(min_length=12, max_length=12)]
