"""Where workers run: what may be asked for, and one line where it cannot be had."""

from __future__ import annotations

import pytest

from grokscope.spec import InputError
from grokscope.workers import sites
from grokscope.workers.machine import Machine
from grokscope.workers.sites import open_site, ray_address


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sites, "find_spec", lambda name: object())


@pytest.mark.usefixtures("installed")
def test_addresses() -> None:
    found = [ray_address(on) for on in ("local", "ray", "ray:auto", "ray:10.0.0.1:6379")]
    assert found == [None, "local", "auto", "10.0.0.1:6379"]


@pytest.mark.parametrize("on", ["", "slurm", "ray:", "local:8", "Ray", "ray 10.0.0.1"])
def test_no_such_place(on: str) -> None:
    with pytest.raises(InputError, match="expected local, ray or ray:ADDRESS"):
        ray_address(on)


def test_rays_client_is_refused() -> None:
    with pytest.raises(InputError, match="start the command on the head node"):
        ray_address("ray:ray://10.0.0.1:10001")


def test_without_the_extra_one_line_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sites, "find_spec", lambda name: None)
    with pytest.raises(InputError) as error:
        ray_address("ray")
    assert str(error.value) == "found no Ray, expected the extra: pip install 'grokscope[ray]'"


def test_this_machine_needs_no_ray(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sites, "find_spec", lambda name: None)
    with open_site("local", 2, chunk_seconds=1.0) as site:
        assert isinstance(site, Machine)
        assert len(site.places("cpu")) == 2
