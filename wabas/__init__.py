"""WhatsApp Business Accounts: the token of each, and the connected account around it."""
