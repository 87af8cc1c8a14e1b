"""The published summary as a test of the analysis: what it determines is recomputed, what it does not is said."""

import numpy as np
import pytest

from grokscope.laws.claims.claims import evaluate_claims
from grokscope.laws.claims.published_summary import CENTRAL, TESTS, crossing_spread, reconstruct_cells


def by_name(along_prime, **options):
    return {
        c.name: c for c in evaluate_claims(reconstruct_cells(along_prime), axes=["dropout"], resamples=300, **options)
    }


@pytest.mark.parametrize("test", TESTS, ids=lambda test: f"{test.sweep}, {test.name}")
def test_every_published_p_follows_from_its_f(test):
    assert test.recomputed_p == pytest.approx(test.p, rel=0.12)


@pytest.mark.parametrize("along_prime", [0.3, 0.9, 0.999])
def test_the_published_tests_on_reconstructed_cells_give_the_published_row(along_prime):
    found = by_name(along_prime, design="published")
    first, vacuous, last = (found[name].numbers for name in ("M1 vs M0", "M3 vs M2", "M3 vs M1"))
    assert first["f"] == pytest.approx(CENTRAL["m1_vs_m0_f"])
    assert first["r2"] == pytest.approx(CENTRAL["m1_r2"], abs=5e-4)
    assert first["adjusted_r2"] == pytest.approx(CENTRAL["m1_adjusted_r2"], abs=5e-4)
    assert vacuous["f"] == pytest.approx(first["f"] * 7 / 8)
    assert vacuous["f"] == pytest.approx(CENTRAL["m3_vs_m2_f"], abs=0.5)
    assert vacuous["adjusted_r2_smaller"] == pytest.approx(CENTRAL["m2_adjusted_r2"])
    assert vacuous["adjusted_r2"] == pytest.approx(CENTRAL["m3_adjusted_r2"], abs=5e-4)
    assert last["f"] == pytest.approx(0, abs=1e-6)
    calibration = found["calibration"].numbers
    assert calibration["joint_f"] == pytest.approx(CENTRAL["joint_f"])
    assert calibration["slope"] == pytest.approx(CENTRAL["slope"])
    assert calibration["intercept"] == pytest.approx(CENTRAL["intercept"])
    # Not used in the reconstruction: that it comes out shows that the row is of one piece.
    assert calibration["concordance"] == pytest.approx(CENTRAL["concordance"], abs=5e-3)
    assert calibration["signed_rank_p"] == pytest.approx(CENTRAL["signed_rank_p"], rel=0.03)


def test_the_spread_of_the_crossings():
    assert crossing_spread() == pytest.approx(0.194, abs=5e-4)
    assert np.log10(reconstruct_cells(0.9)["predicted_onset_x"]).std(ddof=0) == pytest.approx(crossing_spread())


def test_the_mended_verdict_turns_on_what_was_not_published():
    loose, tight = by_name(0.5), by_name(0.999)
    assert loose["crossing adds"].verdict == "supported"
    assert tight["crossing adds"].verdict == "not supported"
    for found in (loose, tight):
        assert found["calibration"].verdict == "not supported"
        assert found["proportion"].verdict == "supported"
        assert found["crossing predicts"].verdict == "supported"
        assert found["robust to dropout"].verdict == "cannot tell"
