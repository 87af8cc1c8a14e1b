"""A suite that is done again: what it begins with, and whether it came to the same."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

from grokscope.ledger import Ledger
from grokscope.suite import Suite

TIMES = ("epochs", "stopped", "t_mem_running", "t_mem_eval", "t_gen")
"""What a run concludes in whole numbers. Losses differ by rounding from one machine to another; these seldom do."""


class Agreement(NamedTuple):
    """The two results of a run that was done twice, compared.

    `identical`: equal traces, to the bit. `agrees`: equal times and ends. `differs`: not; `why` says which. `missing`:
    done in only one of the two ledgers, or in none.
    """

    id: str
    label: str
    verdict: Literal["identical", "agrees", "differs", "missing"]
    why: str = ""


def prepare_repeat(suite: Suite, recorded: Ledger, repeated: Ledger) -> None:
    """Enter the suite into the ledger in which it is done again, and the forecasts that were frozen before.

    They foretell these runs as they did the recorded ones.
    """
    repeated.register(suite.name, suite.text, suite.runs)
    repeated.forecasts.enter(recorded.forecasts.all(suite.name))


def compare_runs(suite: Suite, recorded: Ledger, repeated: Ledger) -> list[Agreement]:
    """A verdict on every run of the suite, in its order."""
    results = []
    for ledger in (recorded, repeated):
        records = ledger.records(status="done")
        results.append({record["id"]: record["result"] for record in records})
    then, now = results
    found = []
    for run in suite.runs:
        identity = run.identity
        lacking = [name for name, known in (("recorded", then), ("repeated", now)) if identity not in known]
        if lacking:
            found.append(Agreement(identity, run.label, "missing", f"not {' and not '.join(lacking)}"))
            continue
        before, after = then[identity], now[identity]
        other = [f"{name} {before[name]} and then {after[name]}" for name in TIMES if before[name] != after[name]]
        if other:
            found.append(Agreement(identity, run.label, "differs", ", ".join(other)))
        else:
            same = _has_same_trace(identity, recorded, repeated)
            found.append(Agreement(identity, run.label, "identical" if same else "agrees"))
    return found


def _has_same_trace(identity: str, recorded: Ledger, repeated: Ledger) -> bool:
    (then,), (now,) = (ledger.traces([identity]).values() for ledger in (recorded, repeated))
    return then.keys() == now.keys() and all(
        then[name].dtype == now[name].dtype and np.array_equal(then[name], now[name], equal_nan=True) for name in then
    )
