"""A daybook of Zenoti's webhooks: written down as they happen, posted into readable state with its history."""

__version__ = "0.1.0"
