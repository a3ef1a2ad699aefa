"""Queries that span aggregates: nothing of what they answer is stored, so none of it can depend on arrival order."""
