"""An empty database becomes a company at work: `python -m infra.bench.filling '{"visits": …}'` with DATABASE_URL."""
