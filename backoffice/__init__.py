"""What the people who run the product need: for now the doctor."""
