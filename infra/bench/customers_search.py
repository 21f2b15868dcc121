"""`python -m infra.bench.customers_search [CUSTOMERS]`: how long the search takes among a million customers.

Filled once and kept; asked as the phone's list asks, from the selector on, by people who see all, a region, and their
own. Each kind of thing that is typed has its own line; nobody types the same thing twice. A search sorted by name is
told and not aimed at: what is common but begins late in the alphabet must all be fetched.
"""

import argparse
import os
import random
import sys
import time
from collections.abc import Iterator, Sequence
from itertools import pairwise, product
from typing import Any

from backend.embedded import postgres
from infra.bench import databases

NAME = "waiqin_customers"
LIMIT_MS = 50
MADE = {
    "n": "integer",
    "code": "text",
    "name": "text",
    "phone": "text",
    "level": "text",
    "pinyin": "text",
    "initials": "text",
    "search_text": "text",
    "grams": "text[]",
}
"""What is made here of each customer, by column; the rest is dealt out by the database."""
CITIES = ["上海", "苏州", "杭州", "南京", "宁波", "合肥", "无锡", "绍兴", "武汉", "西安", "济南", "广州", "深圳"]
SIGNS = (
    "康源百味金谷绿野海之华润雪原福临大江旺达嘉禾晨光瑞祥恒泰永兴鼎盛宏远天和万家同仁东方南山"
    "北辰春秋明月清泉玉林香山龙泉凤凰锦绣安平吉利常青久久"
)
GOODS = ["食品", "饮料", "茶叶", "粮油", "果品", "乳业", "酒业", "调味品", "日用百货", "生鲜", "冷链", "农产品"]
FORMS = ["有限公司", "有限责任公司", "超市", "便利店", "商行", "批发部", "连锁店", "贸易有限公司", "配送中心", "餐厅"]
SURNAMES, GIVEN = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦许何吕施张", "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英"


def main() -> int:
    arguments = argparse.ArgumentParser(prog="python -m infra.bench.customers_search")
    arguments.add_argument("customers", nargs="?", type=int, default=1_000_000)
    count: int = arguments.parse_args().customers
    server = databases.start()
    name = f"{NAME}_{count}"
    os.environ |= databases.environment(server, name)
    new = _is_new(server, name)
    if new:
        postgres.create_database(server, name)
    import django

    django.setup()
    if new:
        _fill(count)
        with databases.connected(server) as connection:
            connection.execute(f"COMMENT ON DATABASE {name} IS 'filled'")
    return _measure(count)


def _is_new(server: postgres.Server, name: str) -> bool:
    """What was filled only in part begins anew."""
    query = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s"
    with databases.connected(server) as connection:
        if connection.execute(query, [name]).fetchone() == ("filled",):
            return False
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    return True


def _fill(count: int) -> None:
    from django.core.management import call_command
    from django.db import connection

    from backend.customers.models import Customer
    from infra.bench.filling import bulk, people

    began = time.perf_counter()
    call_command("migrate", verbosity=0)
    company = people.found("million", "百万客户公司")
    people.hire(company, reps=400, teams=40, regions=4)
    bulk.execute("SET statement_timeout = 0")
    bulk.execute("SET transaction_timeout = 0")
    bulk.execute("SET maintenance_work_mem = '1GB'")
    bulk.execute(f"CREATE TEMP TABLE made ({', '.join(f'{name} {type}' for name, type in MADE.items())})")
    with connection.cursor() as cursor, cursor.copy(f"COPY made ({', '.join(MADE)}) FROM STDIN") as pipe:
        for row in _made(count):
            pipe.write_row(row)
    bulk.numbered("rep", "SELECT id, department_id FROM directory_employee WHERE number LIKE 'R%%' ORDER BY number", {})
    source = "made JOIN rep ON rep.k = made.n %% (SELECT count(*) FROM rep) ORDER BY made.n"
    columns = {name: f"made.{name}" for name in MADE if name != "n"} | {
        "id": "pg_temp.id_at(now() - (1e7 - made.n) * interval '1 second')",
        "created_at": "now() - (1e7 - made.n) * interval '1 second'",
        "company_id": "%(company)s",
        "owner_id": "CASE WHEN made.n %% 20 < 19 THEN rep.id END",
        "department_id": "rep.department_id",
    }
    with bulk.without_indexes([Customer]):
        bulk.insert(Customer, source, {"company": company.pk}, **columns)
    bulk.execute("VACUUM ANALYZE customers_customer")
    print(f"filled with {count} customers in {time.perf_counter() - began:.0f} s")


def _made(count: int) -> Iterator[list[Any]]:
    chance = random.Random(7)
    keys = _Keys()
    for n in range(count):
        sign = "".join(chance.choices(SIGNS, k=chance.randint(2, 4)))
        name = chance.choice(CITIES) + sign + chance.choice(GOODS) + chance.choice(FORMS)
        code, phone = f"C{n:07d}", f"1{chance.randint(3, 9)}{chance.randint(0, 10**9 - 1):09d}"
        person = chance.choice(SURNAMES) + "".join(chance.choices(GIVEN, k=2))
        yield [n, code, name, phone, chance.choice("ABC"), *keys.of(n, name, code, phone, person)]


