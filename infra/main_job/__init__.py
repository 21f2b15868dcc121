"""The main job, from outside: phones, an ERP and a look at what WeCom was sent, over HTTP against a running server.

`python -m infra.main_job` prints every request and its answer; tests/journeys/test_main_job.py runs the same steps.
"""
