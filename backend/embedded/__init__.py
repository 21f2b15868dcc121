"""The embedded PostgreSQL of development, demo and tests; production gives DATABASE_URL instead."""
