"""The operator's house rules, checked over the manifests before anything is applied. Pure."""
