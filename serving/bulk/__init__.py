"""Bulk: whole exports tagged in one job that survives kill -9, a full disk and a vanished input."""
