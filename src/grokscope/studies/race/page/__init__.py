"""The page of a race: one file that opens from a disk, without a network and without its neighbours."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from markupsafe import Markup
from plotly.offline import get_plotlyjs

from grokscope.forecasts.sentences import PREDICTOR_LABELS, describe_basis, describe_errors, forecast_lines
from grokscope.report import words
from grokscope.report.page import embed_png, environment, read_asset
from grokscope.studies.race.facts.contents import Contents
from grokscope.studies.race.facts.slices import slices
from grokscope.studies.race.page.rows import constant_rows, family_rows, law_rows
from grokscope.studies.race.page.script import script_json, script_state
from grokscope.studies.race.sentences import caveats, describe_slice, informative_widths, summarise_slice

MOST_ROWS = 300
"""From here on the table of widths shows the telling ones of each prime; timescales.csv has them all."""


WHOLE = ("capacity", "speed", "onset", "probes", "prediction", "residual")
"""Figures of whole parts and of the whole suite: they are put into the page, those of single primes are linked to."""


def render_page(contents: Contents, figures: Mapping[str, Path], tables: Sequence[str], missing: Sequence[str]) -> str:
    """The HTML of a report.

    Args:
        contents: what is reported.
        figures: stem -> PNG file of every figure that was drawn; those of whole parts are put into the page.
        tables: names of the files in `tables/`.
        missing: what is not there, a sentence each.
    """
    shown = list(slices(contents))
    drawn, curves = script_state(contents, shown)
    crowded = sum(len(s.widths) for s in shown) > MOST_ROWS
    primes = []
    for s in shown:
        row, kept = summarise_slice(s), informative_widths(s, 0 if crowded else len(s.widths))
        cells = [cell for cell in row.cells if cell.n_params in kept]
        stems = [stem for stem in figures if stem.partition("_")[2] == s.name]
        primes.append(
            {"summary": row, "cells": cells, "found": describe_slice(s), "caveats": caveats(s), "figures": stems}
        )
    whole = [stem for stem in figures if stem.partition("_")[0] in WHOLE]
    forecasts = [
        {"rests_on": describe_basis(one), "lines": forecast_lines(one), "verdicts": list(describe_errors(one))}
        for one in contents.forecasts
    ]
    return (
        environment(__name__)
        .get_template("index.html.j2")
        .render(
            contents=contents,
            primes=primes,
            crowded=crowded,
            constants=list(constant_rows(contents.parts)),
            laws=law_rows(contents.parts),
            families=family_rows(contents, figures),
            whole={stem: embed_png(figures[stem]) for stem in whole},
            forecasts=forecasts,
            predictors=list(PREDICTOR_LABELS.values()),
            forecast_figures={
                stem: embed_png(path) for stem, path in figures.items() if stem.partition("_")[0] == "forecast"
            },
            figures=list(figures),
            tables=tables,
            missing=missing,
            words=words,
            isnan=math.isnan,
            state=Markup(script_json(drawn)),
            curves=Markup(curves),
            style=Markup(read_asset("page.css")),
            script=Markup(read_asset("page.js", __name__)),
            plotly=Markup(get_plotlyjs()),
        )
    )
