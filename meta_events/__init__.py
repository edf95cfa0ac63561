"""What Meta tells us: checked and stored as it came, answered, and handed out afterwards."""
