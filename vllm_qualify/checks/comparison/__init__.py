"""Pure comparisons of a candidate with the baseline: ``compared`` finds the cases, ``gate`` decides, others judge."""
