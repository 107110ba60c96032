"""``python -m vllm_qualify``, for where the console script is not installed."""

import sys

from vllm_qualify.cli import main

sys.exit(main())
