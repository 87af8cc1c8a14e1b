"""Suites that never ran: frames, traces and what the laws make of them, by a formula with noise."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np
import pandas as pd

from grokscope.laws.times.cells import split_by_setting
from grokscope.studies.race.facts.contents import Contents, Counts, Failure
from grokscope.studies.race.facts.families import compare_with_onsets
from grokscope.studies.race.study import conclude_part
from grokscope.suite import Analysis

DIMS = (32, 48, 64, 96, 128)
MAIN = {"name": "intersection", "delay_val_threshold": 0.98, "colour_field": "dim"}
BY_PRIME = {"name": "by_prime", "slice_field": "dim", "x_field": "dataset_bits", "delay_val_threshold": 0.98} | {
    "colour_field": "p"
}


def n_params(dim: int) -> int:
    return 16 * dim * dim + 240 * dim


def runs(
    primes: Sequence[int] = (97,),
    *,
    dims: Sequence[int] = DIMS,
    seeds: int = 3,
    max_epochs: int = 3000,
    memorising: float = 1.0,
    weight_decay: float = 1.0,
    with_traces: bool = True,
) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """Frame and traces. T_mem = 12 exp(memorising * 14 f), T_gen = a power of P; a fifth off between seeds."""
    rng = np.random.default_rng(7)
    rows, traces = [], {}

    def add(**row: object) -> str:
        settings = {
            **{"op": "/", "fraction": 0.5, "split": "random", "depth": 2, "heads": 1, "rotary": "published"},
            **{"dropout": 0.2, "init_scale": 1.0, "lr": 1e-3, "weight_decay": weight_decay, "beta1": 0.9},
            **{"beta2": 0.98, "batch_size": 512, "max_epochs": max_epochs, "train_threshold": 0.99},
            **{"val_threshold": 0.99, "t_mem_running": np.nan, "t_mem_eval": np.nan, "t_gen": np.nan},
        }
        identity = f"{len(rows):06x}w{weight_decay:g}"
        rows.append({"id": identity} | settings | row)
        return identity

    for p in primes:
        vocab_bits = float(np.log2(p + 2))
        n_train = p * (p - 1) // 2
        sizes = {"p": p, "n_train": n_train, "n_val": n_train, "dataset_bits": n_train * vocab_bits}
        for dim in dims:
            params = n_params(dim)
            load = sizes["dataset_bits"] / (2.16 * params)
            for seed in range(seeds):
                noise = np.exp(0.1 * rng.standard_normal(3))
                shared = sizes | {"dim": dim, "n_params": params, "seed": seed, "stopped": "rule", "total_bits": np.nan}
                mem = 12 * np.exp(min(memorising * 14 * load, 12)) * noise[0]
                gen = 900 * (params / 2e4) ** -0.7 * noise[1]
                ends = {"running": _arrival(mem, max_epochs), "eval": _arrival(0.45 * mem, max_epochs)}
                done = {f"t_mem_{name}": end for name, end in ends.items()}
                epochs = int(min(max_epochs, np.nanmax([*ends.values(), 1]) if mem < max_epochs else max_epochs))
                speed = add(measurement="speed", probe="random", epochs=epochs, **shared, **done)
                longest = int(min(max_epochs, max(gen, 0.5 * mem) + 1))
                task_mem = 0.55 * mem * noise[2]
                groks = add(
                    measurement="groks",
                    probe="task",
                    epochs=longest,
                    t_gen=_arrival(gen, longest),
                    t_mem_running=_arrival(task_mem, longest),
                    t_mem_eval=_arrival(0.5 * task_mem, longest),
                    **shared,
                )
                if with_traces:
                    traces[speed] = trace(epochs, mem, 0.45 * mem, None)
                    traces[groks] = trace(longest, task_mem, 0.5 * task_mem, gen)
    for dim in (8, 10, 12):
        for n in (500, 2000, 8000):
            params = n_params(dim)
            given = n * float(np.log2(primes[0] + 2)) if primes else 0.0
            held = min(given, 2.15 * params * (1 + 0.01 * rng.standard_normal()))
            add(
                **{"measurement": "capacity", "probe": "random", "p": primes[0], "dim": dim, "n_params": params},
                **{"n_train": n, "n_val": 0, "dataset_bits": given, "seed": 0, "epochs": 1500},
                **{"stopped": "max_epochs", "total_bits": held},
            )
    return pd.DataFrame(rows), traces


def _arrival(time: float, longest: int) -> float:
    return float(np.ceil(time)) if np.ceil(time) <= longest else np.nan


def trace(epochs: int, running: float, train: float, val: float | None) -> pd.DataFrame:
    """Accuracies that reach 99 % at the given epochs."""
    index = np.arange(1, epochs + 1)

    def rise(time: float) -> np.ndarray:
        return 1 / (1 + np.exp(-(np.log(0.99 / 0.01) + 9 * np.log(index / time))))

    losses = {f"{name}_loss": 4.6 * (1 - rise(time)) for name, time in (("running", running), ("train", train))}
    return pd.DataFrame(
        losses
        | {
            "running_acc": rise(running),
            "train_acc": rise(train),
            "val_loss": 4.6 * (1 - rise(val)) if val else np.nan,
            "val_acc": rise(val) if val else np.nan,
            "param_norm": 10 + np.log(index),
        },
        index=pd.Index(index, name="epoch"),
    )


@functools.cache
def contents(
    primes: tuple[int, ...] = (97,),
    *,
    seeds: int = 3,
    max_epochs: int = 3000,
    memorising: float = 1.0,
    suite: str = "fake",
    decays: tuple[float, ...] = (1.0,),
    by_prime: bool = False,
) -> Contents:
    """A whole report's contents; the same object for the same arguments."""
    made = [
        runs(primes, seeds=seeds, max_epochs=max_epochs, memorising=memorising, weight_decay=decay) for decay in decays
    ]
    frame = pd.concat([frame for frame, _ in made], ignore_index=True)
    traces = {identity: trace for _, each in made for identity, trace in each.items()}
    analysis = Analysis(figures=(MAIN, BY_PRIME) if by_prime else (MAIN,), delay_val_threshold=0.98)
    parts = tuple(conclude_part(setting, rows, traces, analysis) for setting, rows in split_by_setting(frame))
    done = frame["measurement"].value_counts().to_dict()
    counts = {name: Counts(n + 1, n, 1, 0) for name, n in done.items()}
    return Contents(
        suite=suite,
        description="The race, by a formula",
        yaml=f"name: {suite}\nexperiments: {{}}\n",
        counts=counts,
        frame=frame,
        traces=traces,
        parts=parts,
        failures=(Failure("deadbeef", "FloatingPointError: loss is NaN at epoch 12"),),
        provenance=({"version": "0.1.0", "git": "abc1234", "device": "cpu", "runs": len(frame)},),
        settings={"rotary": "published", "train threshold": 0.99, "source of C": "measured"},
        warnings=("one of the warnings",),
        predictions=tuple(compare_with_onsets(parts, analysis)),
    )


EMPTY = Contents(
    suite="empty",
    description="",
    yaml="name: empty\n",
    counts={"speed": Counts(4, 0, 0, 4), "groks": Counts(4, 0, 0, 4)},
    frame=pd.DataFrame(),
    traces={},
    parts=(),
)
