"""Which keys an experiment may have, and how `defaults` lie under it.

The names are the published ones but for our own: `rotary`, `precision`, `matmul`, `keep`, `signals`, `stop_on` and
`probe`, which are the fields of the specs of those names (`probe: random` is random data, the others are
`Shuffled.labels`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from difflib import get_close_matches

from grokscope.suite.errors import Findings
from grokscope.suite.value import Value

TYPES = ("capacity", "speed", "groks")
"""In the order in which a suite's runs are listed."""

WIDTHS = ("dims", "dim_ranges", "param_count_targets")
STRUCTURAL = ("type", "primes", "seeds", *WIDTHS, "match_by", "n_samples", "signals")
"""Keys that are not expanded as a grid."""

COMMON = (
    *("operation", "train_fraction", "split_type", "depth", "heads", "dropout", "init_scale", "lr", "weight_decay"),
    *("beta1", "beta2", "batch_size", "max_epochs", "patience", "architecture_family", "rotary", "precision", "matmul"),
    "keep",
)
BY_TYPE: dict[str, tuple[str, ...]] = {
    "capacity": (*COMMON, "min_delta", "dataset_type"),
    "speed": (*COMMON, "saturation_threshold", "stop_on", "probe"),
    "groks": (*COMMON, "min_delta", "early_stopping_train", "early_stopping_val", "stop_on"),
}
KNOWN = (*STRUCTURAL, *dict.fromkeys(key for keys in BY_TYPE.values() for key in keys))

FALLBACKS: dict[str, dict[str, float]] = {
    "capacity": {"weight_decay": 0.01, "dropout": 0.0},
    "speed": {"weight_decay": 0.01, "dropout": 0.2},
    "groks": {"weight_decay": 1.0, "dropout": 0.2},
}
"""Values of keys that neither `defaults` nor the experiment sets, where they differ from one measurement to another."""

OTHER_NAMES = {"p": "primes", "prime": "primes", "seed": "seeds", "dim": "dims", "d": "dims", "width": "dims"} | {
    "widths": "dims",
    "op": "operation",
    "alpha": "train_fraction",
    "epochs": "max_epochs",
    "n": "n_samples",
}


def refuse_unknown(values: Mapping[str, Value], known: Collection[str], findings: Findings) -> None:
    """A fault for every key that is not known, with the nearest one that is."""
    for key, value in values.items():
        if key == "baseline":
            findings.refuse(value, "no baseline: memorisation against another network is not measured", found="the key")
        elif key not in known:
            near = [OTHER_NAMES[key]] if OTHER_NAMES.get(key) in known else get_close_matches(key, known, n=1)
            meant = f"{near[0]} (the nearest known key)" if near else "one of " + ", ".join(known)
            findings.refuse(value, meant, found="an unknown key")


def overlay(own: Value, defaults: Value, findings: Findings) -> dict[str, Value] | None:
    """An experiment's keys over the defaults, or None if its type is not known.

    An experiment that names any width takes none from the defaults.
    """
    if not isinstance(own.data, dict):
        findings.refuse(own, "a mapping with the keys type, primes, seeds and dims")
        return None
    under = dict(defaults.mapping())
    if any(key in own.data for key in WIDTHS):
        under = {key: value for key, value in under.items() if key not in WIDTHS}
    values = under | own.data
    refuse_unknown(own.data, KNOWN, findings)
    kind = values.get("type")
    if kind is None or kind.data not in TYPES:
        findings.refuse(kind or own, "one of " + ", ".join(TYPES), found=None if kind else "no type")
        return None
    read = (*STRUCTURAL, *BY_TYPE[kind.data])
    for key, value in own.data.items():
        if key in KNOWN and key not in read:
            findings.refuse(value, f"a key that {kind.data} reads", found="a key of another measurement")
    return {key: value for key, value in values.items() if key in read}
