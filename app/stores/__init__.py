"""Clients of everything outside: one file and one error boundary each.

Every client connects on first use, gives up after its timeout, and raises only `app.errors.StoreUnavailable`
(wait and retry), `QueryRefused` (will never work) or `ConfigurationError` (fix the setting). They are asynchronous,
except for `kafka`, which serves commands and seeding: the engine has clients of its own.
"""
