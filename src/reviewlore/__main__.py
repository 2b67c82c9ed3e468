"""`python -m reviewlore` is the `reviewlore` command."""

from reviewlore.cli import main

main()
