"""Modular arithmetic: sizes and bits of the published table, labels by brute force, and the rules of the splits."""

import math

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grokscope import AdamW
from grokscope.measurements import Groks
from grokscope.nets import Transformer
from grokscope.run import Run
from grokscope.spec import SpecError
from grokscope.tasks import Modular
from grokscope.tasks.modular import (
    OPERATIONS,
    SPLITS,
    exact_fraction,
    is_prime,
    modular_table,
    n_equivalent,
    table_size,
)

KEY = jax.random.key(0)
PRIMES = [p for p in range(2, 60) if is_prime(p)]
SMALL = [2, 3, 7]  # every size of table compiles its own shuffle

# p, n_equiv of division, batches of 512, size of the last, log2 V, K in bits, K / 2.16, d*, n_equiv of + - *
PUBLISHED = [
    (97, 4656, 10, 48, 6.6294, 30_866, 14_290, 20, 4704),
    (101, 5050, 10, 442, 6.6865, 33_767, 15_633, 20, 5100),
    (103, 5253, 11, 133, 6.7142, 35_270, 16_329, 20, 5304),
    (107, 5671, 12, 39, 6.7682, 38_382, 17_770, 22, 5724),
    (109, 5886, 12, 254, 6.7944, 39_992, 18_515, 22, 5940),
    (113, 6328, 13, 184, 6.8455, 43_318, 20_055, 22, 6384),
    (127, 8001, 16, 321, 7.0112, 56_097, 25_971, 26, 8064),
    (131, 8515, 17, 323, 7.0553, 60_076, 27_813, 26, 8580),
    (137, 9316, 19, 100, 7.1189, 66_320, 30_704, 28, 9384),
    (139, 9591, 19, 375, 7.1396, 68_475, 31_702, 28, 9660),
    (149, 11026, 22, 274, 7.2384, 79_811, 36_949, 30, 11100),
    (197, 19306, 38, 362, 7.6366, 147_433, 68_256, 42, 19404),
]


@pytest.mark.parametrize("row", PUBLISHED, ids=lambda row: f"p{row[0]}")
def test_sizes_and_bits_of_the_published_table(row: tuple[int, int, int, int, float, int, int, int, int]) -> None:
    p, n, batches, last, bits_each, bits, at_capacity, width, n_others = row
    task = Modular(p)
    assert task.n_train == n_equivalent(p, "/", 0.5) == n
    assert [Modular(p, op).n_train for op in ("+", "-", "*")] == [n_others] * 3
    assert (math.ceil(n / 512), n - 512 * (batches - 1)) == (batches, last)
    vocab = task.signature.vocab
    assert math.log2(vocab) == pytest.approx(bits_each, abs=5e-5)
    assert n * math.log2(vocab) == pytest.approx(bits, abs=0.5)
    assert n * math.log2(vocab) / 2.16 == pytest.approx(at_capacity, abs=0.5)
    fitting = (d for d in range(2, 100, 2) if Transformer(d).n_params(task.signature) >= n * math.log2(vocab) / 2.16)
    assert next(fitting) == width


def test_truncation_and_not_rounding() -> None:
    assert n_equivalent(13, "/", 0.5) == 78
    assert n_equivalent(13, "+", 0.5) == 84
    assert n_equivalent(113, "/", 0.5) == 6328
    assert n_equivalent(13, "+", 0.999) == 168


def by_definition(p: int, op: str) -> list[tuple[list[int], int]]:
    """The table from the words of the specification: the label of a / b is the c with c * b = a."""
    rows = []
    for a in range(p):
        for b in range(1 if op == "/" else 0, p):
            label = {
                "+": lambda a, b: (a + b) % p,
                "-": lambda a, b: (a - b) % p,
                "*": lambda a, b: (a * b) % p,
                "/": lambda a, b: next(c for c in range(p) if c * b % p == a),
            }[op](a, b)
            rows.append(([a, p, b, p + 1], label))
    return rows


@pytest.mark.parametrize("op", OPERATIONS)
@pytest.mark.parametrize("p", [2, 7, 13])
def test_tables_by_brute_force(p: int, op: str) -> None:
    inputs, labels = modular_table(p, op)  # type: ignore[arg-type]
    expected = by_definition(p, op)
    assert table_size(p, op) == len(expected)  # type: ignore[arg-type]
    assert inputs.tolist() == [row for row, _ in expected]
    assert labels.tolist() == [label for _, label in expected]
    assert inputs.dtype == labels.dtype == np.int32


def test_division_labels_are_uniform_and_products_favour_zero() -> None:
    assert np.bincount(modular_table(13, "/")[1]).tolist() == [12] * 13
    assert np.bincount(modular_table(13, "*")[1]).tolist() == [25] + [12] * 12


