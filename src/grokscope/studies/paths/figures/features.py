"""Features: frequencies of hidden units, and what neurons follow on Ising snapshots."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from grokscope.report.style import BLUE, GREEN, ORANGE, STYLE, VERMILION, legend_below
from grokscope.studies.paths.figures.panels import draw_seeds, panels

FEATURE_COLOURS = {"energy": BLUE, "magnetisation": ORANGE, "absolute magnetisation": GREEN}


def fourier_figure(shown: Mapping[str, tuple[np.ndarray, pd.DataFrame]]) -> Figure:
    """|W| of the outgoing weights, frequency by unit, and the IPR of every unit; by title (spectrum, units).

    Live units alone, sorted by their dominant frequency.
    """
    figure, axes = panels(4.4, 2, len(shown))
    with mpl.rc_context(STYLE):
        for column, (title, (spectrum, units)) in enumerate(shown.items()):
            live = np.flatnonzero(units["live"])
            order = live[np.argsort(units["dominant"].to_numpy()[live], kind="stable")]
            heat = spectrum[:, order] / spectrum[:, order].max(axis=0)
            axes[0, column].imshow(heat, aspect="auto", origin="lower", cmap="cividis", interpolation="nearest")
            axes[0, column].set_title(f"{title}: {len(live)} of {len(units)} units live", loc="left")
            axes[0, column].set_xlabel("live unit, by dominant frequency")
            for name, colour in (("unembedding", BLUE), ("embedding", VERMILION)):
                values = np.sort(units[name].to_numpy()[live])[::-1]
                axes[1, column].plot(np.arange(len(live)), values, color=colour, label=name)
            axes[1, column].axhline(0.5, color="0.7", lw=0.7, zorder=0)
            axes[1, column].set(ylim=(0, 0.55), xlabel="live unit, by IPR")
        axes[0, 0].set_ylabel("frequency")
        axes[1, 0].set_ylabel("inverse participation ratio")
        axes[1, 0].legend(loc="lower left")
    return figure


def snapshots_figure(rows: Mapping[str, np.ndarray]) -> Figure:
    """Ising snapshots, three a row, each row with its title."""
    figure, axes = panels(1.35 * len(rows) + 0.1, len(rows), 3)
    figure.set_size_inches(3.4, 1.35 * len(rows) + 0.1)
    with mpl.rc_context(STYLE):
        for line, (title, spins) in zip(axes, rows.items(), strict=True):
            for each, snapshot in zip(line, spins, strict=True):
                each.imshow(snapshot, cmap="gray", vmin=-1, vmax=1, interpolation="nearest")
                each.set_xticks([])
                each.set_yticks([])
            line[0].set_title(title, loc="left")
    return figure


def energy_figure(shown: Mapping[str, tuple[np.ndarray, np.ndarray, pd.DataFrame]]) -> Figure:
    """Energy against z of the most active hidden neuron, and r of all of them; by title (energy, z, units)."""
    figure, axes = panels(4.4, 2, len(shown))
    with mpl.rc_context(STYLE):
        for column, (title, (energy, z, units)) in enumerate(shown.items()):
            axes[0, column].plot(energy, z, ".", color=BLUE, ms=1.5, rasterized=True)
            axes[0, column].set_title(title, loc="left")
            axes[0, column].set(xlabel="energy per bond")
            hidden = units[units["layer"] == "fc1"]
            for name, colour in FEATURE_COLOURS.items():
                axes[1, column].plot(np.sort(hidden[name].dropna()), color=colour, label=name)
            axes[1, column].set(xlabel="neuron of fc1, sorted by r", ylim=(-1.05, 1.05))
        axes[0, 0].set_ylabel("z of the most active neuron")
        axes[1, 0].set_ylabel("correlation r")
    handles = [Line2D([], [], color=c, label=name) for name, c in FEATURE_COLOURS.items()]
    legend_below(figure, handles, columns=3)
    return figure


def scrambled_figure(ways: Mapping[str, pd.DataFrame], columns: tuple[str, str]) -> Figure:
    """Accuracy by epoch of snapshots as they are (solid) and of the same scrambled (dashed); by title."""
    figure, axes = panels(2.2, 1, len(ways))
    with mpl.rc_context(STYLE):
        for each, (title, frame) in zip(axes[0], ways.items(), strict=True):
            for name, ls in zip(columns, ("-", "--"), strict=True):
                draw_seeds(each, frame, "epoch", name, color=BLUE, ls=ls)
            each.set_title(title, loc="left")
            each.set(xlabel="epochs", ylim=(0.4, 1.02))
        axes[0, 0].set_ylabel("accuracy")
    kinds = zip(("-", "--"), ("test snapshots", "their sites scrambled"), strict=True)
    legend_below(figure, [Line2D([], [], color=BLUE, ls=ls, label=text) for ls, text in kinds])
    return figure


def neurons_figure(units: pd.DataFrame) -> Figure:
    """r of every neuron with every feature, a row a layer and a column a seed's strip; columns layer, seed, r's."""
    layers = list(units["layer"].unique())
    figure, axes = panels(1.5 * len(layers) + 0.4, len(layers), 1)
    with mpl.rc_context(STYLE):
        for each, layer in zip(axes[:, 0], layers, strict=True):
            rows = units[units["layer"] == layer]
            numbers = {seed: i for i, seed in enumerate(sorted(rows["seed"].unique()))}
            for k, (name, colour) in enumerate(FEATURE_COLOURS.items()):
                x = rows["seed"].map(numbers) + 0.25 * (k - 1) + 0.16 * (rows["unit"] / (rows["unit"].max() + 1) - 0.5)
                each.plot(x, rows[name], ".", color=colour, ms=1.2, rasterized=True)
            each.set(ylim=(-1.05, 1.05), ylabel=f"r, {layer}", xticks=list(numbers.values()))
            each.set_xticklabels([f"{seed}" for seed in numbers])
        axes[-1, 0].set_xlabel("seed")
    handles = [Line2D([], [], color=c, marker="o", ms=3, ls="none", label=name) for name, c in FEATURE_COLOURS.items()]
    legend_below(figure, handles, columns=3)
    return figure


def layers_figure(rows: pd.DataFrame, layer: str) -> Figure:
    """Weighted |r|, share of neurons and share of |z| of a layer by epoch; columns learn and grok (title, frame)."""
    titles = list(rows["path"].unique())
    figure, axes = panels(4.2, 3, len(titles))
    measures = (("weighted", "weighted |r|"), ("neurons", "share of neurons"), ("activation", "share of |z|"))
    with mpl.rc_context(STYLE):
        for column, title in enumerate(titles):
            chosen = rows[(rows["path"] == title) & (rows["layer"] == layer)]
            for line, (name, label) in enumerate(measures):
                for feature, colour in FEATURE_COLOURS.items():
                    mean = chosen[chosen["feature"] == feature].groupby("epoch")[name].mean()
                    axes[line, column].plot(mean.index, mean, color=colour)
                axes[line, column].set_ylim(-0.03, 1.03)
                if column == 0:
                    axes[line, column].set_ylabel(label)
            axes[0, column].set_title(f"{layer}, {title}", loc="left")
            axes[-1, column].set_xlabel("epochs")
    handles = [Line2D([], [], color=c, label=name) for name, c in FEATURE_COLOURS.items()]
    legend_below(figure, handles, columns=3)
    return figure
