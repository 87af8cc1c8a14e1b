"""The sections about features: of nets of modular addition, and of nets that read Ising snapshots."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
import pandas as pd

from grokscope.laws.statistics.summaries import mean_over_seeds
from grokscope.probes.correlations import FEATURES
from grokscope.report.sheet import Drawing, Section
from grokscope.studies.paths.facts.sweeps import Sweep, w0_of
from grokscope.studies.paths.figures import features as figures
from grokscope.studies.paths.sentences import fmt
from grokscope.tasks import Ising
from grokscope.tasks.ising import load_pool
from grokscope.tasks.lattice import CRITICAL

SHOWN_WALL = (0.5, -0.75)
"""Extended domain walls: |M| per site below the one, energy per bond below the other, and ordered."""

SCRAMBLED = ("accuracy", "accuracy, scrambled")
"""Of the test snapshots as they are, and with their sites scrambled."""


def feature_sections(sweep: Sweep) -> Iterator[Section]:
    """Sections on the features that are known of this sweep's task."""
    last = [m.last for m in sweep.with_snapshots]
    if "spectrum" in last[0].arrays:
        yield frequency_section(sweep)
    if "energy" in last[0].arrays:
        yield data_section(sweep)
        yield ising_section(sweep)


def frequency_section(sweep: Sweep) -> Section:
    """Localisation in frequency over live units and over all, and the dead ones counted."""
    frame = sweep.frame.dropna(subset=["live"])
    findings = []
    for w0, runs in frame.groupby("w0"):
        found = {
            name: mean_over_seeds(runs[name].to_numpy()) for name in ("unembedding_live", "unembedding_all", "live")
        }
        findings.append(
            f"w0 = {w0:g}: the mean IPR of outgoing weights is {fmt(found['unembedding_live'])} over live units and "
            f"{fmt(found['unembedding_all'])} over all, dead ones as 0; {fmt(found['live'])} units live. A wave of "
            f"one frequency has 0.5."
        )
    shown = {title: (runs[0].last.arrays["spectrum"], runs[0].last.units) for title, runs in sweep.ways.items()}
    columns = ["w0", "seed", "live"] + [
        f"{name}_{over}" for name in ("unembedding", "embedding", "dc") for over in ("live", "all")
    ]
    return Section(
        title=f"{sweep.title}: which features it has",
        findings=tuple(findings),
        drawings=(
            Drawing(
                f"fourier_{sweep.name}",
                partial(figures.fourier_figure, shown),
                "Outgoing weights of live units by frequency, each over its largest, and their IPR; one seed.",
            ),
        ),
        tables={
            f"localisation_{sweep.name}": frame[columns].sort_values(["w0", "seed"]),
            f"units_{sweep.name}": _units(sweep),
        },
    )


def data_section(sweep: Sweep) -> Section:
    """Snapshots below, near and above the critical temperature, and some with extended domain walls."""
    task = sweep.runs[0].run.task
    assert isinstance(task, Ising)
    spins, temperature = load_pool(task)
    near = np.argsort(np.abs(temperature - CRITICAL), kind="stable")
    up, aside = np.roll(spins, 1, 1), np.roll(spins, 1, 2)
    energy = -np.mean(spins * (up.astype(np.int32) + aside), axis=(1, 2)) / 2
    size = np.abs(spins.mean(axis=(1, 2)))
    walls = np.flatnonzero((temperature < CRITICAL) & (size < SHOWN_WALL[0]) & (energy < SHOWN_WALL[1]))
    rows = {
        "T below, at and above T_c": spins[[len(spins) // 10, int(near[0]), len(spins) - 1]],
        "extended domain walls": spins[walls[:3]] if len(walls) >= 3 else spins[:3],
    }
    ordered = int(np.sum(temperature < CRITICAL))
    return Section(
        title=f"{sweep.title}: the data",
        findings=(
            f"{len(spins)} snapshots ({task.sampler}, {task.sweeps} sweeps); {100 * len(walls) / ordered:.1f} % of the "
            f"ordered ones have extended domain walls (|M| < {SHOWN_WALL[0]} a site, E < {SHOWN_WALL[1]} a bond).",
        ),
        drawings=(
            Drawing(
                f"snapshots_{sweep.name}",
                partial(figures.snapshots_figure, rows),
                "Snapshots; stripes have little energy and little magnetisation.",
            ),
        ),
    )


def ising_section(sweep: Sweep) -> Section:
    """A section on which of energy and magnetisation the neurons follow, layer by layer."""
    findings, rows, drawings = [], [], []
    for title, runs in sweep.ways.items():
        for layer in runs[0].last.layers["layer"].unique():
            for feature in FEATURES:
                of = [m.last.layers.set_index(["layer", "feature"]).loc[(layer, feature)] for m in runs]
                rows.append(
                    {"path": title, "layer": layer, "feature": feature, "seeds": len(runs)}
                    | {name: float(np.mean([o[name] for o in of])) for name in of[0].index}
                )
        energy = mean_over_seeds(np.array([m.last.scalars["weighted |r| energy"] for m in runs]))
        size = mean_over_seeds(np.array([m.last.scalars["weighted |r| absolute magnetisation"] for m in runs]))
        findings.append(f"{title}: in fc1 |r|, weighted by |z|, is {fmt(energy)} with energy, {fmt(size)} with |M|.")
        whole, mixed = (mean_over_seeds(np.array([m.last.scalars[name] for m in runs])) for name in SCRAMBLED)
        findings.append(
            f"{title}: test accuracy is {fmt(whole)}, and {fmt(mixed)} once the sites of every test snapshot are "
            f"scrambled, which leaves magnetisation and takes away what energy says beyond it."
        )
    shown = {
        title: (runs[0].last.arrays["energy"], runs[0].last.arrays["active"], runs[0].last.units)
        for title, runs in sweep.ways.items()
    }
    drawings.append(
        Drawing(
            f"energy_{sweep.name}",
            partial(figures.energy_figure, shown),
            "The most active hidden neuron against energy, and r of all hidden neurons; one seed.",
        )
    )
    units = _units(sweep)
    for number, title in enumerate(sweep.ways):
        chosen = units[units["path"] == title]
        caption = f"Every neuron's correlation, {title}; from the left energy, magnetisation, |M|."
        drawings.append(Drawing(f"neurons_{number}_{sweep.name}", partial(figures.neurons_figure, chosen), caption))
    frames = {title: sweep.of_way(title, "through") for title in sweep.ways}
    drawings.append(
        Drawing(
            f"scrambled_{sweep.name}",
            partial(figures.scrambled_figure, frames, SCRAMBLED),
            "Test accuracy, and that of the same snapshots with their sites scrambled.",
        )
    )
    through = pd.concat([sweep.of_way(title, "layers") for title in sweep.ways], ignore_index=True)
    for layer in ("conv1", "conv2", "fc1"):
        draw = partial(figures.layers_figure, through, layer)
        drawings.append(Drawing(f"layers_{layer}_{sweep.name}", draw, f"What {layer} follows through training."))
    return Section(
        title=f"{sweep.title}: which features it has",
        findings=tuple(findings),
        drawings=tuple(drawings),
        tables={
            f"layers_{sweep.name}": pd.DataFrame(rows),
            f"units_{sweep.name}": units,
            f"layers_by_epoch_{sweep.name}": through,
        },
    )


def _units(sweep: Sweep) -> pd.DataFrame:
    frames = [
        m.last.units.assign(path=title, w0=w0_of(m.run), seed=m.run.seeds.init)
        for title, runs in sweep.ways.items()
        for m in runs
    ]
    return pd.concat(frames, ignore_index=True)
