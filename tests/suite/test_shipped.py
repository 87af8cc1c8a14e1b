"""The suites that ship expand to the published counts, and say what is meant."""

from pathlib import Path

import pytest

from grokscope.measurements import Capacity
from grokscope.suite import SuiteError, load_suite, shipped
from grokscope.suite.shipped import shipped_folder
from grokscope.tasks import RandomLabels
from grokscope.training.cost import flops_per_epoch

PUBLISHED = {
    "central": (4400, 14300),
    "weight_decay_sweep": (3150, 3360),
    "alpha_sweep": (1500, 1600),
    "dropout_sweep": (1500, 1600),
    "lr_sweep": (1500, 1600),
    "init_scale_sweep": (900, 960),
    "task_add": (300, 320),
    "task_mul": (300, 320),
    "depth_scaling": (576, 576),
    "heads_sweep": (900, 1140),
    "smoke": (2, 2),
}
CAPACITY = {
    "central": 56,
    "weight_decay_sweep": 168,
    "alpha_sweep": 24,
    "dropout_sweep": 81,
    "lr_sweep": 120,
    "init_scale_sweep": 72,
    "task_add": 24,
    "task_mul": 24,
    "depth_scaling": 72,
    "smoke": 6,
}

BEYOND = {
    "task_sub": ([15, 15], {"-"}),
    "task_s5": ([16, 16], {"permutations"}),
    "net_variants": ([24, 24], {"layer", "rms", "learned", "silu"}),
    "net_mlp": ([12, 12], {"mlp"}),
    "optimisers": ([30, 30], {"adamw", "adam", "sgd", "muon", "grokfast"}),
    "numerical_edge": ([0, 9], {"stablemax", "cross_entropy", "orthogonal"}),
}
"""Speed and groks runs of the suites beyond the published ones, and what must be in them."""

PATHS = {
    "paths": (358, 70),
    "paths-quick": (10, 10),
    "paths-ising": (2, 0),
    "paths-acceptance": (27, 0),
    "paths-seeds": (40, 0),
}
"""Watched and speed runs of the suites of the study of paths."""


def words(spec):
    """Every text in a spec, however deep."""
    for value in spec.values():
        if isinstance(value, dict):
            yield from words(value)
        elif isinstance(value, str):
            yield value


@pytest.fixture(scope="module")
def suites():
    return {name: load_suite(name) for name in shipped()}


def test_every_published_suite_and_quick_ship(suites):
    assert set(suites) == {*PUBLISHED, *BEYOND, *PATHS, "quick", "order-quick", "order-larger", "order"}


@pytest.mark.parametrize("name", BEYOND)
def test_what_goes_beyond_the_published_is_sized_for_a_laptop(suites, name):
    counts, settings = BEYOND[name]
    runs = suites[name].runs
    assert [suites[name].counts()[kind] for kind in ("speed", "groks")] == counts
    assert {word for run in runs for word in words(run.spec)} >= settings
    assert sum(flops_per_epoch(run) * run.max_epochs for run in runs) < 3e14  # an hour of a two-core laptop
    for speed in (run for run in runs if run.measurement.kind == "speed"):
        alike = [run.task for run in runs if run.measurement.kind == "groks" and run.task.p == speed.task.p]
        assert {task.n_train for task in alike} == {speed.task.n_train}


@pytest.mark.parametrize("name", PUBLISHED)
def test_speed_and_groks_counts_are_the_published_ones(suites, name):
    counts = suites[name].counts()
    assert (counts["speed"], counts["groks"]) == PUBLISHED[name]


@pytest.mark.parametrize("name", CAPACITY)
def test_capacity_counts_are_the_published_ones_but_for_heads(suites, name):
    assert suites[name].counts()["capacity"] == CAPACITY[name]


