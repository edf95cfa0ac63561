"""Links over the product's own tables, by ModelViewSet and ModelSerializer; no limits, scopes or logs."""
