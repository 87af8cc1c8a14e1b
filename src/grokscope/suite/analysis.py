"""What to conclude from a suite's runs: the settings of its `analysis` block. Thresholds may be fractions or, above 1,
percent."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StrictInt, StrictStr

from grokscope.suite.parts import as_fraction

PUBLISHED_CAPACITY = 2.16
"""C, bits per parameter, as published."""


def _number(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("a number")
    return value


def _by_name(figures: Any) -> Any:
    """Figures as a list of mappings, whether they were listed, only named, or are a mapping by name."""
    if isinstance(figures, dict):
        figures = [{"name": name, **(options or {})} for name, options in figures.items() if _is_options(options)]
    if isinstance(figures, list):
        return [{"name": figure} if isinstance(figure, str) else figure for figure in figures]
    return figures


def _is_options(options: Any) -> bool:
    if not isinstance(options, dict | None):
        raise ValueError("a mapping of options for each figure")
    return True


Threshold = Annotated[float, BeforeValidator(_number), BeforeValidator(as_fraction), Field(ge=0, le=1)]
Width = Annotated[StrictInt, Field(ge=1)]


class Settings(BaseModel):
    """Base: frozen; unknown keys are left to the caller, who knows their lines."""

    model_config = ConfigDict(frozen=True, extra="ignore")


DRAWABLE: dict[str, tuple[str | None, ...]] = {
    "slice_field": ("p", "dim"),
    "x_field": ("n_params", "dim", "dataset_bits", "p"),
    "colour_field": ("dim", "p", None),
}
"""Values of a figure's options for which there is a figure."""
INHERITED = (
    *("max_dim", "delay_train_threshold", "delay_val_threshold"),
    *("mem_curve_threshold", "gen_curve_threshold"),
)


class FigureOptions(Settings):
    """One figure family, with the published options. What it does not say is as the block around it says.

    Attributes:
        slice_field: one figure for every value of this field: `p` or `dim`.
        x_field: what varies along a curve: `n_params` or `dim`, or (grokking fades as they grow) `dataset_bits` or `p`.
        colour_field: what colours the delays: `dim` or `p`, or nothing.
        labels: other words for `delay`, `time` and the x field on the axes.
        max_dim: widths above are left out; None for all.
        delay_*_threshold: fractions that the delay from memorising to generalising is between.
        mem_curve_threshold, gen_curve_threshold: fractions that the two curves are said to be of.
    """

    name: StrictStr = "intersection"
    slice_field: StrictStr = "p"
    x_field: StrictStr = "n_params"
    colour_field: StrictStr | None = None
    labels: dict[str, StrictStr] = {}
    max_dim: Width | None = None
    delay_train_threshold: Threshold = 0.99
    delay_val_threshold: Threshold = 0.99
    mem_curve_threshold: Threshold = 0.99
    gen_curve_threshold: Threshold = 0.99

    @property
    def main(self) -> bool:
        """Whether it is of the kind that the whole report is about: a figure a prime, against parameters."""
        return (self.slice_field, self.x_field) == ("p", "n_params")

    @property
    def fading(self) -> bool:
        """Whether grokking fades as x grows, so that crossing and onset are looked for from the other end."""
        return self.x_field not in ("n_params", "dim")

    def grouped_by(self, axis: str) -> FigureOptions:
        """The same figure of runs whose group is not p: wherever it says `p`, that axis is meant."""
        fields = {name: axis for name in DRAWABLE if getattr(self, name) == "p"}
        return self.model_copy(update=fields) if axis != "p" else self

    @property
    def fault(self) -> str | None:
        """What keeps it from being drawn, if anything does."""
        for name, known in DRAWABLE.items():
            if (value := getattr(self, name)) not in known:
                options = ", ".join(str(each) for each in known if each)
                return f"figure {self.name}: {name}: found {value!r}, expected one of {options}; it is not drawn"
        return None


class HypothesisTests(Settings):
    """Whether the published tests run, and on which axes: `auto` is the swept ones and the slice."""

    enabled: StrictBool = True
    axes: Literal["auto"] | tuple[StrictStr, ...] = "auto"


class CalibrationOptions(Settings):
    """Which widths and primes the laws are fitted on before a forecast; the rest is held out. Empty for all."""

    dims: tuple[Width, ...] = ()
    primes: tuple[Width, ...] = ()


class Analysis(Settings):
    """Settings of the laws and the report.

    Attributes:
        use_default_capacity_constant: C is the published 2.16 bits per parameter instead of what is measured.
        capacity_constant: C is this, in bits per parameter.
        max_dim, delay_*, *_curve_threshold: as in `Figure`, for everything outside a figure.
        crossing_rule: `sign change`, or `published`: closest approach, with no sign change needed.
        accuracy: which train accuracies T_mem is read from.
        calibrate: calibration widths and primes of a forecast, or None.
        bootstrap_seed: seed of every bootstrap and permutation.
        include_imported: runs that were imported, unverified, count where they are further seeds of the suite's cells.
    """

    figures: Annotated[tuple[FigureOptions, ...], BeforeValidator(_by_name)] = (FigureOptions(),)
    use_default_capacity_constant: StrictBool = False
    capacity_constant: Annotated[float, BeforeValidator(_number), Field(gt=0)] | None = None
    max_dim: Width | None = None
    delay_train_threshold: Threshold = 0.99
    delay_val_threshold: Threshold = 0.99
    mem_curve_threshold: Threshold = 0.99
    gen_curve_threshold: Threshold = 0.99
    crossing_rule: Literal["sign change", "published"] = "sign change"
    accuracy: tuple[Literal["running", "eval"], ...] = ("running", "eval")
    hypothesis_tests: Annotated[
        HypothesisTests, BeforeValidator(lambda value: {"enabled": value} if isinstance(value, bool) else value)
    ] = HypothesisTests()
    calibrate: CalibrationOptions | None = None
    bootstrap_seed: Annotated[StrictInt, Field(ge=0)] = 0
    include_imported: StrictBool = False

    @property
    def families(self) -> tuple[FigureOptions, ...]:
        """The figures that can be drawn, with what they leave to this block; the first is `main`."""
        asked = [
            figure.model_copy(
                update={name: getattr(self, name) for name in INHERITED if name not in figure.model_fields_set}
            )
            for figure in self.figures
            if figure.fault is None
        ]
        main = next((figure for figure in asked if figure.main), None)
        if main is None:
            main = FigureOptions(**{name: getattr(self, name) for name in INHERITED})
        return main, *(figure for figure in asked if figure is not main)

    @property
    def pinned_capacity(self) -> float | None:
        """C if the suite fixes it, in bits per parameter; None if it is to be measured."""
        if self.capacity_constant is not None:
            return self.capacity_constant
        return PUBLISHED_CAPACITY if self.use_default_capacity_constant else None
