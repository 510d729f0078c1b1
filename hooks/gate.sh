#!/bin/sh
# PreToolUse, before every tool call: nothing, unless the gate is armed (plugin/handoff/flow/gate.py).
# A shell looks, because it starts in a millisecond and python3 in ten or more.
home=${HANDOFF_HOME:-${XDG_STATE_HOME:-$HOME/.local/state}/handoff}
[ -f "$home/gate/$CLAUDE_CODE_SESSION_ID" ] || exit 0
exec python3 -I -S "${0%/*}/hook.py" "$1"
