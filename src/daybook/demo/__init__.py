"""For seeing what daybook is for: a day of a chain of centers, told by webhooks to a server of its own."""
