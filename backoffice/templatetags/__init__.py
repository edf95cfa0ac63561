"""What the admin's templates ask the back office for."""
