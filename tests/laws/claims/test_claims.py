"""Claims: the published numbers' identities, and verdicts on data made to deserve them."""

import math

import numpy as np
import pandas as pd
import pytest

from grokscope.laws.claims.claims import evaluate_claims
from grokscope.laws.claims.equivalence import adjust_holm
from grokscope.laws.statistics.agreement import StudentEstimate, clustered_slope, fit_identity

PRIMES = (97, 101, 103, 107, 109, 113, 127, 131, 137, 139)


def table(offset=0.0, *, noise=0.02, seed=0, spread=0.05, **axes):
    """Ten primes whose crossing grows with p and scatters by `spread`, and whose onset is `offset` dex beside it."""
    rng = np.random.default_rng(seed)
    u = 5 + 4 * np.log10(np.array(PRIMES) / 97) + spread * rng.standard_normal(len(PRIMES))
    e = u + offset + noise * rng.standard_normal(len(PRIMES))
    return pd.DataFrame({"p": PRIMES, "predicted_onset_x": 10**u, "empirical_onset_x": 10**e} | axes)


def by_name(frame, **options):
    return {claim.name: claim for claim in evaluate_claims(frame, **({"resamples": 300} | options))}


def test_the_vacuous_design_is_reproduced():
    """Method 5.11: a constant axis in every model gives these identities, whatever the data."""
    n = len(PRIMES)
    found = by_name(table(-0.16, dropout=0.2), axes=["dropout"], design="published")
    with_, without = found["M3 vs M2"].numbers, found["M1 vs M0"].numbers
    assert with_["f"] == pytest.approx(without["f"] * (n - 3) / (n - 2))
    assert with_["adjusted_r2_smaller"] == pytest.approx(-1 / (n - 2))
    assert with_["r2_smaller"] == pytest.approx(0)
    assert found["M3 vs M1"].numbers["f"] == pytest.approx(0, abs=1e-6)
    assert found["M3 vs M1"].numbers["p"] == pytest.approx(1)
    # As published: F = 569 gives 498, R2 = 0.986 gives 0.984 and 0.982.
    assert round(569 * 7 / 8) == 498
    assert found["M3 vs M1"].verdict == "supported"


def test_published_summary_is_consistent_with_the_identities():
    """Method 5.13: F = 569 of M1 vs M0 at n = 10 is R2 = 0.986, adjusted 0.984; with the constant column 0.982."""
    r2 = 569 / (569 + 8)
    frame = table(-0.16, dropout=0.2)
    u = np.log10(frame["predicted_onset_x"])
    noise = np.random.default_rng(1).standard_normal(10)
    noise -= np.polyval(np.polyfit(u, noise, 1), u)
    noise *= math.sqrt(np.sum((u - u.mean()) ** 2) * (1 - r2) / r2 / np.sum(noise**2))
    frame["empirical_onset_x"] = 10 ** (u - 0.16 + noise)
    found = by_name(frame, axes=["dropout"], design="published")
    assert found["M1 vs M0"].numbers["f"] == pytest.approx(569)
    assert found["M3 vs M2"].numbers["f"] == pytest.approx(498, abs=0.5)
    assert found["M1 vs M0"].numbers["r2"] == pytest.approx(0.986, abs=5e-4)
    assert found["M1 vs M0"].numbers["adjusted_r2"] == pytest.approx(0.984, abs=5e-4)
    assert found["M3 vs M2"].numbers["adjusted_r2"] == pytest.approx(0.982, abs=5e-4)
    assert found["calibration"].numbers["signed_rank_p"] == pytest.approx(2 / 2**10)


def test_the_mended_design_drops_the_constant_and_has_the_prime():
    found = by_name(table(-0.16, dropout=0.2), axes=["dropout"])
    assert found["crossing adds"].numbers["added_columns"] == 1
    assert found["crossing adds"].numbers["adjusted_r2_without"] > 0.5
    assert found["crossing adds"].verdict == "supported"
    assert found["robust to dropout"].verdict == "cannot tell"


def test_the_prime_alone_can_explain_everything():
    found = by_name(table(spread=0.0), axes=())
    assert found["association"].verdict == "supported"
    assert found["crossing adds"].verdict == "cannot tell"
    assert found["crossing adds"].numbers["added_columns"] == 0


@pytest.mark.parametrize(
    ("offset", "noise", "verdict"),
    [(0.0, 0.02, "supported"), (-0.16, 0.02, "not supported"), (-0.1, 0.2, "cannot tell")],
)
def test_calibration_needs_equivalence(offset, noise, verdict):
    found = by_name(table(offset, noise=noise))["calibration"]
    assert found.verdict == verdict
    assert found.numbers["offset_low"] < found.numbers["offset_dex"] < found.numbers["offset_high"]


def test_onsets_that_have_nothing_to_do_with_crossings():
    frame = table()
    frame["empirical_onset_x"] = np.random.default_rng(3).permutation(frame["empirical_onset_x"])
    found = by_name(frame)
    assert found["association"].verdict != "supported"
    assert found["crossing predicts"].verdict != "supported"
    assert found["proportion"].verdict != "supported"


