#!/bin/sh
# From the desk; the models of the nodes are behind one LiteLLM.
DOCKER_HOST=ssh://ops@node2 docker compose -f nodes/node2.yml up -d
