"""The sections of the report about one sweep of runs: what was found, in words, figures and tables."""

from __future__ import annotations

from collections.abc import Iterator

from grokscope.report.sheet import Section
from grokscope.studies.paths.facts.sweeps import Sweep
from grokscope.studies.paths.sections.crossing import crossing_section
from grokscope.studies.paths.sections.dynamics import dynamics_section
from grokscope.studies.paths.sections.encodings import encodings_section
from grokscope.studies.paths.sections.features import feature_sections
from grokscope.studies.paths.sections.geometry import geometry_section
from grokscope.studies.paths.sections.times import times_section


def sections(sweep: Sweep) -> Iterator[Section]:
    """Everything that this sweep's data allow."""
    yield times_section(sweep)
    if sweep.with_snapshots:
        yield from feature_sections(sweep)
    if sweep.pruned is not None:
        yield encodings_section(sweep)
    if sweep.with_snapshots:
        yield dynamics_section(sweep)
        yield geometry_section(sweep)
    if len(sweep.memorised):
        yield crossing_section(sweep)
