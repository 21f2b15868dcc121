"""Split by subject; Django finds the pages through this module."""

from backend.events.admin import audit
from backend.events.admin.owed import OwedAdmin

__all__ = ["OwedAdmin", "audit"]
