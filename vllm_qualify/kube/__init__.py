"""The pure half of Kubernetes: what manifests and objects say. Everything that talks to a cluster is in the edge."""
