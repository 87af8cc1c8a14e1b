"""What a suite cannot be is said in one line a fault, with its place, what was found and what was expected."""

import pytest

from grokscope.suite import SuiteError

from .documents import VALID, changed, faults_of, parsed, suite_of


def test_the_document_that_the_others_change_is_valid():
    assert parsed(VALID).counts()["speed"] == 2


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("[97]", "[96]", ":7: experiments.one.primes: found 96, expected a prime number"),
        ("[97]", "[9.5]", ":7: experiments.one.primes: found 9.5, expected a whole number"),
        ("[97]", "[true]", ":7: experiments.one.primes: found True, expected a whole number"),
        ("[97]", "[1]", ":7: experiments.one.primes: found 1, expected a whole number from 2 to 46340"),
        ("[97]", "[]", ":7: experiments.one.primes: found no primes, expected primes: a list"),
        ("    primes: [97]\n", "", ":5: experiments.one: found no primes, expected primes: a list"),
        ("    seeds: [1]\n", "", ":5: experiments.one: found no seeds, expected seeds: a list"),
        ("    dims: [24, 32]\n", "", ":5: experiments.one: found no widths, expected one of dims, dim_ranges"),
        ("[1]", "[-1]", ":8: experiments.one.seeds: found -1, expected at least 0"),
        ("[1]", "[x]", ":8: experiments.one.seeds: found 'x', expected a whole number"),
        ("[1]", "[{data: 1}]", ":8: experiments.one.seeds: found the keys data, expected a number, or a mapping of da"),
        ("[1]", "[{data: 1, init: 1, order: 1, dropout: x}]", ":8: experiments.one.seeds.dropout: found 'x', expected"),
        ("24, 32", "24, wide", ":9: experiments.one.dims: found 'wide', expected a whole number"),
        ("24, 32", "0", ":9: experiments.one.dims: found 0, expected a whole number from 1"),
        ("dims: [24, 32]", "dim_ranges: 3", ":9: experiments.one.dim_ranges: found 3, expected a mapping of start, en"),
        ("dims: [24, 32]", "dim_ranges: {start: 3}", ":9: experiments.one.dim_ranges: found the keys start, expected"),
        ("dims: [24, 32]", "dim_ranges: {start: 9, end: 3, step: 1}", ":9: experiments.one.dim_ranges.end: found 3, e"),
        ("dims: [24, 32]", "dim_ranges: {start: 9, end: 30, step: 0}", ":9: experiments.one.dim_ranges.step: found 0,"),
        ("dims: [24, 32]", "param_count_targets: [x]", ":9: experiments.one.param_count_targets: found 'x', expected"),
        ("dims: [24, 32]", "param_count_targets: [9]", ":9: experiments.one.param_count_targets: found a list, expect"),
        ("type: speed", "type: sped", ":6: experiments.one.type: found 'sped', expected one of capacity, speed, groks"),
        ("    type: speed\n", "", ":5: experiments.one: found no type, expected one of capacity, speed, groks"),
        ("lr: 0.001", "lr: fast", ":3: defaults.lr: found 'fast', expected a finite number"),
        ("lr: 0.001", "lr: -1", ":3: defaults.lr: found -1.0, expected at least 0.0"),
        ("lr: 0.001", "lr: .nan", ":3: defaults.lr: found '.nan', expected a finite number of at most 63 bits"),
        ("lr: 0.001", "lr:", ":3: defaults.lr: found nothing, expected a single value"),
        ("lr: 0.001", "lr: []", ":3: defaults.lr: found an empty list, expected at least one value"),
        ("lr: 0.001", "lr: [[1]]", ":3: defaults.lr: found a list, expected a single value"),
        ("lr: 0.001", "lr:\n    - 0.1\n    - x", ":5: defaults.lr: found 'x', expected a finite number"),
        ("lr: 0.001", "heads: 0", ":3: defaults.heads: found 0, expected at least 1"),
        ("lr: 0.001", "dropout: 1", ":3: defaults.dropout: found 1.0, expected less than 1"),
        ("lr: 0.001", "batch_size: 0", ":3: defaults.batch_size: found 0, expected at least 1, or -1"),
        ("lr: 0.001", "max_epochs: 0", ":3: defaults.max_epochs: found 0, expected at least 1"),
        ("lr: 0.001", "precision: half", ":3: defaults.precision: found 'half', expected one of float32, float64"),
        ("lr: 0.001", "keep: all", ":3: defaults.keep: found 'all', expected one of nothing, final"),
        ("lr: 0.001", "rotary: odd", ":3: defaults.rotary: found 'odd', expected one of published, intended, none"),
        ("lr: 0.001", "operation: random", ":3: defaults.operation: found 'random', expected one of +, -, *, /"),
        ("lr: 0.001", "split_type: even", ":3: defaults.split_type: found 'even', expected one of random, sequential"),
        ("lr: 0.001", "train_fraction: 2", ":3: defaults.train_fraction: found 2.0, expected at most 1.0"),
        ("lr: 0.001", "train_fraction: 1e-9", ":3: defaults.train_fraction: found 1e-09, expected a fraction that lea"),
        ("lr: 0.001", "saturation_threshold: 101", ":3: defaults.saturation_threshold: found 101.0, expected at most"),
        ("lr: 0.001", "stop_on: eval_", ":3: defaults.stop_on: found 'eval_', expected one of running, eval, both"),
        ("lr: 0.001", "probe: odd", ":3: defaults.probe: found 'odd', expected one of random, vocab, digits, permuted"),
        ("lr: 0.001", "architecture_family: rnn", ":3: defaults.architecture_family: found 'rnn', expected transforme"),
        ("lr: 0.001", "n_samples: [1, 2]", ":3: defaults.n_samples: found a list, expected auto, or one number"),
        ("lr: 0.001", "n_samples: 0", ":3: defaults.n_samples: found 0, expected a whole number from 1"),
        ("lr: 0.001", "dropuot: 1", ":3: defaults.dropuot: found an unknown key, expected dropout (the nearest known"),
        ("lr: 0.001", "width: 1", ":3: defaults.width: found an unknown key, expected dims (the nearest known key)"),
        ("lr: 0.001", "zzz: 1", ":3: defaults.zzz: found an unknown key, expected one of type, primes, seeds"),
        ("lr: 0.001", "baseline: x.pt", ":3: defaults.baseline: found the key, expected no baseline: memorisation"),
        ("    type", "    min_delta: 1\n    type", ":6: experiments.one.min_delta: found a key of another measurement"),
        ("name: small", "nmae: small", ":1: nmae: found an unknown key, expected name (the nearest known key)"),
        ("name: small", "name: ../up", ":1: name: found '../up', expected a name of letters, digits"),
        ("name: small", "name: [a]", ":1: name: found a list, expected a name of letters, digits"),
        ("name: small", "description: [a]", ":1: description: found a list, expected text"),
        ("name: small", "retries: -1", ":1: retries: found -1, expected a whole number from 0 to 100"),
        ("name: small", 'name: "\\ud800"', ":1: name: found '\\ud800', expected valid Unicode"),
        ("name: small", "name: !!int x", ":1: name: found 'x', expected a valid int"),
        ("name: small", "name: !!python/name:os.system x", ":1: name: found the tag 'tag:yaml.org,2002:python/name:os"),
        ("name: small", "name: !!set {a}", ":1: name: found the tag 'tag:yaml.org,2002:set', expected plain YAML"),
        ("name: small", "<<: {name: a}", ":1: found a merge key (<<), expected keys that are plain text"),
        ("name: small", "? [a]\n: b", ":1: found a key of another kind, expected keys that are plain text"),
        ("name: small", '"a\\nb": 1', ":1: found a key of another kind, expected keys that are plain text"),
        ("lr: 0.001", "lr: [1]\n  lr: [2]", ":4: defaults.lr: found [1] in line 3 and then [2], expected each key"),
        ("lr: 0.001", "lr: 0.001\n  lr: 0.01", ":4: defaults.lr: found 0.001 in line 3 and then 0.01, expected each k"),
        ("lr: 0.001", "operation: *", ":3: found text that is no YAML (expected alphabetic or num"),
        ("lr: 0.001", "lr: [1", ":4: found text that is no YAML (expected ',' or ']', but got ':'), expected YAML"),
        ("lr: 0.001", "lr: *nowhere", ":3: found undefined alias 'nowhere', expected YAML"),
        ("lr: 0.001", "lr: \x01", ": found text that is no YAML (unacceptable character #x0001: special"),
    ],
)
def test_a_fault_is_one_line_with_its_place(old, new, fault):
    (line,) = faults_of(changed(old, new))
    assert line.startswith("s.yaml" + fault)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", ":1: found an empty file, expected a mapping with the keys name and experiments"),
        ("# nothing\n", ":1: found an empty file, expected a mapping"),
        ("{}", ":1: found an empty mapping, expected a mapping with the keys name and experiments"),
        ("- a\n", ":1: found a list, expected a mapping"),
        ("42", ":1: found 42, expected a mapping"),
        ("name: a\n---\nname: b\n", ":2: found another document, expected one"),
        ("a: &a [*a]", ":1: a: found more, counting what aliases repeat, expected at most 200000 values in 16 levels"),
        (
            "[" * 20 + "]" * 20,
            ":1: found more, counting what aliases repeat, expected at most 200000 values in 16 levels",
        ),
        ("[" * 600, ": found endless nesting, expected at most 16 levels"),
        ("#" * (2**18 + 1), ": found a file of over 262144 bytes, expected a suite"),
        ("name: a\n", ":1: found no experiments, expected experiments: a mapping of at least one experiment"),
        ("name: a\nexperiments: []\n", ":2: experiments: found an empty list, expected experiments: a mapping of"),
        (
            "name: a\nexperiments:\n  b: 3\n",
            ":3: experiments.b: found 3, expected a mapping with the keys type, primes",
        ),
    ],
)
def test_what_is_no_suite_at_all_is_one_line(text, fault):
    (line,) = faults_of(text)
    assert line.startswith("s.yaml" + fault)


