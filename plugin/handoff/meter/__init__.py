"""How full and how expensive a session is: context, window, readings."""