def test_capacity_is_on_random_data_without_dropout_except_where_dropout_is_swept(suites):
    for name, suite in suites.items():
        if suite.study != "race":
            continue
        capacity = [run for run in suite.runs if isinstance(run.measurement, Capacity)]
        assert all(isinstance(run.task, RandomLabels) for run in capacity), name
        expected = {0.0, 0.2, 0.4} if name == "dropout_sweep" else {0.0}
        assert {run.net.dropout for run in capacity} == (expected if capacity else set()), name


def test_nothing_ships_that_warns_or_is_skipped(suites):
    assert not [
        (name, suite.warnings, suite.skipped) for name, suite in suites.items() if suite.warnings or suite.skipped
    ]


def test_identities_are_unique_across_the_central_suite(suites):
    runs = suites["central"].runs
    assert len(runs) == 18_756
    assert len({run.identity for run in runs[::7]}) == len(runs[::7])
    assert len(set(runs)) == len(runs)


def test_heads_sweep_has_the_published_counts_for_each_number_of_heads(suites):
    counts = {"speed": {}, "groks": {}}
    for run in suites["heads_sweep"].runs:
        if run.measurement.kind in counts:
            by_heads = counts[run.measurement.kind]
            by_heads[run.net.heads] = by_heads.get(run.net.heads, 0) + 1
    assert counts == {"speed": {1: 240, 2: 240, 4: 240, 8: 180}, "groks": {1: 320, 2: 320, 4: 280, 8: 220}}


def test_the_published_defaults_reach_speed_and_groks(suites):
    for run in suites["central"].runs:
        if run.measurement.kind != "capacity":
            assert (run.optimiser.weight_decay, run.net.dropout, run.max_epochs, run.batch_size) == (
                1.0,
                0.2,
                5000,
                512,
            )


def test_a_name_finds_the_shipped_file_and_a_path_any_file(tmp_path: Path):
    copy = tmp_path / "mine.yaml"
    copy.write_text((shipped_folder() / "smoke.yaml").read_text())
    by_name, by_path = load_suite("smoke"), load_suite(copy)
    assert by_name.path == shipped_folder() / "smoke.yaml"
    assert by_path.path == copy
    assert by_path.runs == by_name.runs
    assert by_path.text == copy.read_text()


def test_a_folder_of_a_shipped_name_does_not_hide_the_suite(tmp_path, monkeypatch):
    (tmp_path / "smoke").mkdir()
    monkeypatch.chdir(tmp_path)
    assert load_suite("smoke").name == "smoke"


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ("centrl", "'centrl': found no such file and no shipped suite, expected central, the nearest shipped suite"),
        ("a\0b", "'a\\x00b': found no such file and no shipped suite"),
        ("x" * 5000, "found no such file and no shipped suite, expected a path, or one of alpha_sweep"),
    ],
)
def test_a_missing_suite_is_one_line(wanted, message):
    with pytest.raises(SuiteError) as caught:
        load_suite(wanted)
    assert message in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_a_folder_and_a_file_that_is_not_utf8_are_refused(tmp_path):
    with pytest.raises(SuiteError, match="found a folder, expected a YAML file"):
        load_suite(tmp_path)
    latin = tmp_path / "latin.yaml"
    latin.write_bytes("name: ok\ndescription: caf\xe9\n".encode("latin-1"))
    with pytest.raises(SuiteError, match=r"latin.yaml:2: found the byte 0xe9, expected text in UTF-8"):
        load_suite(latin)


def test_a_file_that_cannot_be_read_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "locked.yaml"
    path.touch()

    def refuse(self):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(SuiteError, match=r"locked.yaml: found a file that cannot be read \(Permission denied\)"):
        load_suite(path)


@pytest.mark.parametrize("name", PATHS)
def test_the_suites_of_paths_ask_for_their_study(suites, name):
    suite = suites[name]
    assert suite.study == "paths"
    assert (suite.counts()["watch"], suite.counts()["speed"]) == PATHS[name]
    assert all(run.max_epochs % run.snapshot_every == 0 for run in suite.runs if run.snapshot_every)
