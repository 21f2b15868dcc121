"""The floor: what the same answers cost without Django, django-ninja and the rules of the house.

A bare WSGI application on psycopg under the same granian and PostgreSQL settings. Reads run the product's own SQL,
writes run the same statements in one transaction, and the JSON is the same. Tokens are verified once and remembered, as
the product does. There are no checks of input or of rights beyond the SQL, no judging of evidence, no log and no
metrics: so a ratio of 1 is out of reach.
"""
