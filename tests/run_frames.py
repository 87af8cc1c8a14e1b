"""Small frames of finished runs, written out."""

import math

import pandas as pd

COLUMNS = ("t_mem_running", "t_mem_eval", "t_gen", "total_bits")


def run(measurement, n_params, time, *, seed=0, p=97, probe=None, epochs=5000, **more):
    """One finished run; `time` NaN is censored at `epochs`."""
    probe = probe or ("task" if measurement == "groks" else "random")
    row = dict.fromkeys(COLUMNS, math.nan) | {
        "id": f"{measurement}-{probe}-{p}-{n_params}-{seed}",
        "measurement": measurement,
        "probe": probe,
        "p": p,
        "group_axis": "p",
        "group": p,
        "dim": int(n_params) // 1000,
        "n_params": n_params,
        "x_axis": "n_params",
        "x": n_params,
        "dataset_bits": 30_866.0,
        "seed": seed,
        "epochs": epochs if math.isnan(time) else time,
        "n_train": 100,
        "n_val": 100,
    }
    named = {"speed": ("t_mem_running", "t_mem_eval"), "groks": ("t_gen",), "capacity": ("total_bits",)}
    return row | dict.fromkeys(named[measurement], float(time)) | more


def curves(mem, gen, *, seeds=(1.0,), **more):
    """Speed and groks runs from {P: time}, one seed per factor."""
    return pd.DataFrame(
        [
            run(measurement, params, time * factor, seed=seed, **more)
            for measurement, times in (("speed", mem), ("groks", gen))
            for params, time in times.items()
            for seed, factor in enumerate(seeds)
        ]
    )
