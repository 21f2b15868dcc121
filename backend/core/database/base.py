import select
from typing import Any

import psycopg
from django.db.backends.postgresql import base
from psycopg.pq import Format

TYPE = "timestamptz"
_LOADER = psycopg.adapters.get_loader(psycopg.adapters.types[TYPE].oid, Format.TEXT)


class DatabaseWrapper(base.DatabaseWrapper):
    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """With psycopg's own reading of moments, in C, where Django's in Python takes a third of the time of a list of
        visits. Both give UTC, which Django makes the time zone of the session."""
        connection = super().get_new_connection(conn_params)
        connection.adapters.register_loader(TYPE, _LOADER)
        return connection

    def create_cursor(self, name: str | None = None) -> Any:
        """As Django's, but for the look whether its own reading of moments is in place."""
        if name:
            return self.connection.cursor(name, scrollable=False, withhold=self.connection.autocommit)
        return self.connection.cursor()

    def is_usable(self) -> bool:
        """Whether a connection that lay idle still lives; asked before the first query of a request.

        A server that ended the connection, or ended itself, has said so, and what it said lies in the socket: so an
        empty socket is as good an answer as `SELECT 1`, for two system calls instead of a round trip. If anything lies
        there, be it only a notification, the server is asked.
        """
        if self.connection is None or self.connection.closed:
            return False
        poll = select.poll()
        poll.register(self.connection.fileno(), select.POLLIN)
        return True if not poll.poll(0) else bool(super().is_usable())
