"""A real Kubernetes on one machine, to test against: ``python -m lab up``. Nothing of the harness knows it."""
