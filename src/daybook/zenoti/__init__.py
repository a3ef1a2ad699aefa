"""What is known of the sender: its signature, its bodies, and what they mean as domain events. No I/O."""
