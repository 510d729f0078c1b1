"""What the mod is told: orders, the meter line, modes."""
