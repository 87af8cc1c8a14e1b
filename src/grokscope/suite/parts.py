"""From one setting of an experiment's keys to the specs that a run is made of.

Every function takes plain values by YAML key and raises SpecError; `YAML_KEY` says which key a spec's field came from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from grokscope.measurements import Capacity, Groks, Speed
from grokscope.nets import Transformer
from grokscope.run import Measurement, Net, Optimiser, Run, Signal, Task
from grokscope.spec import SpecError
from grokscope.tasks import Modular, RandomLabels, Shuffled
from grokscope.tasks.modular import OPERATIONS, n_equivalent
from grokscope.tasks.shuffled import LABELS
from grokscope.training.optimisers import AdamW

Setting = Mapping[str, Any]

YAML_KEY = {
    "dim": "dims",
    "p": "primes",
    "n": "n_samples",
    "op": "operation",
    "fraction": "train_fraction",
    "split": "split_type",
    "labels": "probe",
    "threshold": "saturation_threshold",
    "train_threshold": "early_stopping_train",
    "val_threshold": "early_stopping_val",
}
"""Fields of specs whose key has another name."""

FIELD = {key: field for field, key in YAML_KEY.items()}
PUBLISHED_FAMILY = "transformer_gated"
MEASURES: dict[str, Callable[..., Measurement]] = {"capacity": Capacity, "speed": Speed, "groks": Groks}
MEASURE_KEYS = {
    "capacity": ("patience", "min_delta"),
    "speed": ("saturation_threshold", "patience", "stop_on"),
    "groks": ("early_stopping_train", "early_stopping_val", "patience", "min_delta", "stop_on"),
}
THRESHOLDS = ("saturation_threshold", "early_stopping_train", "early_stopping_val")

# equal specs are made once and shared: a suite of a million runs holds a few hundred nets
shared = lru_cache(maxsize=65_536, typed=True)
_transformer, _adamw = shared(Transformer), shared(AdamW)
_modular, _random_labels, _shuffled, _of_size = (
    shared(Modular),
    shared(RandomLabels),
    shared(Shuffled),
    shared(Modular.of_size),
)


def as_fraction(threshold: Any) -> Any:
    """A threshold as a fraction: the published keys mix percent and fractions, so whatever is above 1 is percent."""
    is_percent = isinstance(threshold, int | float) and 1 < threshold <= 100
    return threshold / 100 if is_percent else threshold


def net(setting: Setting, dim: int) -> Net:
    """The transformer of one width."""
    if setting.get("architecture_family", PUBLISHED_FAMILY) != PUBLISHED_FAMILY:
        raise SpecError("architecture_family", setting["architecture_family"], PUBLISHED_FAMILY)
    return _transformer(dim=dim, **_given(setting, ("depth", "heads", "rotary", "dropout", "init_scale")))


def optimiser(setting: Setting) -> Optimiser:
    return _adamw(**_given(setting, ("lr", "weight_decay", "beta1", "beta2")))


def measurement(kind: str, setting: Setting) -> Measurement:
    """When a run of this kind is done; thresholds may be percent."""
    fractions = {key: as_fraction(value) if key in THRESHOLDS else value for key, value in setting.items()}
    return MEASURES[kind](**_given(fractions, MEASURE_KEYS[kind]))


def run_fields(setting: Setting, signals: tuple[Signal, ...] = ()) -> dict[str, Any]:
    """The fields of a run that belong to none of its parts, checked."""
    fields = _given(setting, ("batch_size", "max_epochs", "precision", "matmul", "keep"))
    fields |= {"signals": signals} if signals else {}
    Run(Modular(), Transformer(), AdamW(), Capacity(), **fields)
    return fields


def is_modular_capacity(setting: Setting) -> bool:
    """Whether a capacity run is asked for on modular data, as the published suites do without meaning to."""
    named = setting.get("operation", "random") != "random"
    return bool(setting.get("dataset_type", "modular" if named else "random") != "random")


def task(kind: str, setting: Setting, p: int, n: int | None) -> Task:
    """The data of one prime. `n` None is `auto`: as many examples as the modular task trains on."""
    if kind == "capacity":
        return _capacity_task(setting, p, n or 0)
    op, fraction = setting.get("operation", "/"), setting.get("train_fraction", 0.5)
    modular = _modular(p, op, fraction, setting.get("split_type", "random"))
    if kind == "groks":
        if modular.n_val < 1:
            raise SpecError("fraction", fraction, "less than 1: validation needs examples")
        return modular
    return _speed_task(setting, modular, n)


def _capacity_task(setting: Setting, p: int, n: int) -> Task:
    op, data = setting.get("operation", "random"), setting.get("dataset_type", "random")
    if data not in ("random", "modular"):
        raise SpecError("dataset_type", data, "random or modular")
    if op != "random" and op not in OPERATIONS:
        raise SpecError("op", op, "one of random, " + ", ".join(OPERATIONS))
    if is_modular_capacity(setting):
        return _of_size(p, "/" if op == "random" else op, n)
    return _random_labels(p, n)


def _speed_task(setting: Setting, modular: Modular, n: int | None) -> Task:
    """Random data, or a probe: the modular task's own inputs with labels that cannot be generalised."""
    probe = setting.get("probe", "random")
    if probe == "random":
        return _random_labels(modular.p, n_equivalent(modular.p, modular.op, modular.fraction) if n is None else n)
    if probe not in LABELS:
        raise SpecError("labels", probe, "one of random, " + ", ".join(LABELS))
    if n is not None and modular.split != "random":
        raise SpecError("n", n, f"auto: the inputs of a {modular.split} split come in one number")
    return _shuffled(modular if n is None else _of_size(modular.p, modular.op, n), probe)


def _given(setting: Setting, keys: tuple[str, ...]) -> dict[str, Any]:
    """The keys that are set, under the names that specs call them by; a spec's own defaults stand for the rest."""
    return {FIELD.get(key, key): setting[key] for key in keys if key in setting}
