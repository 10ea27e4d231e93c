"""A hub never starts with costs or keys that would lose every code it gave out."""

from collections.abc import Callable, Iterator

import pytest

from notcontent.errors import ConfigError
from notcontent.hub.cases.models import CodeScheme
from notcontent.hub.cases.services import adopt_scheme
from notcontent.hub.cases.stretch import stretcher
from notcontent.hub.config import HubConfig

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def made_anew() -> Iterator[None]:
    stretcher.cache_clear()
    yield
    stretcher.cache_clear()


def test_the_scheme_is_written_down_once() -> None:
    adopt_scheme()
    adopt_scheme()
    assert CodeScheme.objects.count() == 1


@pytest.mark.parametrize("change", [{"code_memory_kib": 128}, {"code_passes": 2}])
def test_other_costs_are_refused(change: dict[str, int], with_config: Callable[..., HubConfig]) -> None:
    adopt_scheme()
    with_config(**change)
    stretcher.cache_clear()
    with pytest.raises(ConfigError, match="may not change"):
        adopt_scheme()


def test_another_key_ring_is_refused() -> None:
    adopt_scheme()
    CodeScheme.objects.update(ring_check=bytes(32))
    with pytest.raises(ConfigError, match="another key ring"):
        adopt_scheme()
