#!/usr/bin/env bash
# Sets handoff up, brings it up to date, or takes it away again: see usage below, and docs/install.md.
# Written for bash 3.2 (macOS) and later. Everything is in functions, called at the last line, so that a
# script that is replaced or removed while it runs still runs to its end.
set -euo pipefail
unset CDPATH

# What the plugin consists of, and this script, so that the checkout may be moved or deleted.
parts=".claude-plugin commands hooks plugin bin pyproject.toml README.md LICENSE CHANGELOG.md install.sh"
needed=".claude-plugin commands hooks plugin bin pyproject.toml README.md LICENSE"
pythons="python3 python3.14 python3.13 python3.12 python3.11 python3.10"

usage() {
  cat <<'USAGE'
Usage: ./install.sh [--prefix DIR] [--no-plugin | --demo]
       ./install.sh --uninstall [--prefix DIR]

Copies the plugin to DIR/share/handoff, builds its private Python environment there, links
DIR/bin/handoff, has the client register the plugin, and asks `handoff doctor`. Run it again to update.

  --prefix DIR  where to install (default: ~/.local)
  --no-plugin   leave the client alone: command line and environment only
  --demo        like --no-plugin, then run `handoff demo`: the main job on the real client, with no
                account and no key, in a home of its own; its exit code is this script's
  --uninstall   have the client remove plugin and marketplace, remove files, state and cache; briefs in
                repositories and your own configuration file stay
  --help        show this

Exit codes: 0 done, 1 something to fix (the message says what), 2 wrong usage.
USAGE
}

