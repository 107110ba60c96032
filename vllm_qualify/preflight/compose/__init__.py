"""Compose files: which service runs vLLM, and with which command line. Pure.

Source: the Compose Specification (compose-spec/compose-spec, 05-services.md and 12-interpolation.md).
"""
