"""Files of messages: uploaded to Meta for a client, read from Meta for a client, never kept here."""
