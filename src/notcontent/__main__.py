"""`python -m notcontent`."""

from notcontent.cli import main

main()
