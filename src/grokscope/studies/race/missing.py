"""What a report lacks and why: a suite that is half done still reports, and says that it is."""

from __future__ import annotations

from collections.abc import Iterable

from grokscope.studies.race.contents import Contents

_REASONS = {
    "race": "no finished speed or groks run",
    "learning": "no trace of a run on random labels or on the task",
    "survival": "no finished run on random labels or on the task",
    "capacity": "no finished capacity run on random inputs",
    "speed": "no finished speed run on random inputs, or no capacity constant",
    "onset": "no onset under more than one pair of thresholds",
    "probes": "T_mem on random data alone",
    "prediction": "no cell has both a crossing and an onset",
    "residual": "no cell has both a crossing and an onset",
}


def missing(contents: Contents, absent: Iterable[str]) -> list[str]:
    """A sentence for every measurement that is not done, every figure that is not there, and untested claims.

    Args:
        contents: what is reported.
        absent: stems of the figures that could not be drawn.
    """
    said = []
    for measurement, count in contents.counts.items():
        if count.done < count.total:
            said.append(
                f"{measurement}: {count.done} of {count.total} runs are done, {count.failed} failed and "
                f"{count.pending} are pending; what is said rests on the done ones."
            )
    if not contents.parts:
        said.append("No run is finished: there are no figures and nothing follows yet.")
    said += [f"The figure {stem} is absent: {_REASONS[stem.partition('_')[0]]}." for stem in absent]
    untested = [each for each in contents.predictions if each.claims is None]
    if untested or not contents.predictions:
        names = ", ".join(f"{each.figure.name} by {each.accuracy} accuracy" for each in untested)
        of = f" of {names}" if names else ""
        said.append(f"The claims{of} were not tested: that takes three cells with both a crossing and an onset.")
    if contents.calibrates and not contents.forecasts:
        said.append(
            "No forecast stands, although the suite says what one is calibrated on: "
            f"`grokscope forecast {contents.suite}` makes it."
        )
    return said
