"""One session started: plan, routes, providers, runners, estimate, outcome."""
