"""Names the plugin and the fixture modules, nothing else."""

pytest_plugins = ["vllm_qualify.plugin", "fixtures.candidates", "fixtures.recording"]
