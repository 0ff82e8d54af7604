"""How the closed forms read their keys and name their answers.
A mediator gets the same names from the formula as from the simulation, so that the two can be laid side
by side.
"""

import re
from collections.abc import Sequence
from typing import Any

Names = dict[str, Any]
Numbers = float | Sequence[float]


def given(**aliases: Any) -> Any:
    """Return the one value that was given among keys of the same meaning; name them all when none was."""
    for value in aliases.values():
        if value is not None:
            return value
    raise ValueError(f"one of the keys {', '.join(aliases)} is needed")


def need(**keys: Any) -> tuple[Any, ...]:
    """Return the values of keys that belong together; say which of them are missing."""
    missing = [name for name, value in keys.items() if value is None]
    if missing:
        raise ValueError(f"missing key: {', '.join(missing)}")
    return tuple(keys.values())


def above_zero(**keys: float) -> None:
    """Refuse a key that is not above zero, naming it and its value."""
    for name, value in keys.items():
        if not value > 0:
            raise ValueError(f"{name} = {value} must be above 0")


def share(**keys: float) -> None:
    """Refuse a key outside 0 to 1, naming it and its value."""
    for name, value in keys.items():
        if not 0 <= value <= 1:
            raise ValueError(f"{name} = {value} must lie in 0 to 1")


def many(value: Any) -> list[Any]:
    """Read one value or a list of values as a list."""
    return list(value) if isinstance(value, list | tuple) else [value]


def short(value: float) -> str:
    """Write a number as names do: 5, 0.25, 4.461; ``2.0`` becomes ``2``."""
    return f"{value:.12g}"


def bare(value: float) -> str:
    """Write a number without its leading zero: 0.001 becomes ``.001``, as some names do."""
    return re.sub(r"^(-?)0\.", r"\1.", short(value))


def ordinal(value: int) -> str:
    """Write 1st, 2nd, 3rd, 4th, 11th, 21st."""
    if 10 <= value % 100 <= 20:
        return f"{value}th"
    return f"{value}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(value % 10, 'th') }"


def numbers_in(text: str) -> list[float]:
    """Read the numbers out of a text such as ``clear .6; optical .9,.8``."""
    return [float(found) for found in re.findall(r"-?\d*\.?\d+(?:e-?\d+)?", text)]
