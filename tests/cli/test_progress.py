"""The bars count what is run, not what the suite asks for."""

from __future__ import annotations

import io

from rich.console import Console

from grokscope.cli.progress import Display
from grokscope.suite import load_suite
from grokscope.training.outcomes import Failed, Provenance

RECORD = Provenance(*("0", "", "here", "cpu", "loop", 1, 1.0), *("2026-01-01T00:00:00+00:00",) * 2)


def shown(display: Display) -> dict[str, tuple[float, float | None]]:
    return {task.description: (task.completed, task.total) for task in display._bars.tasks}


def test_bars_count_the_runs_that_are_to_be_done() -> None:
    runs = load_suite("smoke").runs
    some = [run for run in runs if run.measurement.kind != "capacity"][1:]
    with Display(Console(file=io.StringIO(), force_terminal=True)) as display:
        assert shown(display) == {}
        display.expect(some)
        kinds = [run.measurement.kind for run in some]
        assert shown(display) == {kind: (0, kinds.count(kind)) for kind in set(kinds)}
        display.watch(Failed(some[0], "an error", 0, RECORD))
        assert shown(display)[kinds[0]] == (1, kinds.count(kinds[0]))
