# shellcheck shell=sh
# Starts hook.py for the event in $1. The shell text of each hook in hooks.json reads this file, and
# the status line's command runs it; both set CLAUDE_PLUGIN_ROOT. A hook that cannot run must look as if
# it did not exist: it exits with 0 whatever happens here, its stderr is closed, and only a whole answer
# may reach stdout. How hooks are started: docs/how-it-works.md.

[ "${OS-}" != Windows_NT ] || exit 1 # not supported: hooks.json says so at a session's start
. "$CLAUDE_PLUGIN_ROOT/hooks/state.sh"

# Before every tool call: nothing, unless the gate is armed (plugin/handoff/hooks/gate.py). The shell
# checks, because it starts in a millisecond and Python in ten or more.
if [ "$1" = gate ]; then
  [ -f "$state/gate/${CLAUDE_CODE_SESSION_ID-}" ] || exit 1
  set pre-tool-use
fi

[ -n "$state" ] || exit 1
hook=$CLAUDE_PLUGIN_ROOT/hooks/hook.py
# Whose hook it is. Where another program stands between, the client says so itself.
client=${CLAUDE_CODE_SHELL_PREFIX:+${CLAUDE_PID-}}
client=${client:-$PPID}

# Not the `python3` of the PATH: in a project it may be a version manager's, which refuses to start
# where the project names a version that is not installed, and takes its time where it does not.
python=$state/env/bin/python
if [ -x "$python" ] && [ -e "$state/env/handoff-ready" ]; then
  # The client ends a status line by its process, and one that fails gives way to the user's own.
  [ "$1" != statusline ] || exec "$python" -I -S "$hook" "$1"
  "$python" -I -S "$hook" "$1" "$client" && exit 0
fi

# There is no environment. If building it has failed since the session started, the next prompt or
# answer says so, once: plugin/handoff/install/bootstrap.py leaves the answer in a file.
case $1 in
  session-start) ;;
  user-prompt-submit | stop)
    [ -s "$state/env-message" ] && [ "${CLAUDE_CODE_SESSION_ATTENDED-}" != 0 ] || exit 1
    read -r answer <"$state/env-message" || exit 1
    # Nothing but a whole message of ours: what else is printed here, the model may be told.
    case $answer in
      '{"systemMessage": "handoff '*'"}') : >"$state/env-message" && printf '%s\n' "$answer" ;;
    esac
    exit 1
    ;;
  *) exit 1 ;;
esac

# A session's start has the environment built. Any Python of the PATH can do that (except in elements
# that mean another folder in each directory); one that does not start is skipped, with its output.
set -f
IFS=:
for name in python3 python3.14 python3.13 python3.12 python3.11 python3.10; do
  for folder in $PATH; do
    case $folder in /*) ;; *) continue ;; esac
    [ -x "$folder/$name" ] || continue
    answer=$("$folder/$name" -I -S "$hook" "$1" "$client") || continue
    case $answer in
      '') exit 0 ;;
      '{'*) printf '%s\n' "$answer" && exit 0 ;;
    esac
  done
done
exit 1
