"""A run's spec leads back to the run; a damaged spec to one line."""

import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grokscope.measurements import Capacity, Groks, Speed
from grokscope.nets import Transformer
from grokscope.run import Run, Seeds
from grokscope.suite import SuiteError, load_suite, run_from_spec
from grokscope.tasks import Modular, RandomLabels, Shuffled
from grokscope.training.optimisers import AdamW

fractions = st.floats(0.25, 0.9)  # of four rows at p = 5 at least one
positive = st.floats(0, 1e6)
seed = st.integers(0, 2**31 - 1)
stop_on = st.sampled_from(["running", "eval", "both"])
primes = st.sampled_from([5, 13, 97, 113])
modular = st.builds(
    Modular, primes, st.sampled_from("+-*/"), fractions, st.sampled_from(["random", "sequential", "alternating"])
)
tasks = st.one_of(
    modular,
    st.builds(RandomLabels, primes, st.integers(1, 10**6)),
    st.builds(Shuffled, modular, st.sampled_from(["vocab", "digits", "permuted"])),
)
nets = st.builds(
    lambda half, heads, **rest: Transformer(dim=2 * heads * half, heads=heads, **rest),
    st.integers(1, 64),
    st.integers(1, 8),
    depth=st.integers(1, 10),
    rotary=st.sampled_from(["published", "intended", "none"]),
    dropout=st.floats(0, 0.9),
    init_scale=positive,
)
optimisers = st.builds(AdamW, positive, positive, st.floats(0, 1), st.floats(0, 1), positive)
measurements = st.one_of(
    st.builds(Capacity, st.integers(1, 1000), positive),
    st.builds(Speed, fractions, st.integers(0, 10), stop_on),
    st.builds(Groks, fractions, fractions, st.integers(-1, 10), positive, stop_on),
)
runs = st.builds(
    Run,
    tasks,
    nets,
    optimisers,
    measurements,
    st.builds(Seeds, seed, seed, seed, seed),
    st.one_of(st.just(-1), st.integers(1, 4096)),
    st.integers(1, 10**6),
    st.sampled_from(["float32", "float64"]),
    st.sampled_from(["nothing", "final"]),
)


@given(runs)
def test_a_spec_leads_back_to_its_run_also_through_json(run):
    again = run_from_spec(json.loads(json.dumps(run.spec)))
    assert again == run
    assert again.identity == run.identity


@given(runs, runs)
def test_different_runs_have_different_identities(one, other):
    assert (one == other) == (one.identity == other.identity)


def test_a_float_may_be_larger_than_any_whole_number():
    run = Run(Modular(), Transformer(), AdamW(lr=1e30), Groks())
    assert run_from_spec(json.loads(json.dumps(run.spec))) == run


def test_every_run_of_a_shipped_suite_is_found_again():
    for run in load_suite("depth_scaling").runs[::25]:
        assert run_from_spec(run.spec) == run


SPEC = Run(Shuffled(), Transformer(), AdamW(), Speed()).spec


def damaged(path, value):
    """The spec with the entry at a dotted path set, or taken away where the value is `...`."""
    spec = copy.deepcopy(SPEC)
    *way, last = path.split(".")
    place = spec
    for step in way:
        place = place[step]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return spec


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("protocol", 99, "spec.protocol: found 99, expected 1"),
        ("protocol", ..., "spec.protocol: found nothing, expected 1"),
        ("task.kind", "oracle", "spec.task.kind: found 'oracle', expected one of digits, ising, modular"),
        ("task.inputs_of.kind", "lattice", "spec.task.inputs_of.kind: found 'lattice', expected one of digits, ising"),
        ("task.inputs_of", "x", "spec.task.inputs_of: found 'x', expected a mapping"),
        ("task.inputs_of.p", 96, "spec.task.inputs_of.p: found 96, expected a prime number"),
        ("task.inputs_of.p", 10**18 + 9, "spec.task.inputs_of.p: found 1000000000000000009, expected at most 46340"),
        ("net.kind", ..., "spec.net.kind: found nothing, expected one of cnn, complete, mlp, transformer"),
        ("net", None, "spec.net: found nothing, expected a mapping"),
        ("net.dim", ..., "spec.net: found no dim, expected the keys dim, depth, heads"),
        ("net.dim", [3], "spec.net.dim: found a list, expected text or a finite number"),
        ("net.wings", 2, "spec.net: found the key 'wings', expected the keys dim"),
        ("optimiser.lr", float("nan"), "spec.optimiser.lr: found nan, expected text or a finite number"),
        ("optimiser.lr", 10**400, "spec.optimiser.lr: found 1000"),
        ("optimiser.lr", "fast", "spec.optimiser.lr: found 'fast', expected a finite number"),
        ("seeds.data", -1, "spec.seeds.data: found -1, expected at least 0"),
        ("seeds.kind", "x", "spec.seeds.kind: found 'x', expected no kind"),
        ("batch_size", 0, "spec.batch_size: found 0, expected at least 1, or -1"),
        ("precision", None, "spec.precision: found nothing, expected one of float32, float64"),
        ("measurement", ..., "spec: found no measurement, expected the keys task"),
    ],
)
def test_a_damaged_spec_is_one_line(path, value, message):
    with pytest.raises(SuiteError) as caught:
        run_from_spec(damaged(path, value))
    assert str(caught.value).startswith(message)
    assert len(str(caught.value).splitlines()) == 1


def paths(spec, under=""):
    for key, value in spec.items():
        yield under + key
        if isinstance(value, dict):
            yield from paths(value, f"{under}{key}.")


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.sampled_from(sorted(paths(SPEC))), anything)
def test_nothing_in_a_spec_raises_anything_but_a_suite_error(path, value):
    try:
        run = run_from_spec(damaged(path, value))
    except SuiteError:
        return
    assert run_from_spec(run.spec) == run


@given(anything)
def test_what_is_no_spec_at_all_is_refused(value):
    with pytest.raises(SuiteError, match=r"^spec"):
        run_from_spec(value)
