"""From experiments to runs: order, defaults, fallbacks, and what each key becomes."""

import pytest

from grokscope.measurements import Capacity, Groks, Speed
from grokscope.run import Seeds
from grokscope.tasks import Modular, RandomLabels, Shuffled

from .documents import VALID, parsed, suite_of


def runs_of(*args, **kwargs):
    return parsed(suite_of(*args, **kwargs)).runs


def one_run(keys, kind="speed", defaults="{}"):
    """The only run of an experiment with these keys beside the necessary ones."""
    necessary = f"type: {kind}, primes: [97], seeds: [1], dims: [32]"
    (run,) = runs_of(f"e: {{{necessary}, {keys}}}", defaults)
    return run


def test_measurements_come_in_order_and_experiments_in_that_of_the_file():
    suite = parsed(
        suite_of("""
        g: {type: groks, primes: 97, seeds: 1, dims: 32}
        second: {type: speed, primes: 97, seeds: 1, dims: 40}
        first: {type: speed, primes: 97, seeds: 1, dims: 32}
        c: {type: capacity, primes: 97, seeds: 1, dims: 32, n_samples: 10}
        """)
    )
    assert suite.experiments == ("c", "second", "first", "g")
    assert suite.counts() == {"capacity": 1, "speed": 2, "groks": 1}


def test_inside_an_experiment_size_runs_fastest_then_width_seed_prime_and_setting():
    runs = runs_of("""
        c:
          type: capacity
          n_samples: [10, 20]
          dims: [8, 12]
          seeds: [1, 2]
          primes: [5, 7]
          lr: [0.1, 0.2]
          heads: [1, 2]
        """)
    found = [(r.optimiser.lr, r.net.heads, r.task.p, r.seeds.data, r.net.dim, r.task.n) for r in runs]
    assert len(found) == 64
    assert found == sorted(found)


def test_defaults_lie_under_an_experiment_that_may_replace_them():
    runs = runs_of(
        """
        a: {type: speed, dims: [32]}
        b: {type: speed, dims: [40], lr: [0.3], seeds: [7]}
        """,
        defaults="{primes: [97], seeds: [1, 2], lr: [0.1, 0.2], max_epochs: 9}",
    )
    assert [(r.net.dim, r.optimiser.lr, r.seeds.data) for r in runs] == [
        (32, 0.1, 1),
        (32, 0.1, 2),
        (32, 0.2, 1),
        (32, 0.2, 2),
        (40, 0.3, 7),
    ]
    assert {r.max_epochs for r in runs} == {9}


def test_an_experiment_that_names_widths_takes_none_from_the_defaults():
    runs = runs_of(
        "a: {type: speed, primes: 97, seeds: 1, dim_ranges: {start: 40, end: 48, step: 4}}", defaults="{dims: [8]}"
    )
    assert [r.net.dim for r in runs] == [40, 44, 48]


def test_a_default_that_a_measurement_does_not_read_is_left_aside():
    runs = runs_of(
        "a: {type: groks, primes: 97, seeds: 1, dims: 32}",
        defaults="{saturation_threshold: 0.5, probe: [random, vocab]}",
    )
    assert len(runs) == 1


@pytest.mark.parametrize(
    ("kind", "decay", "dropout"), [("capacity, n_samples: 10", 0.01, 0.0), ("speed", 0.01, 0.2), ("groks", 1.0, 0.2)]
)
def test_fallbacks_differ_by_measurement_and_yield_to_defaults(kind, decay, dropout):
    bare = one_run("lr: 0.001", kind)
    assert (bare.optimiser.weight_decay, bare.net.dropout) == (decay, dropout)
    assert (bare.optimiser.lr, bare.max_epochs, bare.batch_size, bare.net.depth, bare.net.heads) == (
        0.001,
        5000,
        512,
        2,
        1,
    )
    set_ = one_run("lr: 0.001", kind, defaults="{weight_decay: 0.5, dropout: 0.4}")
    assert (set_.optimiser.weight_decay, set_.net.dropout) == (0.5, 0.4)


def test_published_keys_reach_their_fields():
    run = one_run(
        "operation: '*', train_fraction: 0.3, split_type: sequential, depth: 3, heads: 2, dropout: 0.1,"
        " init_scale: 0.5, lr: 1e-2, weight_decay: 0.2, beta1: 0.8, beta2: 0.9, batch_size: -1, max_epochs: 7,"
        " patience: 5, min_delta: 0.1, early_stopping_train: 0.9, early_stopping_val: 95,"
        " architecture_family: transformer_gated",
        "groks",
    )
    assert run.task == Modular(97, "*", 0.3, "sequential")
    assert (run.net.depth, run.net.heads, run.net.dropout, run.net.init_scale) == (3, 2, 0.1, 0.5)
    optimiser = run.optimiser
    assert (optimiser.lr, optimiser.weight_decay, optimiser.beta1, optimiser.beta2) == (0.01, 0.2, 0.8, 0.9)
    assert (run.batch_size, run.max_epochs) == (-1, 7)
    assert run.measurement == Groks(0.9, 0.95, patience=5, min_delta=0.1)


def test_our_own_keys_reach_their_fields():
    run = one_run("rotary: intended, precision: float64, keep: final, stop_on: both")
    assert (run.net.rotary, run.precision, run.keep) == ("intended", "float64", "final")
    assert run.measurement == Speed(stop_on="both")
    assert [r.matmul for r in runs_of("e: {type: speed, primes: 97, seeds: 1, dims: 32, matmul: [highest, tf32]}")] == [
        "highest",
        "tf32",
    ]


