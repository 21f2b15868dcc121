import json
import sys
import time

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402

from infra.bench.filling import bulk  # noqa: E402
from infra.bench.filling.companies import LARGE, fill  # noqa: E402
from infra.bench.filling.sizes import Sizes  # noqa: E402

SESSION = {
    "statement_timeout": "0",
    "transaction_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "maintenance_work_mem": "'256MB'",
    "plan_cache_mode": "auto",
    "session_replication_role": "replica",  # keys are not looked up one by one: all come from joins
}


def main() -> None:
    call_command("migrate", verbosity=0)
    began = time.monotonic()
    sizes = Sizes(**json.loads(sys.argv[1]))

    def tell(step: str) -> None:
        print(f"  {sizes.visits:>9,} 拜访 visits: {time.monotonic() - began:4.0f} s  {step}", flush=True)

    for name, value in SESSION.items():
        bulk.execute(f"SET {name} = {value}")
    with transaction.atomic(), bulk.without_indexes(LARGE):
        fill(sizes, tell=tell)
        tell("indexes")
    tell("vacuum")
    connection.connection.prepare_threshold = None
    bulk.execute("VACUUM (FREEZE, ANALYZE)")
    tell("done")


main()
