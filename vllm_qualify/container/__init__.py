"""Containers of Docker and Podman: what one is made of, how one is read, made, stopped and started."""
