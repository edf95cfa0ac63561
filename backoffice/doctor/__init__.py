"""The doctor: is this installation set up right, here and at Meta. table.py declares every check."""
