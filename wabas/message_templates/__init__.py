"""Message templates, which live at Meta: nothing of them is stored here."""
