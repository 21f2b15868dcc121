"""Ends the programs of a supervisor that was killed: `python -P -S watcher.py`, standard library only.

Reads `+<group>` and `-<group>` lines from the supervisor. The end of the input means that the supervisor is gone,
whatever ended it; the groups not yet taken back are then asked to end, and killed if they do not.
"""

import os
import signal
import sys
import time
from contextlib import suppress

GRACE = 5.0
POLL = 0.05


def lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # macOS: only dead processes are left
        return False
    return True


def main() -> None:
    groups: list[int] = []
    for line in sys.stdin:
        if line.startswith("+"):
            groups.append(int(line[1:]))
        else:
            groups.remove(int(line[1:]))
    for leader in reversed(groups):
        with suppress(ProcessLookupError, PermissionError):
            os.kill(leader, signal.SIGTERM)
    deadline = time.monotonic() + GRACE
    while any(map(lives, groups)) and time.monotonic() < deadline:
        time.sleep(POLL)
    for group in groups:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)


if __name__ == "__main__":
    main()
