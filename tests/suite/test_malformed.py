"""Whatever is fed to it, a suite is either read or refused with lines that name its source."""

import dataclasses
import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from example_counts import fed
from grokscope.run import Run
from grokscope.suite import SuiteError, load_suite, parse_suite, plain
from grokscope.suite.keys import KNOWN, TYPES
from grokscope.suite.shipped import shipped_folder
from grokscope.suite.specs import kinds_of

SMOKE = (shipped_folder() / "smoke.yaml").read_text()
QUICK = (shipped_folder() / "quick.yaml").read_text()
PLAIN = """\
name: plain
study: order
defaults: {optimiser: {kind: adam, lr: 0.01}, measurement: watch, loss: squared, batch_size: -1}
experiments:
  xor:
    task: xor
    net: {kind: complete, hidden: [5, 8], iterations: 3}
    transform: [null, {kind: top_k, keep: [0.5, 0.1], schedule: rising}]
    seeds: [{first: 0, count: 4}]
  perceptron:
    task: {kind: pairs, p: 13, op: "+"}
    net: {kind: mlp, width: 8, depth: 1}
    filter: {kind: grokfast}
    loss: cross_entropy
    seeds: [0]
    snapshot_every: 5
"""


def read_or_refuse(text):
    suite, faults = None, ()
    try:
        suite = parse_suite(text, source="s.yaml")
    except SuiteError as error:
        faults = error.faults
    assert bool(suite) != bool(faults)
    assert all(line.startswith("s.yaml") and "expected" in line and line.isprintable() for line in faults)
    if suite:
        assert suite.runs
        assert len(suite.runs) == len(suite.experiments) == len(set(suite.runs))


scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 200),
    st.integers(),
    st.floats(),
    st.sampled_from(["auto", "random", "/", "+", "vocab", "both", "published", "x", "", *TYPES]),
    st.text(max_size=4),
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["start", "end", "step", "data"]), inner)
    ),
    max_leaves=4,
)
keys = st.sampled_from(KNOWN) | st.text(max_size=4)
experiments = st.fixed_dictionaries(
    {"type": st.sampled_from(TYPES), "primes": st.just([5, 97]), "seeds": st.just([1]), "dims": st.just([8, 12])}
) | st.dictionaries(keys, values, max_size=6)
overlaid = st.builds(lambda under, over: under | over, experiments, st.dictionaries(keys, values, max_size=3))


def some_spec(cls: type) -> st.SearchStrategy:
    """Fields of a spec, most of them its own, with whatever in them."""
    names = [field.name for field in dataclasses.fields(cls)]
    fields = st.sampled_from([*names, "kind", "odd"])
    return st.dictionaries(fields, values, max_size=3).map(lambda found: {"kind": cls.kind} | found)


def some_part(part: str) -> st.SearchStrategy:
    kinds = kinds_of(Run, part)
    one = st.sampled_from(sorted(kinds)) | st.sampled_from(list(kinds.values())).flatmap(some_spec)
    return one | st.lists(one, max_size=2) | values


whole = st.sampled_from(
    [
        {"task": "modular", "net": "transformer", "optimiser": "adamw", "measurement": "groks"},
        {"task": "xor", "net": "complete", "optimiser": "adam", "measurement": "watch", "loss": "squared"},
        {"task": {"kind": "pairs", "p": 13}, "net": "mlp", "optimiser": "sgd", "measurement": "watch"},
    ]
)
parts = st.fixed_dictionaries({}, optional={part: some_part(part) for part in plain.PARTS})
plainly = st.builds(
    lambda base, some, others: {"seeds": [0]} | base | some | others,
    whole,
    parts,
    st.dictionaries(st.sampled_from([*plain.SCALARS, "seeds", "odd"]), values, max_size=2),
)
overlaid = overlaid | plainly
suites = st.fixed_dictionaries(
    {"name": st.just("s") | scalars, "experiments": st.dictionaries(st.text(max_size=3), overlaid, max_size=3)},
    optional={
        "defaults": st.dictionaries(keys, values, max_size=4),
        "analysis": values,
        "retries": scalars,
        "description": scalars,
    },
)


@fed(150)
@given(suites)
def test_any_mapping_is_read_or_refused(document):
    stream = io.StringIO()
    try:
        YAML(typ="safe", pure=True).dump(document, stream)
    except UnicodeEncodeError:
        return
    read_or_refuse(stream.getvalue())


@fed(150)
@given(st.text(max_size=60))
@example("a: *")
@example("%YAML 1.1\n---\na: 1:30")
@example('a: "\\UFFFFFFFF"')
@example("%TAG ! foo\n--- !x 1")
@example("a: !!timestamp x")
@example("!!int '': 1")
@example("a: !!bool x\nb: !!float ''\nc: !!null x\nd: !!binary x")
def test_any_text_is_read_or_refused(text):
    read_or_refuse(text)


@fed(200)
@given(
    st.sampled_from([SMOKE, QUICK, PLAIN]),
    st.integers(0, max(map(len, (SMOKE, QUICK, PLAIN)))),
    st.integers(0, 12),
    st.text(st.sampled_from("abz019.-+*/&!|>'\"%@`{}[]:,#? \n\t"), max_size=6),
)
def test_a_suite_with_a_wound_is_read_or_refused(text, at, length, inserted):
    read_or_refuse(text[:at] + inserted + text[at + length :])


@fed(50)
@given(st.binary(max_size=60))
def test_any_bytes_in_a_file_are_read_or_refused(tmp_path, content):
    path = tmp_path / "s.yaml"
    path.write_bytes(content)
    with pytest.raises(SuiteError) as caught:
        load_suite(path)
    assert str(caught.value).startswith(str(path))