main() {
  job=install with_plugin=yes prefix=
  while [ $# -gt 0 ]; do
    case $1 in
      --prefix) [ $# -gt 1 ] || wrong "--prefix needs a directory"; prefix=$2; shift ;;
      --prefix=*) prefix=${1#--prefix=} ;;
      --no-plugin) with_plugin=no ;;
      --demo) job=demo with_plugin=no ;;
      --uninstall) job=uninstall ;;
      -h | --help) usage; exit 0 ;;
      *) wrong "unknown argument: $1" ;;
    esac
    shift
  done
  [ "${OS:-}" != Windows_NT ] || die "Native Windows is not supported yet." "Run this in WSL."
  # Without HOME the home is that of the password file, as everywhere in handoff (plugin/handoff/base/paths.py).
  case ${HOME:-} in /*) ;; *) unset HOME && HOME=~ ;; esac
  case $HOME in /*) export HOME ;; *) die "The home directory is unknown." "Set HOME to your home directory." ;; esac
  prefix=${prefix:-$HOME/.local}
  case $prefix in /*) ;; *) prefix=$PWD/$prefix ;; esac
  prefix=${prefix%/}
  share=$prefix/share/handoff
  command_link=$prefix/bin/handoff
  source_root=$(cd "$(dirname "${BASH_SOURCE[0]:-$0}")" && pwd -P)
  [ -e "$source_root/hooks/state.sh" ] || die "$source_root holds no hooks." "Run install.sh from a whole checkout of handoff."
  # shellcheck source=hooks/state.sh
  . "$source_root/hooks/state.sh"
  cache=$(base "${XDG_CACHE_HOME:-}" .cache)
  config=$(base "${XDG_CONFIG_HOME:-}" .config)
  log=$state/log/install.log

  if [ "$job" = uninstall ]; then
    uninstall
    exit
  fi
  install_files
  if [ "$job" = demo ]; then
    say "Your client was left alone: ./install.sh without --demo registers the plugin with it."
    "$command_link" demo
    exit
  fi
  outcome=0
  if [ "$with_plugin" = yes ]; then register || outcome=1; fi
  tell_path
  "$command_link" doctor || outcome=1
  exit "$outcome"
}

# handoff's folder in the base folder $1 if that is an absolute path, else in $HOME/$2.
base() {
  case $1 in /*) printf '%s/handoff\n' "$1" ;; *) printf '%s/%s/handoff\n' "$HOME" "$2" ;; esac
}

# --- files and environment -----------------------------------------------------------------------

install_files() {
  local part
  for part in $needed; do
    [ -e "$source_root/$part" ] ||
      die "$source_root holds no $part." "Run install.sh from a whole checkout of handoff."
  done
  need_python
  need_git
  writable "$share" "Choose another place with --prefix DIR."
  writable "$prefix/bin" "Choose another place with --prefix DIR."
  writable "$(dirname "$state")" "Fix its permissions, or set HANDOFF_HOME to another directory."
  (umask 077 && writable "$state/log" "Fix its permissions, or set HANDOFF_HOME to another directory.")
  share=$(cd "$share" && pwd -P) # as the client will report it
  if [ -e "$command_link" ] && ! is_our_link; then
    die "$command_link is there already and is not handoff's." "Move it away, or choose another --prefix."
  fi
  lock
  : >"$log"

  local next=$share/plugin.new
  fix_swap
  if [ "$source_root" = "$share/plugin" ]; then
    next=$share/plugin # started from the installed copy: nothing to copy
  else
    mkdir "$next"
    for part in $parts; do
      if [ -e "$source_root/$part" ]; then cp -R "$source_root/$part" "$next/"; fi
    done
    find "$next" -type d -name __pycache__ -prune -exec rm -rf {} +
    if same_files "$next" "$share/plugin"; then
      rm -rf "$next"
      next=$share/plugin
    fi
  fi

  build_environment "$next"
  if [ "$next" != "$share/plugin" ]; then
    swap "$next" "$share/plugin"
    say "Plugin files: $share/plugin"
  else
    say "Plugin files: $share/plugin (unchanged)"
  fi
  if [ "$(readlink "$command_link" 2>/dev/null || :)" != "$share/plugin/bin/handoff" ]; then
    ln -sf "$share/plugin/bin/handoff" "$command_link"
  fi
  say "Command: $command_link"
}

# The Python that runs the steps below. The environment's may be another: install/environment.py looks for it.
need_python() {
  local name
  python=
  for name in $pythons; do
    if command -v "$name" >/dev/null &&
      "$name" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
      python=$(command -v "$name")
      break
    fi
  done
  if [ -z "$python" ] && command -v uv >/dev/null && python3 -c '' 2>/dev/null; then
    python=$(command -v python3) # old, but uv will fetch a newer one
  fi
  [ -n "$python" ] || die "No Python 3.10 or newer found (tried: $pythons)." \
    "Install one (Debian, Ubuntu: apt-get install python3 python3-venv; macOS: brew install python) and run this again."
}

# As in plugin/handoff/git/version.py. Without git handoff works too, and `handoff doctor` says
# with what less.
need_git() {
  local git_version
  git_version=$(git --version 2>/dev/null || :)
  case $git_version in
    "git version 0."* | "git version 1."* | "git version 2."[0-9].* | "git version 2."[12][0-9].*)
      die "$(command -v git) is git ${git_version#git version }, and handoff needs 2.30 or newer." \
        "Install a newer one, put it first on the PATH, and run this again."
      ;;
  esac
}

writable() {
  if ! mkdir -p "$1" 2>/dev/null || ! [ -w "$1" ]; then
    die "No permission to write to $1." "$2"
  fi
}

build_environment() {
  local reason before after
  before=$(readlink "$state/env" 2>/dev/null || :)
  say "Preparing the Python environment (about 20 seconds the first time) ..."
  # shellcheck disable=SC2016 # Python, not shell
  reason=$("$python" -I -B -c '
import os, sys
root, parent = sys.argv[1:]
sys.path.insert(0, os.path.join(root, "plugin"))
from handoff.install import environment
print(environment.build(root, parent, os.environ, lambda text: print(text, file=sys.stderr), wait=True))
' "$1" "$share" 2>>"$log") || reason="the builder broke down"
  [ -z "$reason" ] || die "The Python environment could not be built: $reason." \
    "Fix this and run it again; nothing that was installed has changed." "$log"
  after=$(readlink "$state/env")
  rm -f "$state/env-failed" "$state/env-told"
  if [ "$before" = "$after" ]; then
    say "Environment: $after (unchanged)"
  else
    say "Environment: $after"
  fi
}

# Whether two folders hold the same files, but for compiled ones.
same_files() {
  [ -d "$2" ] && "$python" -I -c '
import filecmp, os, sys
def files(root):
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name != "__pycache__"]
        yield from (os.path.relpath(os.path.join(folder, name), root) for name in names)
new, old = (set(files(root)) for root in sys.argv[1:])
same, _, _ = filecmp.cmpfiles(*sys.argv[1:], new, shallow=False)
modes = all(os.stat(os.path.join(sys.argv[1], n)).st_mode == os.stat(os.path.join(sys.argv[2], n)).st_mode for n in same)
sys.exit(not (new == old and len(same) == len(new) and modes))
' "$1" "$2"
}

# Put $1 in the place of $2. A session may run from there: two renames of one process leave it the
# shortest time without, and fix_swap puts things right if the process dies between them.
swap() {
  "$python" -I -c '
import os, sys
new, place = sys.argv[1:]
if os.path.exists(place):
    os.rename(place, place + ".old")
os.rename(new, place)
' "$1" "$2"
  rm -rf "$2.old"
}

fix_swap() {
  if [ -d "$share/plugin.old" ] && ! [ -e "$share/plugin" ]; then
    mv "$share/plugin.old" "$share/plugin"
  fi
  rm -rf "$share/plugin.new" "$share/plugin.old"
}

is_our_link() {
  case $(readlink "$command_link" 2>/dev/null || :) in
    */share/handoff/plugin/bin/handoff) true ;;
    *) false ;;
  esac
}