def test_defaults_that_are_no_mapping_are_refused_and_empty_ones_are_not():
    assert faults_of(changed("defaults:\n  lr: 0.001", "defaults: 3")) == [
        "s.yaml:2: defaults: found 3, expected a mapping"
    ]
    assert parsed(changed("defaults:\n  lr: 0.001", "defaults:")).runs


def test_aliases_of_aliases_are_stopped_before_they_unfold():
    layers = "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 12))
    (line,) = faults_of("a0: &a0 [1, 2]\n" + layers)
    assert "counting what aliases repeat" in line


def test_all_faults_are_said_at_once_in_the_order_of_the_file():
    text = suite_of(
        """
        a:
          type: speed
          primes: [96, 97]
          seeds: [x]
          dims: [24, 25]
          heads: [2, 3]
          lr: [0.1, fast]
        b: {type: groks, train_fraction: 1.0, primes: 97, seeds: 1, dims: 32, n_samples: 3}
        """
    )
    assert [line.split(": ")[0] for line in faults_of(text)] == [f"s.yaml:{n}" for n in (6, 7, 10, 11)]


@pytest.mark.parametrize(
    ("keys", "fault"),
    [
        ("type: capacity, n_samples: [9], operation: ^", "operation: found '^', expected one of random, +, -, *, /"),
        ("type: capacity, n_samples: [9], dataset_type: odd", "dataset_type: found 'odd', expected random or modular"),
        ("type: capacity, n_samples: auto", "n_samples: found 'auto', expected a whole number"),
        ("type: capacity", "found no n_samples, expected n_samples: a list"),
        (
            "type: speed, n_samples: 9, probe: vocab, split_type: sequential",
            "n_samples: found the impossible n = 9 (1 run of a), expected auto: the inputs of a sequential split",
        ),
        ("type: groks, n_samples: 9", "n_samples: found 9, expected auto"),
    ],
)
def test_data_that_a_measurement_cannot_have_are_refused(keys, fault):
    (line,) = faults_of(suite_of(f"a: {{primes: [97], seeds: [1], dims: [32], {keys}}}"))
    assert line.startswith("s.yaml:4: experiments.a")
    assert fault in line


