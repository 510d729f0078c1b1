"""Specs: what is to be built, feature by feature, and how code verifies each one."""
