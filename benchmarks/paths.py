"""The acceptance table of the study of paths: what was published or measured again, and what is found here.

    python benchmarks/paths.py                  # what needs no training: about a minute
    python benchmarks/paths.py --out out        # and what its ledger has of paths-quick, -ising and -acceptance

A row that fails stays, with what may explain it.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd

from grokscope.laws.trade_off import trade_off
from grokscope.ledger import Ledger, open_ledger
from grokscope.nets import MLP, Cnn
from grokscope.probes.fisher import diagonal
from grokscope.probes.geometry import cosine
from grokscope.run import Signature
from grokscope.studies.paths.anatomy import fisher, flat
from grokscope.studies.paths.families import Family
from grokscope.studies.paths.sections import COMPRESSIVE
from grokscope.studies.paths.study import families
from grokscope.suite import load_suite
from grokscope.tasks import Ising, Pairs
from grokscope.tasks.lattice import glauber, temperatures

NO_RUN = "no such run in the ledger"


class Row(NamedTuple):
    check: str
    expected: str
    found: str
    holds: bool | None
    note: str = ""


def without_training() -> Iterator[Row]:
    """Counts, sampler, closed form, identities."""
    for name, net, task, expected in (("CNN", Cnn(), Ising(), 6798), ("MLP", MLP(512), Pairs(), 174_193)):
        n = net.n_params(task.signature)
        yield Row(f"parameters, {name}", f"{expected}", f"{n}", n == expected)
    pool = glauber(16, np.repeat(temperatures(50), 400), 300, 0)
    spins = pool.spins.astype(np.int32)
    energy = -np.mean(spins * (np.roll(spins, 1, 1) + np.roll(spins, 1, 2)), axis=(1, 2)) / 2
    size, label = np.abs(spins.mean(axis=(1, 2))), pool.disordered
    walls = float(np.mean(((size < 0.5) & (energy < -0.75))[label == 0]))
    for name, found, expected, within in (
        ("energy threshold", best(energy, label), 0.952, 0.005), ("|M| threshold", best(-size, label), 0.930, 0.005),
        ("domain walls, share of ordered", walls, 0.025, 0.007),
        ("mean energy, coldest", energy[:400].mean(), -0.97, 0.01),
        ("mean energy, hottest", energy[-400:].mean(), -0.37, 0.02),
    ):  # fmt: skip
        yield Row(
            f"sampler at 300 sweeps, {name}", f"{expected} +- {within}", f"{found:.4f}", abs(found - expected) <= within
        )
    net = MLP(11, init="xavier_normal", init_scale=3.0).build(
        Signature(vocab=7, length=2, classes=7), key=jax.random.key(0), dtype=jnp.float32
    )  # fmt: skip
    x = jax.random.randint(jax.random.key(1), (64, 2), 0, 7)
    for kind in ("logits", "categorical"):
        apart = jnp.abs(fisher(net, x, kind) - flat(diagonal(net, x, kind=kind)))
        relative = float(apart.max() / flat(diagonal(net, x, kind=kind)).max())
        yield Row(f"F in closed form against autodiff, {kind}", "< 1e-5", f"{relative:.1e}", relative < 1e-5)
    ones = fisher(net, x)[-7:]
    yield Row("F of the last bias, raw logits", "1", f"{float(ones.min()):g}", bool(jnp.all(ones == 1)))
    rng = np.random.default_rng(0)
    s, other, f = rng.normal(size=50), rng.normal(size=50), rng.random(50)
    yield Row("S(s, s)", "1", f"{cosine(s, s, f):.12g}", abs(cosine(s, s, f) - 1) < 1e-12)
    scaled = abs(cosine(s, other, f) - cosine(s, other, 1e6 * f))
    yield Row("S under a scale of F", "no change", f"{scaled:.1e}", scaled < 1e-12)
    decay = cosine(-0.1 * s, -s, f)
    yield Row("origin alignment of pure decay", "1", f"{decay:.12g}", abs(decay - 1) < 1e-12)


def best(value: np.ndarray, label: np.ndarray) -> float:
    """Accuracy of the best rule `disordered above a threshold`; equal values fall on the same side."""
    order = np.argsort(value, kind="stable")
    right = np.cumsum(1 - label[order]) + label.sum() - np.cumsum(label[order])
    between = np.append(np.diff(value[order]) > 1e-9, True)
    return float(right[between].max() / len(label))


def of_suite(name: str, ledger: Ledger, **alike: float) -> Family | None:
    """The first family of a suite whose optimiser and batch are like these, as far as it is done."""
    suite = load_suite(name)
    runs = ledger.states({run.identity for run in suite.runs})
    done = [run for run in suite.runs if runs.get(run.identity) == "done"]
    mine = [
        run for run in done
        if all(getattr(run.optimiser, name, None) == value or getattr(run, name, None) == value
               for name, value in alike.items())
    ]  # fmt: skip
    found = families(mine, ledger)
    return found[0] if found else None


def addition(family: Family | None) -> Iterator[Row]:
    """Rows of modular addition; times may be one epoch later, as the published ones may count from 0."""
    wanted = {
        0.1: {"t_train": (6, 1), "t_test": (12, 1), "groks": (0, 0.5), "train_loss": (0.01735, 0.0003),
              "test_loss": (0.045, 0.003), "c": (5.2, 0.6)},
        10.0: {"t_train": (13, 1), "t_test": (57, 3), "groks": (1, 0.5), "train_loss": (0.01685, 0.0003),
               "test_loss": (0.043, 0.003), "c": (4.1, 0.25), "unembedding_live": (0.46, 0.02)},
    }  # fmt: skip
    for w0, checks in wanted.items():
        rows = pd.DataFrame() if family is None else family.frame[family.frame["w0"] == w0]
        for name, (expected, within) in checks.items():
            if not len(rows) or name not in rows:
                yield Row(f"addition, w0 = {w0:g}, {name}", f"{expected}", NO_RUN, None)
                continue
            value = float(rows[name].astype(float).mean())
            note = "at 200 epochs; published at 399 and later" if name in ("c", "unembedding_live") else ""
            yield Row(f"addition, w0 = {w0:g}, {name}", f"{expected} +- {within}", f"{value:.4g}",
                      abs(value - expected) <= within, note)  # fmt: skip
        yield from peak(family, w0)
    yield from through(family)


EPOCHS = {
    "test accuracy of w0 = 10": ("val_acc", {40: (0, 0.02), 50: (0.44, 0.3), 66: (1, 0.02)}),
    "train accuracy of w0 = 10": ("running_acc", {20: (1, 0.01)}),
    "IPR of live units of w0 = 10": (
        "unembedding_live", {30: (0.03, 0.02), 50: (0.09, 0.04), 60: (0.18, 0.06), 80: (0.42, 0.04), 100: (0.46, 0.02)},
    ),
}  # fmt: skip
"""By what is read, in a trace or of snapshots: epoch -> (expected, how far it may be)."""


def through(family: Family | None) -> Iterator[Row]:
    """Modular addition at w0 = 10, epoch by epoch, the mean over seeds."""
    members = [] if family is None else [m for m in family.runs if m.run.net.init_scale == 10]  # type: ignore[attr-defined]
    for name, (column, expected) in EPOCHS.items():
        for epoch, (value, within) in expected.items():
            said = f"addition, {name}, epoch {epoch}"
            if not members:
                yield Row(said, f"{value}", NO_RUN, None)
                continue
            frames = [m.trace if column in m.trace else m.through.set_index("epoch") for m in members]
            found = float(np.mean([frame[column].loc[epoch] for frame in frames]))
            yield Row(said, f"{value} +- {within}", f"{found:.3f}", abs(found - value) <= within)


def extreme(family: Family | None) -> Iterator[Row]:
    """Ten times the decay, w0 = 0.5: a slow start, and a net that is mostly dead."""
    rows = pd.DataFrame() if family is None else family.frame[family.frame["w0"] == 0.5]
    for name, (value, within) in {
        "t_train": (89, 10), "t_test": (115, 12), "train_loss": (0.53, 0.05), "test_loss": (0.59, 0.06),
        "unpruned": (0.998, 0.01), "c": (27, 5), "live_units": (45, 12),
    }.items():  # fmt: skip
        if not len(rows) or name not in rows:
            yield Row(f"extreme decay, w0 = 0.5, {name}", f"{value}", NO_RUN, None)
            continue
        found = float(rows[name].astype(float).mean())
        yield Row(f"extreme decay, w0 = 0.5, {name}", f"{value} +- {within}", f"{found:.4g}",
                  abs(found - value) <= within, f"{len(rows)} seeds")  # fmt: skip


def trade(batch_64: Family | None, batch_200: Family | None) -> Iterator[Row]:
    """The line of c against train loss up to w0 = 0.4, and that there is none at batch 200."""
    for name, family, expected in (
        ("batch 64", batch_64, "slope 2000 to 2700"), ("batch 200", batch_200, "no slope above 0"),
    ):  # fmt: skip
        frame = None if family is None else family.frame
        low = pd.DataFrame() if frame is None or "c" not in frame else frame[frame["w0"] <= COMPRESSIVE].dropna()
        if len(low) < 3:
            yield Row(f"trade-off, {name}", expected, NO_RUN, None)
            continue
        fit = trade_off(low["train_loss"].to_numpy(), low["c"].to_numpy())
        holds = 2000 <= fit.slope.value <= 2700 and fit.shows if name == "batch 64" else not fit.shows
        found = f"{fit.slope.value:.0f} [{fit.slope.low:.0f}, {fit.slope.high:.0f}], R2 {fit.r2:.2f}, {len(low)} runs"
        yield Row(f"trade-off, {name}", expected, found, bool(holds))


def peak(family: Family | None, w0: float) -> Iterator[Row]:
    """The peak of c after accuracy is there."""
    expected = {0.1: ("8 to 9, near epoch 30", 8, 9), 10.0: ("7.1, near epoch 70", 6.5, 7.7)}[w0]
    if family is None or family.pruned is None:
        yield Row(f"addition, w0 = {w0:g}, peak of c", expected[0], NO_RUN, None)
        return
    rows = family.with_scale(family.pruned.through)
    tops = [one.loc[one["c"].idxmax()] for _, one in rows[rows["w0"] == w0].groupby("id")]
    if tops:
        c, epoch = (float(np.mean([top[name] for top in tops])) for name in ("c", "epoch"))
        yield Row(f"addition, w0 = {w0:g}, peak of c", expected[0], f"{c:.2f}, epoch {epoch:.0f}",
                  expected[1] <= c <= expected[2])  # fmt: skip


def snapshots(family: Family | None) -> Iterator[Row]:
    """Ising: plateau, generalising and straightness at w0 = 10, the end at w0 = 1."""
    for w0 in (1.0, 10.0):
        members = [] if family is None else [m for m in family.runs if m.run.net.init_scale == w0]  # type: ignore[attr-defined]
        if not members:
            yield Row(f"Ising, w0 = {w0:g}", "see docs/paths.md", NO_RUN, None)
            continue
        trace, path = members[0].trace, members[0].path
        turn = path[(path["part"] == "all") & (path["metric"] == "fisher")].set_index("epoch")["turn"]
        if w0 == 1:
            first = int((trace["val_acc"].rolling(50).mean() >= 0.94).idxmax())
            yield Row("Ising, w0 = 1, test 0.94", "epoch 800 to 1000", f"epoch {first}", 600 <= first <= 1400)
            at = trace.loc[6900:7100].mean()
            for name, column, expected, within in (("test accuracy", "val_acc", 0.945, 0.01),
                                                   ("train accuracy", "running_acc", 0.96, 0.015),
                                                   ("test loss", "val_loss", 0.165, 0.015)):  # fmt: skip
                yield Row(f"Ising, w0 = 1, {name} near epoch 7000", f"{expected} +- {within}", f"{at[column]:.3f}",
                          bool(abs(at[column] - expected) <= within))  # fmt: skip
            continue
        train = trace["running_acc"]
        yield Row("Ising, w0 = 10, train accuracy on the plateau", "1.0", f"{train.loc[2500:8000].median():.3f}",
                  bool(train.loc[2500:8000].median() >= 0.995))  # fmt: skip
        yield Row("Ising, w0 = 10, train accuracy at the end", "0.97 +- 0.01", f"{train.tail(100).mean():.3f}",
                  bool(abs(train.tail(100).mean() - 0.97) <= 0.01))  # fmt: skip
        plateau, late = trace["val_acc"].loc[2000:8000].median(), trace["val_acc"].loc[21000:].max()
        yield Row("Ising, w0 = 10, plateau of test accuracy", "0.81", f"{plateau:.3f}", abs(plateau - 0.81) < 0.03)
        yield Row("Ising, w0 = 10, test by 21,000 and later", ">= 0.94", f"{late:.3f}", late >= 0.94)
        yield Row("Ising, w0 = 10, S on the plateau", ">= 0.99", f"{turn.loc[5000:12000].min():.3f}",
                  bool(turn.loc[5000:12000].min() >= 0.99))  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, help="folder with the ledger of runs that are done")
    out = parser.parse_args().out
    rows = list(without_training())
    if out is not None:
        with open_ledger(out / "ledger.sqlite", create=False) as ledger:
            rows += [*addition(of_suite("paths-quick", ledger)), *snapshots(of_suite("paths-ising", ledger))]
            of = partial(of_suite, "paths-acceptance", ledger)
            rows += extreme(of(weight_decay=3.0e-4))
            rows += trade(of(weight_decay=3.0e-5, batch_size=64), of(batch_size=200))
    for row in rows:
        verdict = {True: "holds", False: "FAILS", None: "-"}[row.holds]
        print(f"{verdict:6} {row.check:48} expected {row.expected:24} found {row.found} {row.note}".rstrip())


if __name__ == "__main__":
    main()
