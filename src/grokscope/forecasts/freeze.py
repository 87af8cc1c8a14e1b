"""Making a suite's forecasts from its calibration runs, and keeping them in the ledger.

No result and no trace of a held-out run is read here: only which there will be, and how many are done.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any, NamedTuple

import pandas as pd

from grokscope.forecasts.calibration import GENERALISING, MEMORISING, VERSION
from grokscope.forecasts.observe import read_arrivals
from grokscope.forecasts.payload import CalibrationRuns, delay_thresholds, predict_settings
from grokscope.forecasts.split import PROBE, Split, describe_runs, require_calibration, split_runs
from grokscope.laws.results import Accuracy
from grokscope.laws.tidy import tidy
from grokscope.laws.times.cells import split_by_setting
from grokscope.ledger import KeptForecast, Ledger
from grokscope.ledger.database import batches
from grokscope.spec import InputError
from grokscope.suite import Analysis, Suite

ENDED = ("done", "failed")


class FreezeResult(NamedTuple):
    """The result of `freeze`: the forecasts it kept, and what a person should know of the others, a line each."""

    kept: tuple[KeptForecast, ...]
    notes: tuple[str, ...]


def freeze(suite: Suite, ledger: Ledger, *, supersede: bool = False) -> FreezeResult:
    """Keep a forecast by every accuracy that has none, or with `supersede` also where another would now be made.

    Raises:
        SuiteError: the suite says nothing of a calibration, or nothing that can be.
        InputError: calibration runs are still to be done, or are too few for the laws by any accuracy.
        LedgerError: the ledger cannot be used.
    """
    runs = split_runs(suite, require_calibration(suite))
    used = sorted(_done_identities(ledger, [run.identity for run in runs.calibration]))
    standing = {one.accuracy: one for one in ledger.forecasts.all(suite.name, standing=True) if one.probe == PROBE}
    identities = {accuracy: _forecast_identity(suite.analysis, accuracy, used) for accuracy in suite.analysis.accuracy}
    changed = {
        name for name, identity in identities.items() if name in standing and standing[name].identity != identity
    }
    due = [name for name in identities if name not in standing or (supersede and name in changed)]
    notes = [
        f"by {name} accuracy {standing[name].id} stands; made now, with what the suite says and the runs that are done "
        "now, it would be another (--supersede keeps that one in its place)"
        for name in sorted(changed - set(due))
    ]
    if not due:
        return FreezeResult((), tuple(notes))
    payloads = _payloads(suite, ledger, runs, used, due, notes)
    return FreezeResult(
        tuple(
            ledger.forecasts.keep(
                suite=suite.name,
                accuracy=accuracy,
                probe=PROBE,
                identity=identities[accuracy],
                payload=payload,
                supersede=accuracy in standing,
            )
            for accuracy, payload in payloads.items()
        ),
        tuple(notes),
    )


def forecast_settings(analysis: Analysis, accuracy: Accuracy) -> dict[str, Any]:
    """Everything but the runs that shapes a forecast."""
    main = analysis.families[0]
    return {
        "calibrate": None if analysis.calibrate is None else analysis.calibrate.model_dump(mode="json"),
        "accuracy": accuracy,
        "probe": PROBE,
        "laws": {
            "version": VERSION,
            "memorising": list(MEMORISING),
            "generalising": list(GENERALISING),
            "capacity_constant": analysis.pinned_capacity,
            "max_dim": main.max_dim,
            "thresholds": list(delay_thresholds(analysis)),
            "seed": analysis.bootstrap_seed,
        },
    }


def _payloads(
    suite: Suite, ledger: Ledger, runs: Split, used: Sequence[str], due: Sequence[Accuracy], notes: list[str]
) -> dict[Accuracy, dict[str, Any]]:
    """By accuracy what is to be kept, all of it before any is; `notes` gains the accuracies that cannot be."""
    failed = _refuse_unfinished(suite, ledger, runs)
    frame = tidy(pd.concat([ledger.runs(where={"id": ids}) for ids in batches(used)], ignore_index=True))
    known = [
        CalibrationRuns(setting, rows, read_arrivals(ledger, rows, delay_thresholds(suite.analysis)))
        for setting, rows in split_by_setting(frame)
    ]
    outlook = describe_runs(runs.held_out)
    done = len(_done_identities(ledger, list(outlook["id"])))
    found: dict[Accuracy, dict[str, Any]] = {}
    refused = []
    for accuracy in due:
        parts = predict_settings(known, outlook, suite.analysis, accuracy)
        if not any("forecasts" in part for part in parts):
            refused.append(f"by {accuracy} accuracy none can be made: {parts[0]['refused']}")
            continue
        found[accuracy] = forecast_settings(suite.analysis, accuracy) | {
            "runs": list(used),
            "failed": failed,
            "held_out": {"runs": len(outlook), "done": done},
            "parts": parts,
        }
    if not found:
        raise InputError(f"{suite.name}: {'; '.join(refused)}")
    notes += refused
    return found


def _refuse_unfinished(suite: Suite, ledger: Ledger, runs: Split) -> int:
    """How many calibration runs failed; all others must be done, or the forecast would rest on whichever were first."""
    identities = [run.identity for run in runs.calibration]
    states = ledger.states(identities)
    ended = [states[identity] for identity in identities if states.get(identity) in ENDED]
    if waiting := len(identities) - len(ended):
        raise InputError(
            f"{suite.name}: found {waiting:,} of {len(identities):,} calibration runs still to be done, expected none "
            "(`grokscope run --calibration` does them and no others)"
        )
    if "done" not in ended:
        raise InputError(f"{suite.name}: found no calibration run that is done, expected some")
    return ended.count("failed")


def _done_identities(ledger: Ledger, identities: list[str]) -> list[str]:
    return [identity for identity, state in ledger.states(identities).items() if state == "done"]


def _forecast_identity(analysis: Analysis, accuracy: Accuracy, used: Sequence[str]) -> str:
    """Hash of everything that a forecast is made from."""
    said = json.dumps(forecast_settings(analysis, accuracy) | {"runs": list(used)}, sort_keys=True, allow_nan=False)
    return hashlib.sha256(said.encode()).hexdigest()[:20]
