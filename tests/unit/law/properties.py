"""How property tests of the law run: no time limit per example, because a busy machine is no counter-example."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
