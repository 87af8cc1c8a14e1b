"""A run's identity and its shape: what they depend on, and what they must not."""

import dataclasses
import json
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grokscope import AdamW, Run, Seeds, SpecError
from grokscope.measurements import Capacity, Groks, Speed
from grokscope.nets import Transformer
from grokscope.probes.signals.outputs import LogitScale
from grokscope.run import PROTOCOL, identity_of
from grokscope.spec import Spec
from grokscope.tasks import Modular, RandomLabels, Shuffled
from grokscope.training.filters import Grokfast
from training.custom_parts import ZeroBias

RUN = Run(Modular(13), Transformer(8), AdamW(), Groks(), batch_size=32, max_epochs=100)

OTHER: dict[str, Any] = {
    "p": 17,
    "op": "+",
    "fraction": 0.4,
    "split": "sequential",
    "n": 7,
    "labels": "digits",
    "inputs_of": Modular(13),
    "dim": 16,
    "depth": 3,
    "heads": 2,
    "rotary": "intended",
    "dropout": 0.1,
    "init_scale": 2.0,
    "lr": 0.01,
    "weight_decay": 0.5,
    "beta1": 0.8,
    "beta2": 0.9,
    "eps": 1e-7,
    "train_threshold": 0.9,
    "val_threshold": 0.9,
    "threshold": 0.9,
    "patience": 5,
    "min_delta": 0.1,
    "stop_on": "eval",
    "data": 1,
    "init": 1,
    "order": 1,
    "seeds": Seeds(1),
    "batch_size": 16,
    "max_epochs": 7,
    "precision": "float64",
    "keep": "final",
    "task": Modular(17),
    "net": Transformer(16),
    "optimiser": AdamW(0.1),
    "measurement": Speed(),
    "loss": "squared",
    "shuffle": "never",
    "transform": ZeroBias(),
    "snapshot_every": 5,
    "filter": Grokfast(),
    "norm": "layer",
    "positions": "learned",
    "gate": "none",
    "matmul": "tf32",
    "signals": (LogitScale(),),
}


def changed(spec: Spec, name: str) -> Spec:
    """The spec with another value in one field."""
    value = 1 if (isinstance(spec, Seeds) and name == "dropout") else OTHER[name]
    return dataclasses.replace(spec, **{name: value})


PARTS = {
    "task": [Modular(13), RandomLabels(13, 50), Shuffled(Modular(97))],
    "net": [Transformer(8)],
    "optimiser": [AdamW()],
    "measurement": [Groks(), Speed(), Capacity()],
    "seeds": [Seeds()],
}
FIELDS = [(part, spec, f.name) for part, specs in PARTS.items() for spec in specs for f in dataclasses.fields(spec)]


@pytest.mark.parametrize(("part", "spec", "name"), FIELDS, ids=lambda value: str(value)[:40])
def test_identity_changes_with_every_field_of_every_part(part: str, spec: Spec, name: str) -> None:
    run = dataclasses.replace(RUN, **{part: spec})
    other = dataclasses.replace(RUN, **{part: changed(spec, name)})
    assert run != other
    assert run.identity != other.identity


@pytest.mark.parametrize("name", [f.name for f in dataclasses.fields(Run)])
def test_identity_changes_with_every_field_of_the_run(name: str) -> None:
    assert changed(RUN, name).identity != RUN.identity  # type: ignore[attr-defined]


def test_identity_is_the_same_for_the_same_run_however_it_was_written() -> None:
    one = dataclasses.replace(RUN, net=Transformer(8, init_scale=1), optimiser=AdamW(weight_decay=1))
    same = dataclasses.replace(RUN, net=Transformer(8.0, init_scale=1.0), optimiser=AdamW(weight_decay=1.0))  # type: ignore[arg-type]
    assert one == same
    assert hash(one) == hash(same)
    assert one.identity == same.identity == pickle.loads(pickle.dumps(one)).identity


def test_negative_zero_is_zero() -> None:
    plus, minus = (dataclasses.replace(RUN, optimiser=AdamW(weight_decay=decay)) for decay in (0.0, -0.0))
    assert plus == minus
    assert plus.identity == minus.identity


