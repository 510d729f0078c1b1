"""`python -I <plugin root>/plugin …`: the command line, run from the plugin's own files."""

import sys

if sys.argv[1:2] == ["hook"]:  # without click: a hook may not fail over a library it does not need
    from handoff.hooks.dispatch import run

    run(*sys.argv[2:4])
else:
    from handoff.cli import main

    main()
