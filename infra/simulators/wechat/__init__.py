"""A stand-in for the platforms of WeCom and WeChat, for development, demonstrations and tests.

Run `python -m infra.simulators.wechat --port 8090`. It uses the standard library and `cryptography`, and shares no code
with the client it is there to test. One module per family of calls in `api/`, what the platform documents as data in
`contracts.py`, everything it remembers in `state.py`; what it tells the app in `callbacks/`, the page a person looks at
in `phone/`, and the test's side (`/__sim/…`) in `control/`.
"""
