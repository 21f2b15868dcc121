"""`python -m tests.support.platform_sender APP NAME GATE`: five threads each send as the app once GATE exists."""

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import django

THREADS = 5


def main(app_id: str, name: str, gate: str) -> None:
    django.setup()
    from django.db import connection

    from backend.wechat import wecom
    from backend.wechat.models import App

    app = App.objects.get(pk=app_id)
    print("ready", flush=True)
    while not Path(gate).exists():
        time.sleep(0.005)

    def send(number: int) -> str:
        try:
            return wecom.client_for(app).send_text(["LiLei"], "您好", dedupe_key=f"{name}/{number}").msgid
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as pool:
        print("sent", *pool.map(send, range(THREADS)), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
