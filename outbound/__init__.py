"""Safe HTTP to addresses that others give: address rules, one deadline, capped answers."""
