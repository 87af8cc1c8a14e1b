"""The figures of a race: each is a sketch, which draws one figure when it is called and can be sent to a process."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from matplotlib.figure import Figure

from grokscope.report.drawing import Sketch
from grokscope.studies.race.facts.contents import Contents, Part
from grokscope.studies.race.facts.slices import family_stem, other_slices, slices, suffix
from grokscope.studies.race.figures.capacity import capacity_figure
from grokscope.studies.race.figures.forecast import forecast_sketches
from grokscope.studies.race.figures.learning import informative_traces, learning_figure
from grokscope.studies.race.figures.onset import onset_figure
from grokscope.studies.race.figures.prediction import prediction_sketches
from grokscope.studies.race.figures.probes import probe_crossing_figure, probe_figure
from grokscope.studies.race.figures.race import race_figure
from grokscope.studies.race.figures.signals import signal_sketches
from grokscope.studies.race.figures.speed import speed_figure_a, speed_figure_b
from grokscope.studies.race.figures.survival import survival_figure


def sketches(contents: Contents) -> Iterator[tuple[str, Sketch]]:
    """(file stem, sketch) of every figure that the contents could have."""
    for shown in slices(contents):
        yield f"race_{shown.name}", partial(race_figure, shown)
        traces = informative_traces(shown, contents.traces)
        yield f"learning_{shown.name}", partial(learning_figure, shown, traces)
        yield from signal_sketches(shown, traces)
        yield f"survival_{shown.name}", partial(survival_figure, shown)
    for shown in other_slices(contents):
        yield family_stem(shown), partial(race_figure, shown)
    for part in contents.parts:
        yield from _of_part(part)
    yield from prediction_sketches(contents.predictions)
    yield from forecast_sketches(contents.forecasts)


def figures(contents: Contents) -> Iterator[tuple[str, Figure | None]]:
    """(file stem, figure), one after another: each is drawn, handed on and forgotten."""
    return ((stem, sketch()) for stem, sketch in sketches(contents))


def _of_part(part: Part) -> Iterator[tuple[str, Sketch]]:
    end = suffix(part.setting)
    yield f"capacity{end}", partial(capacity_figure, part)
    yield f"speed_a{end}", partial(speed_figure_a, part)
    yield f"speed_b{end}", partial(speed_figure_b, part)
    yield f"onset_thresholds{end}", partial(onset_figure, part)
    if part.probe_ratios:
        yield f"probes{end}", partial(probe_figure, part)
        yield f"probes_crossing{end}", partial(probe_crossing_figure, part)
