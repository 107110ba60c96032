"""The operator's cluster: candidates in production's place, until production is put back."""
