"""A heat map over a picture, as a figure."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from grokscope.report.style import STYLE

Array = np.ndarray


def save_overlay(square: Array, heat: Array, text: str, path: Path) -> None:
    """Write the picture beside the same with the heat over it."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(5, 2.7), layout="constrained")
        for axes, shown in zip(figure.subplots(1, 2), (None, heat), strict=True):
            axes.imshow(square[:, :, 0] if square.shape[2] == 1 else square, cmap="gray", vmin=0, vmax=255)
            if shown is not None:
                axes.imshow(shown, cmap="inferno", alpha=0.5, vmin=0, vmax=1)
                axes.set_title(text, fontsize=8)
            axes.axis("off")
        figure.savefig(path, dpi=150, metadata={"Software": None}, format="png")
