"""So many calls within so many seconds."""

from collections import deque

from infra.simulators.wechat.state import State

Limits = tuple[tuple[int, int], ...]
"""(window in seconds, calls), the longest window last."""


def spend(state: State, key: tuple[object, ...], limits: Limits) -> bool:
    """Whether one more is within all limits; if so it is counted."""
    now, longest = state.now(), limits[-1][0]
    times = state.spent.get(key, deque())
    while times and times[0] <= now - longest:
        times.popleft()
    if any(sum(at > now - window for at in times) >= most for window, most in limits):
        return False
    times.append(now)
    state.spent[key] = times
    return True
