"""The journal's schema on PostgreSQL, step by step. A step that was released is never changed."""
