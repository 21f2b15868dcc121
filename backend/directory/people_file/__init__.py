"""Departments and employees as a file: what its columns mean, what it would change, how it is carried out and written.

reading (cells as people type them) → planning (row by row) → judging (the company as a whole) → writing. `services.
imports` and `services.exports` are the way in.
"""
