"""Signs some hundred people in by each door, first one after the other and then eight at once, and prints how long each
had to wait. Password hashing counts, and so does the simulator, which shares the machine."""

import sys

from infra.bench.doors.started import started

PEOPLE = 440
WARM, ALONE, TOGETHER = 20, 100, 320
CONNECTIONS = 8


def main() -> int:
    with started(PEOPLE) as bench:
        print(f"{'':18}{'1 connection':>18}{f'{CONNECTIONS} connections':>26}")
        print(f"{'door':18}{'p50 ms':>9}{'p99 ms':>9}{'p50 ms':>10}{'p99 ms':>9}{'per s':>7}{'CPU ms':>9}")
        for door, asked in bench.requests.items():
            bench.block(asked[:WARM], 2)
            alone = bench.block(asked[WARM : WARM + ALONE], 1)
            many = bench.block(asked[WARM + ALONE : WARM + ALONE + TOGETHER], CONNECTIONS)
            print(
                f"{door:18}{alone.within_ms(0.5):9.1f}{alone.within_ms(0.99):9.1f}"
                f"{many.within_ms(0.5):10.1f}{many.within_ms(0.99):9.1f}{many.rps:7.0f}{many.cpu_ms:9.1f}",
                flush=True,
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
