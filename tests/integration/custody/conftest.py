"""People, a visit and a store without any web around them: those of the tests of `field`."""

from __future__ import annotations

from tests.integration.field.conftest import REVIEWER, actor, field, person, server, store, visit

__all__ = ["REVIEWER", "actor", "field", "person", "server", "store", "visit"]
