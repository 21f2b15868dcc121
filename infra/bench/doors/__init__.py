"""How long it takes to come in, by each door, with the simulator for a platform: `python -m infra.bench.doors`."""
