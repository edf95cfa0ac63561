"""People who write to a business number, their conversations and messages, and what is sent to them."""
