"""What holds for every part of the tests."""

import os

# pytest-xdist tells its workers, and they whatever they start, that they are 80 columns wide; alone, nobody says it.
os.environ.pop("COLUMNS", None)