# One installation at a time. The lock of a process that is gone does not count.
lock() {
  local holder
  if ! mkdir "$share/.lock" 2>/dev/null; then
    holder=$(cat "$share/.lock/pid" 2>/dev/null || :)
    if [ -n "$holder" ] && kill -0 "$holder" 2>/dev/null; then
      die "Another install.sh (process $holder) is at work in $share." "Wait for it and run this again (if there is none: rm -r $share/.lock)."
    fi
    mkdir -p "$share/.lock"
  fi
  echo $$ >"$share/.lock/pid"
  trap 'rm -rf "$share/plugin.new" "$share/.lock"' EXIT
  trap 'exit 130' INT TERM HUP
}

# --- the client ----------------------------------------------------------------------------------

# Register marketplace and plugin, by the client's own commands only; a step is left out if the client
# lists its result already.
register() {
  local from
  if ! command -v claude >/dev/null; then
    say "No \`claude\` on the PATH: the plugin is set up, but no client knows it yet."
    say "  Install Claude Code (2.1.197 or later) and run this again, or use --no-plugin."
    return 1
  fi
  from=$(client_lists "marketplace list" path name=handoff)
  if [ "$from" != "$share/plugin" ]; then
    by_client marketplace add "$share/plugin" || return 1
    if [ -n "$from" ]; then say "Marketplace: handoff now comes from $share/plugin (before: $from)"; fi
  fi
  case $(client_lists list enabled id=handoff@handoff scope=user) in
    True) say "Plugin: handoff@handoff is installed (unchanged)" ;;
    False)
      say "Plugin: handoff@handoff is installed, but you have disabled it."
      say "  To use it: claude plugin enable handoff@handoff"
      ;;
    *)
      by_client install handoff@handoff || return 1
      say "Plugin: handoff@handoff is installed; a session that is open gets it by /reload-plugins"
      ;;
  esac
}

