"""`python -m infra.supervisor`: PORT chooses the port of the web server; DATABASE_URL, BROKER_URL and WECOM_API_BASE
replace the embedded database, the broker of files and the stand-in for WeCom by real ones.
"""

import os
import sys
from contextlib import suppress

from backend.embedded import postgres
from backend.embedded.errors import EmbeddedPostgresError
from infra.supervisor import demo
from infra.supervisor.programs import Console
from infra.supervisor.supervisor import Supervisor


def main() -> int:
    try:
        port = demo.web_port()
    except demo.PortError as error:
        print(error, file=sys.stderr)
        return 2
    simulator = None if os.environ.get("WECOM_API_BASE") else demo.simulator_port(port)
    if simulator:
        for setting in ("WECOM_API_BASE", "WECHAT_API_BASE", "WECHAT_OAUTH_BASE"):
            os.environ[setting] = f"http://127.0.0.1:{simulator}"
    os.environ.setdefault("PUBLIC_URL", f"http://127.0.0.1:{port}")
    try:
        # Reading the settings starts the database when it is ours; holding it keeps it between the steps.
        from backend import settings

        database = None if settings.env.database_url else postgres.ensure(settings.RUN_DIR / "postgres")
    except EmbeddedPostgresError as error:
        print(error, file=sys.stderr)
        return 1
    logins: list[str] = []
    programs = demo.programs(port, simulator, settings.RUN_DIR, logins)
    console = Console([program.name for program in programs])
    try:
        return Supervisor(programs, console).run(
            lambda: console.show(demo.banner(port, settings.WECOM_API_BASE, logins))
        )
    finally:
        if database:
            postgres.release(database)


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):  # before there is anything to end
        sys.exit(main())
