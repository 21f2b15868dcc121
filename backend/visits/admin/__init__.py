"""Split by subject; Django finds the pages here."""

from backend.visits.admin import templates, terms

__all__ = ["templates", "terms"]
