"""Command lines of vLLM: taken apart, read as a container's shell would, and asked of the release's own parser."""