# The field $2 of the first entry of `claude plugin $1 --json` that has all of key=value …, or "".
client_lists() {
  # shellcheck disable=SC2086 # "marketplace list" is two words
  (cd / && claude plugin $1 --json </dev/null 2>>"$log") | "$python" -I -c '
import json, sys
field, wanted = sys.argv[1], dict(pair.split("=", 1) for pair in sys.argv[2:])
try:
    entries = json.load(sys.stdin)
except ValueError:
    entries = []  # the command that comes next will tell what is wrong
print(*[e.get(field, "?") for e in entries if wanted.items() <= e.items()][:1])
' "${@:2}" || :
}

by_client() {
  if ! (cd / && claude plugin "$@" </dev/null) >>"$log" 2>&1; then
    say "The client refused: claude plugin $*"
    tail -n 1 "$log" | sed 's/^/  /'
    say "  Details: $log"
    return 1
  fi
}

tell_path() {
  case :$PATH: in
    *:"$prefix/bin":*) ;;
    *)
      say "$prefix/bin is not on your PATH. Sessions find \`handoff\` without it; for your own shell:"
      say "  export PATH=\"$prefix/bin:\$PATH\""
      ;;
  esac
}

# --- the way back --------------------------------------------------------------------------------

uninstall() {
  if command -v claude >/dev/null; then
    forget_by_client uninstall handoff@handoff
    forget_by_client marketplace remove handoff
  else
    say "No \`claude\` on the PATH. If a client knows the plugin, let it forget it:"
    say "  claude plugin uninstall handoff@handoff; claude plugin marketplace remove handoff"
  fi
  if is_our_link; then
    case $("$command_link" statusline --uninstall 2>/dev/null || :) in
      *"is removed"*) say "The client's settings: the status line is removed." ;;
    esac
    rm -f "$command_link"
  fi
  rm -rf "$share/plugin" "$share/plugin.old" "$share/plugin.new" "$share/env" "$share/env.lock" "$share/.lock"
  rm -rf "$cache"
  rm -rf "/tmp/handoff-locks-$(id -u)" 2>/dev/null || : # as in plugin/handoff/base/local_lock.py
  remove_state
  # What is empty now, nobody misses.
  rmdir "$share" 2>/dev/null || :
  rmdir "$prefix/bin" "$prefix/share" "$(dirname "$state")" "$(dirname "$cache")" 2>/dev/null || :
  rmdir "$HOME/.local" 2>/dev/null || :
  if [ "$prefix" != "$HOME" ]; then rmdir "$prefix" 2>/dev/null || :; fi
  if [ -e "$config" ]; then say "Kept, as it is yours: $config"; fi
  say "handoff is removed. Briefs in your repositories stay."
}

forget_by_client() {
  local output
  if output=$(cd / && claude plugin "$@" </dev/null 2>&1); then
    say "The client forgot it: claude plugin $*"
  else
    case $output in
      *"not found"*) ;;
      *) say "The client refused: claude plugin $*"; say "  $output" ;;
    esac
  fi
}

# HANDOFF_HOME can name any directory: it is removed only if it is plainly handoff's.
remove_state() {
  case $HOME/ in "${state%/}"/*) return ;; esac
  if [ -z "${HANDOFF_HOME:-}" ] || [ -L "$state/env" ] || [ -d "$state/sessions" ]; then
    rm -rf "$state"
  elif [ -e "$state" ]; then
    say "Kept, as it does not look like handoff's state: $state"
  fi
}

# --- words ---------------------------------------------------------------------------------------

say() { printf '%s\n' "$1"; }

# What happened, what to do next, and the log if there is one.
die() {
  printf 'install.sh: %s\n  %s\n' "$1" "$2" >&2
  if [ -n "${3:-}" ]; then printf '  Details: %s\n' "$3" >&2; fi
  exit 1
}

wrong() {
  printf 'install.sh: %s\n\n' "$1" >&2
  usage >&2
  exit 2
}

main "$@"
