"""Taking an open visit, and giving one back."""

from __future__ import annotations
