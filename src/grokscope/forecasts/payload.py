"""What the ledger keeps of a forecast: plain JSON values, and back."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

from grokscope.forecasts.predict import Forecast
from grokscope.forecasts.times import CellForecast
from grokscope.laws.results import Estimate


def plain(value: Any) -> Any:
    """Dataclasses and named tuples as objects, a number that is not finite as null, NumPy's as Python's."""
    if is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if hasattr(value, "_asdict"):
        return plain(value._asdict())
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if hasattr(value, "item"):
        return plain(value.item())
    return None if isinstance(value, float) and not math.isfinite(value) else value


def forecast_from(kept: Mapping[str, Any]) -> Forecast:
    """The forecast at one prime from what `plain` made of it."""
    return Forecast(**_known(kept) | {name: Estimate(**_known(kept[name])) for name in ("crossing", "onset")})


def times_from(kept: Sequence[Mapping[str, Any]]) -> list[CellForecast]:
    """The times at cells from what `plain` made of them; of an infinite one nothing is known."""
    return [CellForecast(**_known(each)) for each in kept]


def _known(kept: Mapping[str, Any]) -> dict[str, Any]:
    return {name: math.nan if value is None else value for name, value in kept.items()}
