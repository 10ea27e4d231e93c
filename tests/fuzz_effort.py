"""How many times as many examples as usual the fuzzing tests draw: more in `make check-slow`."""

import os

EFFORT = int(os.environ.get("NOTCONTENT_FUZZ_EFFORT", "1"))
