"""What taking in Meta's POSTs is compared with."""
