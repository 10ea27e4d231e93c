"""Run a command that takes minutes and says nothing, and tell on stderr what it does and for how long it has run.

python tools/telling.py WORDS COMMAND...

On a terminal that is one line that counts and goes away; elsewhere a line at the beginning and one every 15 seconds.
Ends as the command ends.
"""

import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import timedelta

EVERY_S = 15.0


def tell(words: str, command: Sequence[str], every_s: float = EVERY_S) -> int:
    """Run the command; give its exit code, or 130 when Ctrl-C ended it."""
    terminal = sys.stderr.isatty()
    began = time.monotonic()
    _say(words, terminal=terminal)
    with subprocess.Popen(command) as process:  # noqa: S603 - what the Makefile names
        try:
            while True:
                try:
                    return process.wait(1.0 if terminal else every_s)
                except subprocess.TimeoutExpired:
                    spent = timedelta(seconds=round(time.monotonic() - began))
                    _say(f"{words} {spent}", terminal=terminal)
        except KeyboardInterrupt:  # the command hears it too
            process.wait()
            return 130
        finally:
            if terminal:
                sys.stderr.write("\r\x1b[2K")


def _say(line: str, *, terminal: bool) -> None:
    sys.stderr.write(f"\r\x1b[2K{line}" if terminal else f"{line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(tell(sys.argv[1], sys.argv[2:]))