def test_no_validation_rows_are_refused_for_groks():
    (line,) = faults_of(changed("type: speed", "type: groks\n    train_fraction: [0.5, 1.0]"))
    assert line == (
        "s.yaml:7: experiments.one.train_fraction: found 1.0, expected less than 1: validation needs examples"
    )


def test_impossible_combinations_are_listed_with_what_makes_them():
    text = suite_of("""
        a: {type: speed, primes: [5, 7], seeds: [1, 2, 3], dims: [24, 28], heads: [1, 4]}
        c: {type: capacity, operation: /, primes: [5], seeds: [1], dims: [8], n_samples: [20, 21]}
        """)
    assert faults_of(text) == [
        "s.yaml:4: experiments.a.dims: found the impossible dim = 28 (6 runs of a), "
        "expected a multiple of 8 for heads = 4 (--skip-impossible leaves such runs out)",
        "s.yaml:5: experiments.c.n_samples: found the impossible n = 21 (1 run of c), "
        "expected at most the 20 rows of the table of p = 5, / (--skip-impossible leaves such runs out)",
    ]


def test_a_suite_with_nothing_possible_is_refused_even_when_skipping():
    with pytest.raises(SuiteError, match="found no possible run"):
        parsed(changed("24, 32", "25"), skip_impossible=True)


def test_a_key_repeated_with_the_same_value_is_a_warning():
    suite = parsed(changed("lr: 0.001", "lr: 0.001\n  lr: 1.0e-3"))
    assert suite.warnings == ("s.yaml:4: defaults.lr: repeats the key of line 3 with the same value",)


def test_too_many_runs_are_refused_before_they_are_made():
    lists = "\n".join(f"    {key}: {[i / 1000 for i in range(1, 301)]}" for key in ("beta1", "beta2", "lr"))
    (line,) = faults_of(VALID + lists + "\n")
    assert line == "s.yaml:5: experiments.one: found 54000000 runs, expected at most 5000000 in a suite"


def test_too_many_runs_are_counted_over_all_experiments():
    axes = f"seeds: {list(range(1000))}, dim_ranges: {{start: 2, end: 4000, step: 2}}"
    text = suite_of("\n".join(f"e{i}: {{type: speed, primes: 97}}" for i in (1, 2, 3)), f"{{{axes}}}")
    assert faults_of(text) == ["s.yaml:6: experiments.e3: found 2000000 runs, expected at most 5000000 in a suite"]


def test_fifty_faults_are_shown_and_all_are_kept():
    with pytest.raises(SuiteError) as caught:
        parsed(VALID + "".join(f"    zzz{i}: 1\n" for i in range(60)))
    assert len(caught.value.faults) == 60
    assert str(caught.value).splitlines()[-1] == "... and 10 more"


def test_match_by_something_else_is_read_as_a_parameter_count_and_said():
    suite = parsed(changed("dims: [24, 32]", "param_count_targets: [50000]\n    match_by: mass"))
    assert [run.net.dim for run in suite.runs] == [36]
    assert "'mass' is read as param_count" in suite.warnings[0]
