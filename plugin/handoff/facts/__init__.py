"""Facts from a transcript: files, commands, tests, requests, and the sheet that lists them."""
