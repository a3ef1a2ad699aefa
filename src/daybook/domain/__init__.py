"""The pure centre: what an event is, and the state that follows from events. No I/O, no clock."""
