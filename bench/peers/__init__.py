"""What the product is compared with: Django by itself, and the same contract in DRF as the book writes it."""
