"""What each of Meta's fields does here: a handler a field, in files by what the fields are about."""
