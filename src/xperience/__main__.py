"""`python -m xperience` is the same as `xperience`."""

from xperience.cli import main

main()
