"""`make demo`: the whole system on one machine, started in order, watched, and ended together."""
