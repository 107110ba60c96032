"""From a run to what the operator applies: which candidate, which lines change, and the patch both ways. No I/O."""