@settings(max_examples=60)
@given(
    p=st.sampled_from(SMALL),
    op=st.sampled_from(OPERATIONS),
    split=st.sampled_from(SPLITS),
    fraction=st.floats(0.05, 1.0),
    seed=st.integers(0, 2**31 - 1),
)
def test_every_row_is_in_one_part_by_the_rule_of_its_split(
    p: int, op: str, split: str, fraction: float, seed: int
) -> None:
    width = p - 1 if op == "/" else p
    try:
        task = Modular(p, op, fraction, split)  # type: ignore[arg-type]
    except SpecError:
        empty = int(fraction * p * width) if split == "random" else p * int(fraction * width)
        assert empty == 0
        assert split != "alternating"
        return
    train, val = task.split_rows(jax.random.key(seed))
    assert sorted([*train, *val]) == list(range(p * width))
    assert (len(train), len(val)) == (task.n_train, task.n_val)
    if split == "random":
        assert len(train) == int(fraction * p * width)
    elif split == "sequential":
        assert set(train) == {a * width + i for a in range(p) for i in range(width) if i < int(fraction * width)}
    else:
        assert set(train) == {a * width + i for a in range(p) for i in range(0, width, 2)}
        assert len(train) == p * math.ceil(width / 2)


@pytest.mark.parametrize("split", SPLITS)
def test_parts_are_shuffled_by_the_data_seed_alone(split: str) -> None:
    task = Modular(13, split=split)  # type: ignore[arg-type]
    one, again, other = (task.arrays(jax.random.key(seed)) for seed in (1, 1, 2))
    for a, b, c in zip(one, again, other, strict=True):
        np.testing.assert_array_equal(a, b)
        assert not np.array_equal(a, c)
    for rows in task.split_rows(KEY):
        assert rows.tolist() != sorted(rows.tolist())


@pytest.mark.parametrize("op", OPERATIONS)
def test_arrays_are_rows_of_the_table_with_their_own_labels(op: str) -> None:
    expected = {(row[0], row[2]): label for row, label in by_definition(7, op)}
    data = Modular(7, op).arrays(KEY)  # type: ignore[arg-type]
    for inputs, targets in ((data.train_inputs, data.train_targets), (data.val_inputs, data.val_targets)):
        assert {tuple(row) for row in inputs[:, [1, 3]]} == {(7, 8)}
        assert [expected[a, b] for a, b in inputs[:, [0, 2]].tolist()] == targets.tolist()


PUBLISHED_SIZES = [1000, 1374, 1891, 2601, 3576, 4917, 6761, 9300]


@pytest.mark.parametrize("p", [97, 113, 127])
def test_exact_fraction_keeps_exactly_n(p: int) -> None:
    rows = p * (p - 1)
    for n in [n for n in range(1, rows + 1) if n % 7 == 0 or n in PUBLISHED_SIZES or n > rows - 20]:
        fraction = exact_fraction(n, rows)
        assert int(fraction * rows) == n
        assert 0 < fraction <= 1


def test_a_plain_quotient_loses_a_row_where_the_published_code_did() -> None:
    rows = table_size(113, "/")
    assert int(6761 / rows * rows) == 6760
    assert Modular.of_size(113, "/", 6761).n_train == 6761


@given(p=st.sampled_from(PRIMES), op=st.sampled_from(OPERATIONS), data=st.data())
def test_of_size_has_that_size(p: int, op: str, data: st.DataObject) -> None:
    n = data.draw(st.integers(1, table_size(p, op)))  # type: ignore[arg-type]
    assert Modular.of_size(p, op, n).n_train == n  # type: ignore[arg-type]


@pytest.mark.parametrize("n", [0, -1, 157])
def test_of_size_refuses_what_the_table_does_not_have(n: int) -> None:
    with pytest.raises(SpecError, match=f"n: found {n}"):
        Modular.of_size(13, "/", n)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"p": 12}, "p: found 12, expected a prime number"),
        ({"p": 1}, "p: found 1, expected at least 2"),
        ({"p": 10**9 + 7}, "p: found 1000000007, expected at most"),
        ({"p": "x"}, "p: found 'x', expected a whole number"),
        ({"p": 13.5}, "p: found 13.5, expected a whole number"),
        ({"p": True}, "p: found True, expected a whole number"),
        ({"op": "%"}, "op: found '%', expected one of"),
        ({"split": "half"}, "split: found 'half', expected one of"),
        ({"fraction": 1.5}, "fraction: found 1.5, expected at most 1.0"),
        ({"fraction": float("nan")}, "fraction: found nan, expected a finite number"),
        ({"fraction": 0}, "fraction: found 0.0, expected a fraction that leaves at least one of 9312 rows"),
        ({"fraction": 1e-9}, "leaves at least one"),
    ],
)
def test_impossible_tasks_are_refused(fields: dict[str, object], words: str) -> None:
    with pytest.raises(SpecError) as refusal:
        Modular(**fields)  # type: ignore[arg-type]
    assert words in str(refusal.value)


@pytest.mark.parametrize("fraction", [0.1, 0.5, 1.0])
@pytest.mark.parametrize("op", OPERATIONS)
def test_tasks_over_one_prime_share_room(op: str, fraction: float) -> None:
    task = Modular(97, op, fraction)  # type: ignore[arg-type]
    assert task.row_bucket == Modular(97).row_bucket >= task.n_rows
    assert task.row_bucket % 512 == 0


def test_the_run_knows_its_steps() -> None:
    for p, _, batches, *_ in PUBLISHED:
        assert Run(Modular(p), Transformer(8), AdamW(), Groks()).steps_per_epoch == batches
