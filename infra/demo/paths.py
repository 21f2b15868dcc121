"""Data that is not ours to publish lies beside the repository; the demo does without where it is absent."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "data"
NORTHWIND = SHARED / "northwind" / "northwind.sql"
GPS = SHARED / "gps"
