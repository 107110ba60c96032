"""A container engine on a host as a target: the real image in the place of production's container, or by itself."""