def test_identity_covers_the_protocol_and_survives_json() -> None:
    assert RUN.spec["protocol"] == PROTOCOL
    essence = {"protocol": PROTOCOL} | RUN.essence()
    assert identity_of(json.loads(json.dumps(essence))) == RUN.identity
    assert identity_of(essence | {"protocol": PROTOCOL + 1}) != RUN.identity
    assert len(RUN.identity) == 20
    assert int(RUN.identity, 16) >= 0


def test_identity_does_not_depend_on_the_order_of_keys() -> None:
    essence = {"protocol": PROTOCOL} | RUN.essence()
    assert identity_of(dict(reversed(list(essence.items())))) == RUN.identity


def test_the_identity_is_of_the_essence_whole() -> None:
    """Texts of parts are made once and put together: the same bytes as the whole essence's own."""
    others = (
        {"keep": "final", "batch_size": -1, "seeds": Seeds(1, 2, 3, 4)},
        {"transform": ZeroBias(), "loss": "squared", "max_epochs": 10**6},
        {"net": Transformer(16, norm="layer"), "optimiser": AdamW(lr=1e-7, weight_decay=1e22)},
    )
    for changes in ({}, *others):
        run = dataclasses.replace(RUN, **changes)  # type: ignore[arg-type]
        assert run.identity == identity_of({"protocol": PROTOCOL} | run.essence())


def test_a_field_that_came_later_counts_where_it_differs() -> None:
    later = {field.name: field.default for field in dataclasses.fields(RUN) if field.metadata["later"]}
    assert later.keys() >= {"loss", "shuffle", "transform", "snapshot_every"}
    assert all(field.default is not dataclasses.MISSING for field in dataclasses.fields(RUN) if field.metadata["later"])
    assert not later.keys() & RUN.essence().keys()
    assert later.keys() <= RUN.spec.keys()
    other = dataclasses.replace(RUN, shuffle="never")
    assert other.essence() == RUN.essence() | {"shuffle": "never"}
    assert other.identity != RUN.identity


def test_the_training_is_all_that_the_parameters_feel() -> None:
    same = dataclasses.replace(RUN, measurement=Speed(), max_epochs=7, keep="final", snapshot_every=3)
    assert same.training == RUN.training != RUN.identity
    early, late = (dataclasses.replace(RUN, transform=ZeroBias(), max_epochs=n) for n in (5, 6))
    assert early.training != late.training, "a transform is told how far the run is"
    for change in ({"loss": "squared"}, {"shuffle": "never"}, {"seeds": Seeds.all(9)}, {"batch_size": 31}):
        assert dataclasses.replace(RUN, **change).training != RUN.training


def test_identity_of_a_known_run() -> None:
    """Frozen: if this changes, every ledger in the world forgets its runs. Then raise `PROTOCOL` and say so."""
    assert RUN.identity == "bf973fa21d3a6c2a6988"
    assert {"protocol": PROTOCOL} | RUN.essence() == {
        "protocol": 1,
        "task": {"kind": "modular", "p": 13, "op": "/", "fraction": 0.5, "split": "random"},
        "net": {
            "kind": "transformer",
            "dim": 8,
            "depth": 2,
            "heads": 1,
            "rotary": "published",
            "dropout": 0.2,
            "init_scale": 1.0,
        },
        "optimiser": {"kind": "adamw", "lr": 1e-3, "weight_decay": 1.0, "beta1": 0.9, "beta2": 0.98, "eps": 1e-8},
        "measurement": {
            "kind": "groks",
            "train_threshold": 0.99,
            "val_threshold": 0.99,
            "patience": -1,
            "min_delta": 1e-4,
            "stop_on": "running",
        },
        "seeds": {"data": 0, "init": 0, "order": 0, "dropout": 0},
        "batch_size": 32,
        "max_epochs": 100,
        "precision": "float32",
        "keep": "nothing",
    }


TRACED_ONLY = {
    "seeds": Seeds.all(9),
    "optimiser": AdamW(0.1, 0.2, 0.3, 0.4, 0.5),
    "net": Transformer(8, dropout=0.7, init_scale=3.0),
    "task": Shuffled(Modular(13, "+", 0.3)),
    "measurement": Speed(0.5, 3, "both"),
    "max_epochs": 7,
    "keep": "final",
}


@pytest.mark.parametrize("name", TRACED_ONLY)
def test_numbers_do_not_change_the_shape(name: str) -> None:
    other = dataclasses.replace(RUN, **{name: TRACED_ONLY[name]})
    assert other.shape == RUN.shape
    assert hash(other.shape) == hash(RUN.shape)


