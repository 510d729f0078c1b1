"""What every package stands on: errors, log, paths, files, locks, text; it imports
nothing of ours.
"""
