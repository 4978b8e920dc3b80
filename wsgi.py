"""Composition root: `app` (web), `live_app` (server-sent events), `celery_app`; sees every package."""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "miniprogram-api"))

from miniprogram_api import api as miniprogram_api
from portal.judge import api as judge_portal
from portal.verify import api as verify_portal
from server.app import create_app
from server.board import api as board
from server.config import Settings
from server.live import create_live_app

settings = Settings.from_env(os.environ)
app = create_app(settings, faces=(board, miniprogram_api, judge_portal, verify_portal))
live_app = create_live_app(settings)
celery_app = app.extensions["celery"]