def test_an_axis_that_moves_the_offset():
    frame = pd.concat([table(-0.24 * (s - 1), seed=int(4 * s), init_scale=s) for s in (0.5, 1.0, 2.0)])
    found = by_name(frame, axes=["init_scale"])
    assert found["robust to init_scale"].verdict == "not supported"
    assert found["robust to init_scale"].numbers["change_dex"] == pytest.approx(-0.36, abs=0.05)
    assert found["robust to p"].verdict == "supported"
    assert found["crossing suffices"].verdict == "not supported"
    assert found["association"].numbers["primes"] == 10


def test_cells_of_one_prime_do_not_count_as_independent():
    once = by_name(table(-0.02, noise=0.1))
    thrice = by_name(pd.concat([table(-0.02, noise=0.1)] * 3))
    assert thrice["calibration"].numbers["offset_high"] == pytest.approx(once["calibration"].numbers["offset_high"])
    assert thrice["association"].numbers["permutation_p"] == pytest.approx(
        once["association"].numbers["permutation_p"], abs=0.05
    )


def test_an_axis_of_names():
    frame = pd.concat([table(-0.394, seed=1, op="+"), table(-0.154, seed=2, op="/")])
    found = by_name(frame, axes=["op"])
    assert found["robust to op"].verdict == "not supported"
    assert abs(found["robust to op"].numbers["change_dex"]) == pytest.approx(0.24, abs=0.03)


@pytest.mark.parametrize("design", ["mended", "published"])
@pytest.mark.parametrize("n", [0, 1, 2, 3])
def test_too_few_cells_cannot_tell(n, design):
    found = by_name(table(dropout=0.2).head(n), axes=["dropout"], design=design)
    assert {claim.verdict for claim in found.values()} == {"cannot tell"} if n < 2 else found


def test_cells_without_both_onsets_do_not_count():
    frame = table()
    frame.loc[0, "empirical_onset_x"] = math.nan
    assert by_name(frame)["association"].numbers["cells"] == 9


def test_seeded_and_named():
    assert evaluate_claims(table(), resamples=100, seed=3) == evaluate_claims(table(), resamples=100, seed=3)
    with pytest.raises(ValueError, match="column weight_decay missing"):
        evaluate_claims(table(), axes=["weight_decay"])


def test_holm_is_monotone():
    assert adjust_holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert adjust_holm([0.5, 0.9]) == pytest.approx([1, 1])
    assert adjust_holm([0.02, math.nan])[0] == 0.02


def test_an_exact_effect_needs_no_width():
    exact = StudentEstimate(0.05, 0.0, 3)
    assert exact.equivalence_p_value(-0.1, 0.1) == 0
    assert exact.equivalence_p_value(0.1, 0.2) == 1
    assert math.isnan(StudentEstimate(0.05, 0.1, 0).equivalence_p_value(-1, 1))


def test_constant_onsets_have_no_rank():
    frame = table()
    frame["empirical_onset_x"] = 1e5
    found = by_name(frame)["association"]
    assert found.verdict == "cannot tell"
    assert math.isnan(found.numbers["spearman"])


def test_more_columns_than_primes_cannot_be_tested():
    frame = pd.concat([table(seed=1, op=op).head(4) for op in "+-*/"])
    assert by_name(frame, axes=["op"])["robust to op"].numbers["p"] != by_name(frame)["robust to p"].numbers["p"]
    assert math.isnan(by_name(frame, axes=["op"])["robust to op"].numbers["p"])


def test_about_y_equals_x():
    u = np.array([1.0, 2.0, 3.0])
    assert fit_identity(u, u) == (3, 1.0, 0.0)
    found = fit_identity(u, u + 0.5)
    assert found.r_squared == pytest.approx(1 - 0.75 / 2)
    assert found.mean_abs_dex == pytest.approx(0.5)
    assert math.isnan(fit_identity(u[:0], u[:0]).mean_abs_dex)


def test_cells_of_widths_are_clustered_by_width():
    frame = table(-0.02, noise=0.1).rename(columns={"p": "dim"})
    found = by_name(pd.concat([frame] * 3), group_axis="dim")
    assert found["calibration"].numbers["offset_high"] == pytest.approx(
        by_name(frame, group_axis="dim")["calibration"].numbers["offset_high"]
    )
    assert "robust to dim" in found


def test_residuals_that_cancel_in_every_cluster_leave_no_error():
    """Rounding must not make their variance negative, whose root would be a warning and NaN."""
    for seed in range(20):
        y = np.random.default_rng(seed).standard_normal(6) * 1e-3
        found = clustered_slope(np.tile([0.1, 1.0], 6), np.repeat(y, 2), np.repeat(np.arange(6), 2))
        assert found.value == pytest.approx(0, abs=1e-12)
        assert found.error == pytest.approx(0, abs=1e-9)
