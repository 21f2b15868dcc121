"""What the evidence of a check-in amounts to. Pure arithmetic: distances in metres, times in seconds.

The verdict never stops anybody: it is stored with all its reasons, and a manager decides about a doubtful one.
"""

from backend.visits.rules.coarsening import DECIMALS, LEAST_ACCURACY_M, Coarse, coarse
from backend.visits.rules.evidence import REASONS, Code, Earlier, Finding, Fix, Reason, Target, Verdict
from backend.visits.rules.judging import MEANING, SEVERITY, best_of, copied, judge, verdict_of
from backend.visits.rules.limits import DEFAULT_LIMITS, RANGES, Limits
from backend.visits.rules.photos import bands_of, distance_bits, tells_apart

__all__ = [
    "DECIMALS",
    "DEFAULT_LIMITS",
    "LEAST_ACCURACY_M",
    "MEANING",
    "RANGES",
    "REASONS",
    "SEVERITY",
    "Coarse",
    "Code",
    "Earlier",
    "Finding",
    "Fix",
    "Limits",
    "Reason",
    "Target",
    "Verdict",
    "bands_of",
    "best_of",
    "coarse",
    "copied",
    "distance_bits",
    "judge",
    "tells_apart",
    "verdict_of",
]
