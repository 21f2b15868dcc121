"""`make bench`: what a request costs on the production-like server, beside a bare psycopg application.

`python -m infra.bench [--quick]` prints a table and writes `.run/bench.json`. The parts: `fill` (data), `plan` (which
requests), `servers` (what is measured), `load` (who asks), `floor` (the bare application), `measure`, `report`.
"""