class _Keys:
    """What `rules.search_keys` says, without asking for the pinyin of the same characters a million times."""

    def __init__(self) -> None:
        self.spelt: dict[str, str] = {}

    def of(self, n: int, name: str, code: str, phone: str, person: str) -> list[Any]:
        from backend.customers import rules

        spelt, short = self._pinyin(name)
        public = [name, spelt, short, code.casefold(), person, *self._pinyin(person)]
        grams = {a + b for text in (*public, phone) for a, b in pairwise(text)} | set("".join((*public, phone)))
        threes = {text[at : at + 3] for text in (*public, phone) for at in range(len(text) - 2)}
        grams |= set(filter(str.isascii, threes))
        text = "\n".join(public) + rules.PRIVATE + phone
        if n < 50:
            said = rules.search_keys(name=name, code=code, phone=phone, contacts=[(person, phone)])
            assert said.pinyin != spelt or (said.search_text, said.grams) == (text, sorted(grams)), name
        return [spelt, short, text, sorted(grams)]

    def _pinyin(self, text: str) -> tuple[str, str]:
        from backend.core.search import pinyin

        parts = [self.spelt.get(sign) or self.spelt.setdefault(sign, pinyin(sign)) for sign in text]
        return "".join(parts), "".join(part[0] for part in parts)


def _measure(count: int) -> int:
    from django.db import connection

    from backend.customers.models import Customer
    from backend.customers.selectors.listing import Sort, Wanted, page_of_customers
    from backend.directory.models import Employee
    from backend.directory.selectors import actor_for

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), pg_size_pretty(pg_total_relation_size('customers_customer')),"
            " pg_size_pretty(pg_relation_size('customer_grams')) FROM customers_customer"
        )
        print("{} customers, {} with indexes, {} of them for the bigrams".format(*cursor.fetchone()))
    chance = random.Random(time.time_ns())
    some = Customer.objects.filter(code__in=[f"C{chance.randrange(count):07d}" for _ in range(400)])
    known = list(some.values_list("name", "pinyin", "initials", "code", "phone"))
    people = {
        "sees all": actor_for(Employee.objects.get(number="A1")),
        "a region": actor_for(Employee.objects.get(number="G1")),
        "his own": actor_for(Employee.objects.get(number="R0007")),
    }
    print(f"{'who':9} {'what is typed':28} {'n':>4} {'p50 ms':>8} {'p95 ms':>8} {'p99 ms':>8} {'max ms':>8}")
    slow = 0.0
    for (who, actor), (what, typed) in product(people.items(), _typed(chance, known).items()):
        times = []
        for text in typed:
            sort = Sort.NAME if what.endswith("by name") else Sort.NEWEST
            began = time.perf_counter()
            page_of_customers(actor=actor, wanted=Wanted(q=text, sort=sort), limit=21)
            times.append((time.perf_counter() - began) * 1000)
        times.sort()
        p50, p95, p99 = (times[min(len(times) - 1, int(len(times) * share))] for share in (0.5, 0.95, 0.99))
        slow = max(slow, p99) if sort is Sort.NEWEST else slow
        print(f"{who:9} {what:28} {len(times):4} {p50:8.1f} {p95:8.1f} {p99:8.1f} {times[-1]:8.1f}")
    print(f"slowest p99: {slow:.1f} ms; aimed at {LIMIT_MS} ms")
    return 0 if slow <= LIMIT_MS else 1


def _typed(chance: random.Random, known: Sequence[tuple[str, ...]]) -> dict[str, Sequence[str | None]]:
    def parts(column: int, size: int) -> Sequence[str]:
        texts = [row[column] for row in known]
        starts = [chance.randrange(max(1, len(text) - size + 1)) for text in texts]
        return [text[start : start + size] for text, start in zip(texts, starts, strict=True)][:200]

    def whole(column: int) -> Sequence[str]:
        return [row[column] for row in known][:200]

    return {
        "nothing": [None] * 20,
        "nothing, by name": [None] * 20,
        "1 Chinese character": parts(0, 1)[:60],
        "2 Chinese characters": parts(0, 2),
        "3 Chinese characters": parts(0, 3),
        "4 Chinese characters": parts(0, 4),
        "6 Chinese characters": parts(0, 6),
        "2 characters, by name": parts(0, 2)[:60],
        "the whole name": whole(0),
        "what is not there": [
            chance.choice(SIGNS) + chance.choice("鑫淼犇") + chance.choice(SIGNS) for _ in range(100)
        ],
        "a contact": [chance.choice(SURNAMES) + "".join(chance.choices(GIVEN, k=2)) for _ in range(100)],
        "6 letters of pinyin": parts(1, 6),
        "the whole pinyin": whole(1),
        "4 initials": parts(2, 4),
        "the code": whole(3),
        "the last 4 of the phone": [row[4][-4:] for row in known][:200],
        "the phone": whole(4),
    }


if __name__ == "__main__":
    sys.exit(main())