@pytest.mark.parametrize("threshold", ["99", "0.99", "99.0"])
def test_thresholds_are_fractions_or_percent(threshold):
    assert one_run(f"saturation_threshold: {threshold}").measurement == Speed(0.99)


def test_capacity_keys():
    run = one_run("n_samples: [10], patience: 7, min_delta: 0.5", "capacity")
    assert run.measurement == Capacity(7, 0.5)
    assert run.task == RandomLabels(97, 10)


def test_seeds_are_one_number_for_all_streams_or_one_each():
    runs = runs_of("a: {type: speed, primes: 97, dims: 32, seeds: [3, {data: 1, init: 2, order: 4, dropout: 5}]}")
    assert [run.seeds for run in runs] == [Seeds(3, 3, 3, 3), Seeds(1, 2, 4, 5)]


@pytest.mark.parametrize(
    ("keys", "task"),
    [
        ("n_samples: auto", RandomLabels(97, 4656)),
        ("operation: '+'", RandomLabels(97, 4704)),
        ("n_samples: 77", RandomLabels(97, 77)),
        ("probe: vocab", Shuffled(Modular(97), "vocab")),
        ("probe: permuted, split_type: alternating", Shuffled(Modular(97, split="alternating"), "permuted")),
        ("probe: digits, n_samples: 100", Shuffled(Modular.of_size(97, "/", 100), "digits")),
    ],
)
def test_speed_memorises_random_data_or_a_probe_of_the_task(keys, task):
    assert one_run(keys).task == task


def test_p13_division_has_78_examples():
    (run,) = runs_of("a: {type: speed, primes: 13, seeds: 1, dims: 16}")
    assert run.task.n_train == 78


@pytest.mark.parametrize(
    ("keys", "defaults", "task", "warned"),
    [
        ("lr: 0.1", "{}", RandomLabels(97, 50), False),
        ("operation: random", "{operation: /}", RandomLabels(97, 50), False),
        ("dataset_type: random", "{operation: /}", RandomLabels(97, 50), False),
        ("lr: 0.1", "{operation: /}", Modular.of_size(97, "/", 50), True),
        ("operation: '+'", "{}", Modular.of_size(97, "+", 50), True),
        ("dataset_type: modular", "{}", Modular.of_size(97, "/", 50), True),
    ],
)
def test_capacity_data_are_random_unless_an_operation_says_otherwise_which_is_warned_of(keys, defaults, task, warned):
    text = suite_of(f"c: {{type: capacity, primes: 97, seeds: 1, dims: 32, n_samples: 50, {keys}}}", defaults)
    suite = parsed(text)
    assert suite.runs[0].task == task
    assert bool(suite.warnings) == warned
    assert all("trains on modular data" in warning for warning in suite.warnings)


def test_capacity_under_a_dropout_of_the_defaults_is_warned_of_with_its_line():
    (warning,) = parsed(
        suite_of("c: {type: capacity, primes: 97, seeds: 1, dims: 32, n_samples: 50}", "{dropout: 0.2}")
    ).warnings
    assert warning.startswith("s.yaml:2: defaults.dropout: capacity experiment c trains under this dropout")


def test_runs_asked_for_twice_are_there_once():
    suite = parsed(
        suite_of("""
        a: {type: speed, primes: [97], seeds: [1, 1], dims: [32, 32], dim_ranges: {start: 24, end: 32, step: 8}}
        b: {type: speed, primes: [97], seeds: [1], dims: [24, 40]}
        """)
    )
    assert [(name, run.net.dim) for name, run in zip(suite.experiments, suite.runs, strict=True)] == [
        ("a", 32),
        ("a", 24),
        ("b", 40),
    ]


def test_the_rest_of_the_file():
    suite = parsed("description: |\n  what for\nretries: 3\n" + VALID)
    assert (suite.name, suite.description, suite.retries, suite.path) == ("small", "what for", 3, None)
    assert parsed(VALID).retries == 1
    assert suite.text.startswith("description")


def test_an_alias_repeats_a_value():
    assert (
        len(parsed("name: small\nexperiments:\n  a: &a {type: speed, primes: 97, seeds: 1, dims: 32}\n  b: *a\n").runs)
        == 1
    )


HEADS = """
c:
  type: capacity
  operation: /
  primes: [113]
  seeds: [42]
  heads: [1, 2, 4, 8]
  dims: [10, 14, 20]
  n_samples: [1000, 1374, 1891, 2601, 3576, 4917, 6761, 9300]
"""
DROPOUT = """
c:
  type: capacity
  operation: /
  dropout: [0.0, 0.2, 0.4]
  primes: [113]
  seeds: [42]
  dims: [10, 14, 20]
  n_samples: [1000, 1891, 2601, 4917, 6761, 9300, 15000, 30000, 50000]
"""


@pytest.mark.parametrize(("experiment", "left", "out"), [(HEADS, 32, 64), (DROPOUT, 54, 27)])
def test_the_impossible_runs_of_the_published_suites_are_counted_and_left_out_on_request(experiment, left, out):
    suite = parsed(suite_of(experiment), skip_impossible=True)
    assert (len(suite.runs), suite.n_skipped) == (left, out)


def test_what_is_impossible_twice_over_is_counted_once():
    suite = parsed(
        suite_of("c: {type: capacity, operation: /, primes: 5, seeds: [1, 2], dims: [9, 10], n_samples: [4, 21]}"),
        skip_impossible=True,
    )
    assert len(suite.runs) == 2
    assert suite.n_skipped == 6
    assert [skipped.reason for skipped in suite.skipped] == [
        "s.yaml:4: c: dim = 9 is not a multiple of 2 for heads = 1",
        "s.yaml:4: c: n = 21 is not at most the 20 rows of the table of p = 5, /",
    ]
