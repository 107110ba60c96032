"""Container registries: logins, the protocol, and what an image says of itself; no layer is fetched."""
