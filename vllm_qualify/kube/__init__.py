"""Kubernetes: what manifests and objects say, and the one way to a cluster: ``kubectl``."""
