"""Makes the release catalogue from the sources of vLLM; a tool of the developers that the harness never imports."""
