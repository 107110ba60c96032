"""Every effect of the harness: processes, network, files, clock."""
