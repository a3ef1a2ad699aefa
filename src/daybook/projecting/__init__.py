"""Posting the journal into read models: what a projection is, where its rows live, and who keeps them up to date."""
