"""The project's own PostgreSQL and Redis under `.local/`, and the runner of `make demo`.

Nothing here is part of a production installation: with DATABASE_URL and REDIS_URL set,
those servers are used.
"""
