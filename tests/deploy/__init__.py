"""What deploy/ says: its files agree with the product, and its commands run."""
