"""The one search box of the admin: whatever somebody has in hand leads to its row."""
