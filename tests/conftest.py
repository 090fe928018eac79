"""What all tests share: no deadline decides, and the environment of the developer's machine stays outside."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("plexsync", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("plexsync")


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PLEXSYNC_DATA", "PLEXSYNC_TIME_SCALE", "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
