"""What daybook is measured beside: small applications, written as their libraries' documentation would."""