@pytest.mark.parametrize(
    "fields",
    [
        {"net": Transformer(16)},
        {"net": Transformer(8, 3)},
        {"net": Transformer(8, heads=2)},
        {"net": Transformer(8, rotary="intended")},
        {"batch_size": 16},
        {"precision": "float64"},
        {"task": Modular(17)},
        {"task": RandomLabels(13, 600)},
        {"matmul": "tf32"},
    ],
    ids=str,
)
def test_what_shapes_the_program_changes_the_shape(fields: dict[str, Any]) -> None:
    assert dataclasses.replace(RUN, **fields).shape != RUN.shape


def test_full_batch_is_the_training_set() -> None:
    run = dataclasses.replace(RUN, batch_size=-1)
    assert run.shape.batch_size == run.task.n_train == 78
    assert run.steps_per_epoch == 1


def test_a_batch_larger_than_the_data_takes_one_step() -> None:
    run = dataclasses.replace(RUN, batch_size=10_000)
    assert run.shape.batch_size <= run.shape.rows
    assert run.steps_per_epoch == 1


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: dataclasses.replace(RUN, batch_size=0), "batch_size: found 0, expected at least 1, or -1"),
        (lambda: dataclasses.replace(RUN, batch_size=-2), "batch_size: found -2"),
        (lambda: dataclasses.replace(RUN, max_epochs=0), "max_epochs: found 0, expected at least 1"),
        (lambda: dataclasses.replace(RUN, precision="half"), "precision: found 'half', expected one of"),
        (
            lambda: dataclasses.replace(RUN, matmul="fast"),
            "matmul: found 'fast', expected one of highest, tf32, bfloat16",
        ),
        (
            lambda: dataclasses.replace(RUN, matmul="tf32", precision="float64"),
            "matmul: found 'tf32', expected highest",
        ),
        (lambda: dataclasses.replace(RUN, keep=True), "keep: found True, expected one of"),
        (lambda: dataclasses.replace(RUN, task="modular"), "task: found 'modular', expected a spec (Task)"),
        (lambda: dataclasses.replace(RUN, net=Modular(13)), "net"),
        (lambda: Seeds(-1), "data: found -1, expected at least 0"),
        (lambda: Seeds(2**31), "data: found 2147483648, expected at most"),
        (lambda: AdamW(lr=-1e-3), "lr: found -0.001, expected at least 0.0"),
        (lambda: AdamW(lr="1e-3"), "lr: found '1e-3', expected a finite number"),
        (lambda: AdamW(lr=float("inf")), "lr: found inf, expected a finite number"),
        (lambda: AdamW(lr=10**400), "lr: found 1000"),
        (lambda: AdamW(beta1=1.5), "beta1: found 1.5"),
    ],
)
def test_impossible_runs_are_refused_in_a_line(make: Any, words: str) -> None:
    with pytest.raises(SpecError) as refusal:
        make()
    assert words in str(refusal.value)
    assert "\n" not in str(refusal.value)


JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.binary(max_size=3),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=2), st.integers(), max_size=1),
)


@given(
    which=st.sampled_from([Modular, RandomLabels, Shuffled, Transformer, AdamW, Speed, Groks, Capacity, Seeds]),
    data=st.data(),
)
def test_junk_makes_a_spec_or_a_spec_error(which: type[Spec], data: st.DataObject) -> None:
    name = data.draw(st.sampled_from([f.name for f in dataclasses.fields(which)]))
    try:
        made = which(**{name: data.draw(JUNK)})
    except SpecError:
        pass
    else:
        assert which(**{f.name: getattr(made, f.name) for f in dataclasses.fields(made)}) == made
        json.dumps(made.to_dict(), allow_nan=False)


def test_label_is_for_a_person() -> None:
    assert RUN.label == "groks / p=13 d=8"
    assert (Seeds.all(3).label, Seeds(1, 2, 3, 3).label) == ("seed 3", "seeds 1/2/3/3")
    assert dataclasses.replace(RUN, task=RandomLabels(13, 50)).label == "groks random p=13 n=50 d=8"


def test_specs_are_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        RUN.max_epochs = 1  # type: ignore[misc]
