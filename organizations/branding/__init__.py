"""An organization's look on the hosted pages: its logo, fetched once and served by us, and its texts."""
