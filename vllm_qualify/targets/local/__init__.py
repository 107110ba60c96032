"""The embedded default: the same release as a CPU build on this machine."""
