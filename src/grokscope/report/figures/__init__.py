"""The figures of a race, one after another: each is drawn, handed on and forgotten."""

from __future__ import annotations

from collections.abc import Iterator

from matplotlib.figure import Figure

from grokscope.report.contents import Contents, Part
from grokscope.report.figures.capacity import capacity_figure
from grokscope.report.figures.forecast import forecast_figures
from grokscope.report.figures.learning import learning_figure
from grokscope.report.figures.onset import onset_figure
from grokscope.report.figures.prediction import prediction_figures
from grokscope.report.figures.probes import probe_crossing_figure, probe_figure
from grokscope.report.figures.race import race_figure
from grokscope.report.figures.speed import speed_figures
from grokscope.report.figures.survival import survival_figure
from grokscope.report.slices import family_stem, other_slices, slices, suffix


def figures(contents: Contents) -> Iterator[tuple[str, Figure | None]]:
    """(file stem, figure) of all that the contents allow; None in place of a figure whose data are absent."""
    for shown in slices(contents):
        yield f"race_{shown.name}", race_figure(shown)
        yield f"learning_{shown.name}", learning_figure(shown, contents.traces)
        yield f"survival_{shown.name}", survival_figure(shown)
    for shown in other_slices(contents):
        yield family_stem(shown), race_figure(shown)
    for part in contents.parts:
        yield from _of_part(part)
    yield from prediction_figures(contents.predictions)
    yield from forecast_figures(contents.forecasts)


def _of_part(part: Part) -> Iterator[tuple[str, Figure | None]]:
    end = suffix(part.setting)
    yield f"capacity{end}", capacity_figure(part)
    yield from zip((f"speed_a{end}", f"speed_b{end}"), speed_figures(part) or (None, None), strict=True)
    yield f"onset_thresholds{end}", onset_figure(part)
    if part.probe_ratios:
        yield f"probes{end}", probe_figure(part)
        yield f"probes_crossing{end}", probe_crossing_figure(part)
