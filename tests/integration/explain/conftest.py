"""The whole program, its people and their clients, as the API tests have them."""

from tests.api.conftest import api_settings, app, composed_app, people, phone, quick_hashes, sign_in

__all__ = ["api_settings", "app", "composed_app", "people", "phone", "quick_hashes", "sign_in"]
