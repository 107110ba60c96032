"""Data of the local target: which CPU builds exist (builds.toml) and what each needs (one lock file a build)."""
