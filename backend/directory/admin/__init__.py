"""Split by subject; Django finds the pages through this module."""

from backend.directory.admin import handovers, logins, people
from backend.directory.admin.acting import acting

__all__ = ["acting", "handovers", "logins", "people"]
