"""What the page's script draws from: plain JSON values for every slice, and learning curves packed into few bytes.

Curves are so thin that 20 000 runs still load at once, and exact where they are drawn.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from grokscope.laws.results import CROSSED, Crossing, Onset, Timescale
from grokscope.report import words
from grokscope.studies.race.facts.contents import Contents
from grokscope.studies.race.facts.slices import CURVES, Slice, epochs_in_view

_TIMES = ("t_mem_running", "t_mem_eval", "t_gen")


def script_state(contents: Contents, shown: Sequence[Slice]) -> tuple[dict[str, Any], str]:
    """(state, packed learning curves) of the slices, in their order."""
    frames = [s.frame[s.frame["probe"].isin((s.probe, "task"))] for s in shown]
    identities = [identity for frame in frames for identity in frame["id"]]
    points = points_per_curve(len(identities))
    rows, curves = pack_curves(identities, contents.traces, points)
    slices = [_slice_state(s, frame, rows) for s, frame in zip(shown, frames, strict=True)]
    return {"points": points, "scale": SCALE, "labels": words.LABELS, "slices": slices}, curves


def script_json(value: Any) -> str:
    """JSON that nothing inside a script element can end or be mistaken in."""
    text = json.dumps(value, allow_nan=False, separators=(",", ":"), ensure_ascii=True)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _slice_state(shown: Slice, frame: Any, rows: dict[str, int]) -> dict[str, Any]:
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
        "curves": {name: [_cell_state(t) for t in shown.curves[name]] for name in CURVES},
        "delays": {
            accuracy: [[d.x, d.dim, d.seed, d.delay, d.censored] for d in found]
            for accuracy, found in shown.delays.items()
        },
        "crossings": {accuracy: _crossing_state(c) for accuracy, c in shown.crossings.items()},
        "onsets": {accuracy: _onset_state(o) for accuracy, o in shown.onsets.items()},
        "view": epochs_in_view(shown),
        "runs": runs,
    }


def _cell_state(t: Timescale) -> dict[str, Any]:
    bound = math.isnan(t.lognormal.value)
    return {
        "x": _number(t.x),
        "dim": t.dim,
        "y": t.longest if bound else t.lognormal.value,
        "low": _number(t.lognormal.low),
        "high": _number(t.lognormal.high),
        "bound": bound,
        "censored": t.n_censored,
        "plain": _number(t.published_mean) if t.biased else None,
        "text": words.timescale(t),
    }


def _crossing_state(found: Crossing) -> dict[str, Any]:
    place = found.x
    return {
        **{"x": _number(place.value), "low": _number(place.low), "high": _number(place.high)},
        **{"proven": found.code in CROSSED, "text": words.crossing(found)},
    }


def _onset_state(found: Onset) -> dict[str, Any]:
    place = found.x
    return {
        **{"x": _number(place.value), "low": _number(place.low), "high": _number(place.high)},
        "text": words.onset(found),
    }


def _number(value: float) -> float | None:
    """A finite number as it is, whole where it is whole; None otherwise."""
    if not math.isfinite(value):
        return None
    return int(value) if float(value).is_integer() else float(f"{value:.6g}")


CURVE_COLUMNS = ("running_acc", "train_acc", "val_acc")
SCALE = 50_000
"""Accuracy 1 as a whole number of 16 bits; 65 535 stands for no value."""
BUDGET = 4_500_000
"""bytes for all curves together, before they are written as text."""
MOST_POINTS, FEWEST_POINTS = 240, 16


def points_per_curve(n_runs: int) -> int:
    """The number of points of each curve that the budget allows."""
    return int(np.clip(BUDGET // (2 * len(CURVE_COLUMNS) * max(n_runs, 1)), FEWEST_POINTS, MOST_POINTS))


def sampled_epochs(last: int, points: int) -> np.ndarray:
    """(points,) epochs from 1 to `last`, evenly in log; the page computes the same from `last`."""
    return np.rint(last ** (np.arange(points) / (points - 1))).astype(int)


def pack_curves(
    identities: Iterable[str], traces: Mapping[str, Mapping[str, np.ndarray]], points: int
) -> tuple[dict[str, int], str]:
    """(identity -> row, base64 of little-endian uint16 of shape (rows, 3, points)) for the runs that have a trace.

    A trace without an epoch counts as none.
    A row's bytes are a multiple of three, so that the page can decode the text of one row alone.
    """
    rows: dict[str, int] = {}
    blocks: list[np.ndarray] = []
    for identity in identities:
        trace = traces.get(identity)
        last = 0 if trace is None else len(trace[CURVE_COLUMNS[0]])
        if trace is None or not last:
            continue
        at = sampled_epochs(last, points) - 1
        values = np.array([np.asarray(trace[column])[at] for column in CURVE_COLUMNS], np.float64)
        known = np.clip(np.rint(np.nan_to_num(values) * SCALE), 0, SCALE)
        rows[identity] = len(blocks)
        blocks.append(np.where(np.isnan(values), 65_535, known).astype("<u2"))
    return rows, base64.b64encode(b"".join(block.tobytes() for block in blocks)).decode()
