"""Whatever is fed to it, a suite is either read or refused with lines that name its source."""

import io

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from grokscope.suite import SuiteError, load_suite, parse_suite
from grokscope.suite.keys import KNOWN, TYPES
from grokscope.suite.shipped import shipped_folder

SMOKE = (shipped_folder() / "smoke.yaml").read_text()
QUICK = (shipped_folder() / "quick.yaml").read_text()


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
suites = st.fixed_dictionaries(
    {"name": st.just("s") | scalars, "experiments": st.dictionaries(st.text(max_size=3), overlaid, max_size=3)},
    optional={
        "defaults": st.dictionaries(keys, values, max_size=4),
        "analysis": values,
        "retries": scalars,
        "description": scalars,
    },
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(suites)
def test_any_mapping_is_read_or_refused(document):
    stream = io.StringIO()
    try:
        YAML(typ="safe", pure=True).dump(document, stream)
    except UnicodeEncodeError:
        return
    read_or_refuse(stream.getvalue())


@settings(max_examples=150, deadline=None)
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


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([SMOKE, QUICK]),
    st.integers(0, len(SMOKE)),
    st.integers(0, 12),
    st.text(st.sampled_from("abz019.-+*/&!|>'\"%@`{}[]:,#? \n\t"), max_size=6),
)
def test_a_shipped_suite_with_a_wound_is_read_or_refused(text, at, length, inserted):
    read_or_refuse(text[:at] + inserted + text[at + length :])


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=60))
def test_any_bytes_in_a_file_are_read_or_refused(tmp_path, content):
    path = tmp_path / "s.yaml"
    path.write_bytes(content)
    with pytest.raises(SuiteError) as caught:
        load_suite(path)
    assert str(caught.value).startswith(str(path))
