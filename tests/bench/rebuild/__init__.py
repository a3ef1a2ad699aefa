"""The rebuild's part of the benchmark: `daybook rebuild` beside reading alone, and beside a runner of projections.

`scripts/bench rebuild` runs it; what is measured runs in processes of its own, one after the other, in the same rounds.
"""
