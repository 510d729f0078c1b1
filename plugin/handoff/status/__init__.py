"""What people look at: status, status line, decisions."""
