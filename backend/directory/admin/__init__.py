"""Split by subject; Django finds the pages through this module."""

from backend.directory.admin import company, handovers, imports, logins, people, roles
from backend.directory.admin.acting import acting

__all__ = ["acting", "company", "handovers", "imports", "logins", "people", "roles"]
