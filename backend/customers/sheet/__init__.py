"""Customers as a table in a file: out of here, and back in."""
