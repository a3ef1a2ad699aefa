"""The HTTP front: webhooks in, state and history out. Nothing is decided here that another front would need too."""
