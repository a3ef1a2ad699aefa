"""Accidents by the hundred: `scripts/soak` runs the rounds long, the tests run a short one of each."""
