"""Judges of the silent faults: HTTP 200, and yet not the answer to what was asked. Pure, one file a subject."""
