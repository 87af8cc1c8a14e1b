"""One network: its weights in the found order, its surviving connections as a graph, its states over iterations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Arc

from grokscope.report.style import BLUE, GREY, STYLE, VERMILION, legend_below, new_figure

SHOWN_EXAMPLES = 4
SMALL = 12
"""Units whose names there is room for."""
SHOWN_ARCS = 66
"""As many as twelve units can have, each way; of larger networks the strongest."""


@dataclass(frozen=True)
class Network:
    """A trained network, in its own numbering.

    Attributes:
        title: scheme and orderedness in words.
        weights: (m, m + I), inputs last.
        order: the unit at each position, outputs first.
        outputs: how many of the first units are outputs.
        states: (examples, T + 1, m) what every unit was at every iteration.
        examples: a name for each example.
        iterations: T, after which the outputs are read; later states show whether they last.
    """

    title: str
    weights: Float[np.ndarray, "units sources"]
    order: tuple[int, ...]
    outputs: int
    states: Float[np.ndarray, "examples times units"]
    examples: tuple[str, ...]
    iterations: int

    @property
    def ordered(self) -> Float[np.ndarray, "units sources"]:
        """Rows and unit columns in the found order, input columns as they are."""
        inputs = range(len(self.weights), self.weights.shape[1])
        return self.weights[np.ix_(self.order, [*self.order, *inputs])]

    @property
    def names(self) -> list[str]:
        """Units by position: y for outputs, h for hidden ones."""
        return [f"y{u}" if u < self.outputs else f"h{u - self.outputs}" for u in self.order]


def matrices_figure(networks: Sequence[Network]) -> Figure:
    """W of each, destinations down and sources across; what the order does not explain lies below the diagonal."""
    m, n = networks[0].weights.shape
    figure, every = new_figure((0.3 + 3.0 * m / n) * len(networks) + 0.3, rows=len(networks))
    with mpl.rc_context(STYLE):
        for axes, network in zip(every, networks, strict=True):
            ordered = network.ordered
            most = float(np.abs(ordered).max()) or 1.0
            shown = np.where(ordered == 0, np.nan, ordered)
            picture = axes.imshow(shown, cmap="RdBu_r", vmin=-most, vmax=most, interpolation="none")
            axes.set_facecolor("#f2f2f2")
            axes.plot([-0.5, m - 0.5], [-0.5, m - 0.5], color=GREY, lw=0.6)
            axes.axvline(m - 0.5, color="black", lw=0.8)
            small = m <= SMALL
            inputs = [f"x{i}" for i in range(n - m)]
            axes.set_xticks(range(n) if small else [], [*network.names, *inputs] if small else [])
            axes.set_yticks(range(m) if small else [], network.names if small else [])
            axes.tick_params(length=0)
            axes.set_title(network.title, loc="left")
            figure.colorbar(picture, ax=axes, fraction=0.035, pad=0.02)
    return figure


def graphs_figure(networks: Sequence[Network]) -> Figure:
    """Connections among units as arcs over a line in the found order: along it above, against it below."""
    figure, every = new_figure(1.9 * len(networks) + 0.4, rows=len(networks))
    with mpl.rc_context(STYLE):
        for axes, network in zip(every, networks, strict=True):
            _arcs(axes, network)
    legend_below(
        figure,
        [
            Line2D([], [], color=BLUE, label="signal runs left to right, towards the outputs"),
            Line2D([], [], color=VERMILION, label="against the order"),
            Line2D([], [], color=GREY, marker="o", ls="", mfc="none", label="to itself"),
        ],
        columns=1,
    )
    return figure


def _arcs(axes: Axes, network: Network) -> None:
    """Outputs at the right end: strength flows from high positions to low ones."""
    m = len(network.order)
    whole = np.abs(network.ordered[:, :m])
    strengths = strongest(whole, SHOWN_ARCS)
    most = float(strengths.max()) or 1.0
    place = np.arange(m)[::-1]
    for i, j in zip(*np.nonzero(strengths), strict=True):
        width = 0.25 + 2.0 * strengths[i, j] / most
        if i == j:
            around = 160 if m <= SMALL else 50  # a marker, which is round whatever the axes are
            axes.scatter(place[i], 0, s=around, facecolor="none", edgecolor=GREY, linewidth=width * 0.8)
            continue
        along = i < j
        span = abs(int(i) - int(j))
        axes.add_patch(
            Arc(
                ((place[i] + place[j]) / 2, 0),
                span,
                0.9 * span,
                theta1=0 if along else 180,
                theta2=180 if along else 360,
                color=BLUE if along else VERMILION,
                lw=width,
                alpha=0.75,
            )
        )
    axes.scatter(place, np.zeros(m), s=70 if m <= SMALL else 20, color="white", edgecolor="black", zorder=3, lw=0.7)
    if m <= SMALL:
        for name, x in zip(network.names, place, strict=True):
            axes.text(x, 0, name, ha="center", va="center", fontsize=5, zorder=4)
    axes.set_xlim(-0.6, m - 0.4)
    reach = [max((abs(int(i) - int(j)) for i, j in np.argwhere(part)), default=0) for part in _sides(strengths)]
    axes.set_ylim(-0.45 * reach[1] - 0.5, 0.45 * reach[0] + 0.5)
    n_shown, n_all = np.count_nonzero(strengths), np.count_nonzero(whole)
    few = f"\n(the {n_shown} strongest of {n_all} connections)" if n_shown < n_all else ""
    axes.set_title(network.title + few, loc="left")
    axes.set_axis_off()


def strongest(strengths: Float[np.ndarray, "units units"], most: int) -> Float[np.ndarray, "units units"]:
    """Everything between twelve units or fewer; else so many connections, the strongest, and zeros."""
    if len(strengths) <= SMALL:
        return strengths
    least = np.sort(strengths, axis=None)[-most]
    return np.where(strengths >= least, strengths, 0)


def _sides(strengths: Float[np.ndarray, "units units"]) -> tuple[np.ndarray, np.ndarray]:
    """Connections along the order and against it."""
    return np.triu(strengths, 1), np.tril(strengths, -1)


def states_figure(networks: Sequence[Network]) -> Figure:
    """The state of every unit at every iteration, for some examples side by side, and on past the one that is read."""
    figure, every = new_figure(1.75 * len(networks) + 0.5, rows=len(networks))
    with mpl.rc_context(STYLE):
        for axes, network in zip(every, networks, strict=True):
            states = network.states[:SHOWN_EXAMPLES][:, :, list(network.order)]
            examples, times, units = states.shape
            gap = np.full((1, units), np.nan)
            rows = np.concatenate([part for one in states for part in (one, gap)])[:-1]
            later = states[:, 1:]  # what units begin with may be anything, and would leave no colours for the rest
            low, high = min(0.0, float(later.min())), max(1.0, float(later.max()))
            picture = axes.imshow(rows.T, cmap="viridis", vmin=low, vmax=high, aspect="auto", interpolation="none")
            for k in range(examples):
                read = k * (times + 1) + network.iterations + 0.5
                axes.plot([read, read], [-0.5, units - 0.5], color="white", lw=1.0)
            middles = [k * (times + 1) + (times - 1) / 2 for k in range(examples)]
            axes.set_xticks(middles, network.examples[:examples])
            axes.set_yticks(range(units) if units <= SMALL else [], network.names if units <= SMALL else [])
            axes.tick_params(length=0)
            axes.set_title(network.title, loc="left")
            figure.colorbar(picture, ax=axes, fraction=0.035, pad=0.02)
        every[-1].set_xlabel(f"example; in each, iterations 0 to {networks[0].states.shape[1] - 1}")
    return figure
