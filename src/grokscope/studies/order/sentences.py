"""Sentences: what the tables of the study say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from grokscope.report.status import Counts
from grokscope.studies.order.facts.cells import UNPRUNED, UNTRAINED, Cell, with_strength

LEARNED_MOST = 0.9
"""Share of seeds that must learn a task for a scheme to count as one that does it no harm."""
FAR = 3.0
"""Standard errors."""
TRIES, ROUNDED = 5, 0.001
"""Of the published means."""
IMPOSED = "damping|triangle"


def describe_comparison(plain: pd.DataFrame) -> Iterator[str]:
    """By task: what training alone gives, what the best harmless pruning adds, what imposing an order gives."""
    for task, rows in plain.groupby("task", sort=False):
        if task == UNTRAINED:
            yield from _describe_untrained(rows)
            continue
        alone = rows[rows["scheme"] == UNPRUNED]
        found = rows[(rows["scheme"] != UNPRUNED) & ~rows["scheme"].str.contains(IMPOSED)]
        if len(alone):
            one = alone.iloc[0]
            yield (
                f"{task}: trained without pruning, orderedness is {one['orderedness']:.3f}, of which "
                f"{_excess(one)} is more than chance gives to the same entries."
            )
        harmless = found[found["learned"] >= LEARNED_MOST]
        if len(harmless):
            best = harmless.loc[harmless["excess"].idxmax()]
            yield (
                f"{task}: of the schemes that impose no order and let {LEARNED_MOST:.0%} of the seeds learn, "
                f"{_name(best)} has the largest excess of {len(harmless)}: {_excess(best)}{_and_beyond_training(best)}."
            )
        harmful = found[found["learned"] < LEARNED_MOST]
        if len(harmful):
            best = harmful.loc[harmful["excess"].idxmax()]
            yield (
                f"{task}: where fewer learn, the largest excess is that of {_name(best)}: {_excess(best)}"
                f"{_and_beyond_training(best)}, with {best['learned']:.0%} of the seeds learning."
            )
        imposed = rows[rows["scheme"].str.contains(IMPOSED)]
        if len(imposed):
            yield (
                f"{task}: schemes that impose an order end at an orderedness of {imposed['orderedness'].min():.3f} to "
                f"{imposed['orderedness'].max():.3f}; at least {imposed['learned'].min():.0%} of the seeds learn."
            )


def describe_pairs(found: pd.DataFrame) -> Iterator[str]:
    """Say what a schedule adds to its scheme, and magnitude to chance, at equal seeds: intervals without 0."""
    told = found[(found["against"] != UNPRUNED) & (found["task"] != UNTRAINED)]
    for (task, scheme), rows in told[~told["scheme"].str.contains(IMPOSED)].groupby(["task", "scheme"], sort=False):
        sure = rows[(rows["difference_low"] > 0) | (rows["difference_high"] < 0)]
        said = [f"{_name(row)} {_beyond(row, 'difference')} over {row['against']}" for _, row in sure.iterrows()]
        yield (
            f"{task}, {scheme}: of its {len(rows)} differences of excess from other schemes at equal seeds, "
            f"{len(sure)} have an interval without 0{': ' if said else ''}{'; '.join(said)}."
        )


def _describe_untrained(rows: pd.DataFrame) -> Iterator[str]:
    found = rows[~rows["scheme"].str.contains(IMPOSED)]
    if len(found):
        most = found.loc[found["orderedness"].idxmax()]
        far = found.loc[(found["excess"].abs()).idxmax()]
        yield (
            f"Without training, pruning raises orderedness to as much as {most['orderedness']:.3f} ({_name(most)}); "
            f"its excess is {_excess(most)}, and the largest of any such scheme {_excess(far)} ({_name(far)})."
        )


def caveats(plain: pd.DataFrame) -> Iterator[str]:
    """Limits of the comparison that its own numbers show."""
    few = plain["seeds"].min()
    if few < 30:
        yield f"Some cells have only {few} seeds."
    if not (plain["task"] == UNTRAINED).any():
        yield "There is no untrained control, so that what sparsity alone gives is known from the null only."


def describe_courses(kept: pd.DataFrame) -> Iterator[str]:
    """Say when the excess of each cell is largest, and what is left of it at the end."""
    for (task, scheme, value, epochs), rows in kept.groupby(
        ["task", "scheme", "value", "epochs"], sort=False, dropna=False
    ):
        top, last = rows.loc[rows["excess"].idxmax()], rows.loc[rows["epoch"].idxmax()]
        name = with_strength(scheme, value)
        yield (
            f"{task}, {name}, {epochs} epochs: excess largest, {top['excess']:+.3f}, at epoch {int(top['epoch'])} "
            f"and {_beyond(last, 'excess')} at the end{_and_beyond_training(last)}."
        )


def describe_learners(table: pd.DataFrame) -> Iterator[str]:
    """By task: losses of all nets at the same epoch, and when each would have been good enough to stop."""
    for task, rows in table.groupby("task", sort=False):
        parts = [
            f"{row['net']} ({int(row['params'])} parameters) {row['loss']:.2g}, {row['learned']:.0%} learned"
            for _, row in rows.iterrows()
        ]
        yield f"{task}, median loss after {int(rows['epochs'].iloc[0])} epochs: " + "; ".join(parts) + "."


def describe_sizes(table: pd.DataFrame) -> Iterator[str]:
    """At one iteration, and where the excess is largest."""
    for (task, scheme), rows in table.groupby(["task", "scheme"], sort=False):
        once = rows[rows["iterations"] == 1]
        best = rows.loc[rows["excess"].idxmax()]
        said = f"{task}, {scheme}: the excess is largest, {_excess(best)}, with {int(best['hidden'])} hidden units and "
        said += f"{int(best['iterations'])} iterations"
        if len(once):
            said += f"; with one iteration, which trains no hidden unit, it is {once['excess'].min():+.3f} to "
            said += f"{once['excess'].max():+.3f}"
        yield said + "."


def describe_larger(rows: pd.DataFrame) -> Iterator[str]:
    """By task and size: excess with and without pruning."""
    for (task, hidden), mine in rows.groupby(["task", "hidden"], sort=False):
        parts = [f"{_name(row)} {_excess(row)}" for _, row in mine.iterrows()]
        alone = mine.iloc[0]
        done = f"{alone['learned']:.0%} of the seeds fit their training examples without pruning"
        yield f"{task}, {int(hidden)} hidden units ({done}): " + "; ".join(parts) + "."


def describe_published(table: pd.DataFrame) -> Iterator[str]:
    """Say how many cells agree with the re-measurement, and which do not."""
    known = table[table["z"].notna()]
    far = known[known["z"].abs() > FAR]
    yield (
        f"{len(known) - len(far)} of {len(known)} excesses are within {FAR:g} standard errors of what was measured "
        "anew from the published code."
    )
    for _, row in far.iterrows():
        yield (
            f"{row['task']}, {_name(row)}: {row['excess']:+.3f} ± {row['error']:.3f} against "
            f"{row['their_excess']:+.3f} ± {row['their_error']:.3f}, {row['z']:+.1f} standard errors apart."
        )
    if "orderedness_inputs" in table:
        old = table[table["their_orderedness_inputs"].notna()]
        apart = (old["orderedness_inputs"] - old["their_orderedness_inputs"]).abs()
        near = int((apart <= FAR * old["their_sd_inputs"] / TRIES**0.5 + ROUNDED).sum())
        yield (
            f"With as many pins as inputs, {near} of {len(old)} means are within {FAR:g} standard errors of the "
            f"published ones, which are of {TRIES} tries that share their random masks."
        )


def _name(row: pd.Series) -> str:
    return with_strength(str(row["scheme"]), float(row["value"]))


def _excess(row: pd.Series) -> str:
    return f"{row['excess']:+.3f} [{row['low']:+.3f}, {row['high']:+.3f}]"


def _and_beyond_training(row: pd.Series) -> str:
    if row["beyond"] != row["beyond"]:
        return ""
    return f", {_beyond(row)} beyond training alone at equal seeds"


def _beyond(row: pd.Series, name: str = "beyond") -> str:
    return f"{row[name]:+.3f} [{row[f'{name}_low']:+.3f}, {row[f'{name}_high']:+.3f}]"


_VERBS = {"t_mem": "memorise", "t_gen": "generalise"}


def describe_times(cells: pd.DataFrame) -> Iterator[str]:
    """By task and time: whether networks that end more ordered arrive earlier or later than others of their cell."""
    for (task, name), rows in cells[cells["rho"].notna()].groupby(["task", "time"], sort=False):
        sure = rows[(rows["rho_low"] > 0) | (rows["rho_high"] < 0)]
        said = [
            f"{int(row['hidden'])} hidden, {with_strength(row['scheme'], row['value'])} {row['rho']:+.2f} "
            f"[{row['rho_low']:+.2f}, {row['rho_high']:+.2f}]"
            for _, row in sure.iterrows()
        ]
        yield (
            f"{task}: rank correlation over seeds of excess and the epoch at which they {_VERBS[str(name)]} (positive: "
            f"the more ordered arrive later), {len(rows)} cells: {rows['rho'].min():+.2f} to {rows['rho'].max():+.2f}; "
            f"{len(sure)} have an interval without 0{': ' if said else ''}{'; '.join(said)}."
        )


def describe_gaps(progress: Mapping[str, Counts], frames: Mapping[Cell, pd.DataFrame]) -> list[str]:
    """Say what the data do not allow, a sentence each."""
    said = [
        f"{kind}: {count.done} of {count.total} runs are done; what is said rests on those."
        for kind, count in progress.items()
        if count.done < count.total
    ]
    unseen = sum(cell.n_snapshots < 2 for cell in frames)
    if unseen:
        said.append(f"{unseen} cells keep no snapshots of beginning and end, so that nothing is measured of them.")
    return said
