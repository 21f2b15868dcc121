"""Django's PostgreSQL backend without two costs that every request would pay (settings.DATABASES)."""
