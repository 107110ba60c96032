"""What was measured over months: every run in one SQLite file, and what its figures tell together."""
