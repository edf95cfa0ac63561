"""The front page of the admin: what needs somebody, and how signups went of late."""
