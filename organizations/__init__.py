"""The tenants and their API keys; every secured call passes this gate."""
