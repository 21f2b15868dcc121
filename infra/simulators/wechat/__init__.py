"""A stand-in for the WeCom platform, for development, demonstrations and tests.

Run `python -m infra.simulators.wechat --port 8090`. It uses the standard library only and shares no
code with the client it is there to test. One module per family of calls in `api/`, what the platform
documents as data in `contracts.py`, everything it remembers in `state.py`.
"""
