"""Holds what Python loads by its name at the start of an engine; nothing of the harness imports it."""
