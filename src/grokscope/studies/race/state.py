"""What the page's script draws from: plain JSON values, one object for every prime and setting."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

from grokscope.laws.results import Crossing, Onset, Timescale
from grokscope.report import words
from grokscope.studies.race.contents import Contents
from grokscope.studies.race.curves import SCALE, packed, points_per_curve
from grokscope.studies.race.slices import CURVES, Slice, epochs_in_view

_TIMES = ("t_mem_running", "t_mem_eval", "t_gen")


def state(contents: Contents, shown: Sequence[Slice]) -> tuple[dict[str, Any], str]:
    """(state, packed learning curves) of the slices, in their order."""
    frames = [s.frame[s.frame["probe"].isin(("random", "task"))] for s in shown]
    identities = [identity for frame in frames for identity in frame["id"]]
    points = points_per_curve(len(identities))
    rows, curves = packed(identities, contents.traces, points)
    slices = [_slice(s, frame, rows) for s, frame in zip(shown, frames, strict=True)]
    return {"points": points, "scale": SCALE, "labels": words.LABELS, "slices": slices}, curves


def as_script(value: Any) -> str:
    """JSON that nothing inside a script element can end or be mistaken in."""
    text = json.dumps(value, allow_nan=False, separators=(",", ":"), ensure_ascii=True)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _slice(shown: Slice, frame: Any, rows: dict[str, int]) -> dict[str, Any]:
    runs = [
        [
            *(row.id, row.measurement, int(row.dim), int(row.n_params), int(row.seed), int(row.epochs)),
            *(_number(getattr(row, name)) for name in _TIMES),
            rows.get(row.id, -1),
        ]
        for row in frame.sort_values(["n_params", "dim", "seed", "measurement"]).itertuples()
    ]
    return {
        "name": shown.name,
        "title": shown.title,
        "curves": {name: [_cell(t) for t in shown.curves[name]] for name in CURVES},
        "delays": {
            accuracy: [[d.n_params, d.dim, d.seed, d.delay, d.censored] for d in found]
            for accuracy, found in shown.delays.items()
        },
        "crossings": {accuracy: _crossing(c) for accuracy, c in shown.crossings.items()},
        "onsets": {accuracy: _onset(o) for accuracy, o in shown.onsets.items()},
        "view": epochs_in_view(shown),
        "runs": runs,
    }


def _cell(t: Timescale) -> dict[str, Any]:
    bound = math.isnan(t.lognormal.value)
    return {
        "x": t.n_params,
        "dim": t.dim,
        "y": t.longest if bound else t.lognormal.value,
        "low": _number(t.lognormal.low),
        "high": _number(t.lognormal.high),
        "bound": bound,
        "censored": t.n_censored,
        "plain": _number(t.published_mean) if t.biased else None,
        "text": words.timescale(t),
    }


def _crossing(found: Crossing) -> dict[str, Any]:
    place = found.n_params
    return {
        **{"x": _number(place.value), "low": _number(place.low), "high": _number(place.high)},
        **{"proven": found.code in words.CROSSED, "text": words.crossing(found)},
    }


def _onset(found: Onset) -> dict[str, Any]:
    place = found.n_params
    return {
        **{"x": _number(place.value), "low": _number(place.low), "high": _number(place.high)},
        "text": words.onset(found),
    }


def _number(value: float) -> float | None:
    """A finite number as it is, whole where it is whole; None otherwise."""
    if not math.isfinite(value):
        return None
    return int(value) if float(value).is_integer() else float(f"{value:.6g}")
