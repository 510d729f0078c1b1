#!/usr/bin/env bash
# Installs handoff, updates it, or removes it: see usage below, and docs/install.md. `handoff install`
# runs this too. Written for bash 3.2 (macOS) and later. Everything is in functions, called at the last
# line, so that a script that is replaced or removed while it runs still runs to its end.
set -euo pipefail
unset CDPATH

# What the plugin consists of, and this script, so that the checkout may be moved or deleted.
needed=".claude-plugin commands hooks plugin bin pyproject.toml README.md LICENSE install.sh"
optional="CHANGELOG.md docs/handoff.1"
pythons="python3 python3.14 python3.13 python3.12 python3.11 python3.10"
self=${HANDOFF_INSTALLER:-./install.sh} # what the user typed

usage() {
  cat <<USAGE
Usage: $self [--prefix DIR] [--no-plugin | --link | --demo]
       $self --uninstall [--prefix DIR]

Copies the plugin to DIR/share/handoff, builds its private Python environment there, links
DIR/bin/handoff, and registers the plugin with Claude Code. Run it again to update.

  --prefix DIR  where to install (default: ~/.local)
  --no-plugin   do not register the plugin: command and environment only
  --link        only link DIR/bin/handoff to this copy of the plugin, which stays where it is (and build
                the environment if there is none); the default for one that a marketplace installed
  --demo        like --no-plugin, then run \`handoff demo\`: the main job on the real client, with no
                account and no key, in a temporary home; its exit code is this script's
  --uninstall   remove the plugin and marketplace from Claude Code, and all files of handoff except your
                configuration and the briefs in your repositories
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
      --link) job=link ;;
      --demo) job=demo with_plugin=no ;;
      --uninstall) job=uninstall ;;
      -h | --help) usage; exit 0 ;;
      *) wrong "unknown argument: $1" ;;
    esac
    shift
  done
  [ "${OS:-}" != Windows_NT ] || die "Native Windows is not supported yet." "Run this in WSL."
  find_places
  trap clean_up EXIT
  trap 'settle; say "Stopped. To finish, run it again."; exit 130' INT TERM HUP
  if [ "$job" = uninstall ]; then
    uninstall
    exit
  fi
  # A marketplace's copy is updated where it is: another copy would only get old.
  case $job,$source_root in install,*/plugins/cache/*) job=link ;; esac
  check_source
  version=$(sed -n 's/^__version__ = "\(.*\)"$/\1/p' "$source_root/plugin/handoff/__init__.py")
  say "Installing handoff $version in $(short "$prefix")"
  prepare
  case $job in link) install_link ;; *) install_files ;; esac
  [ "$job,$with_plugin" != install,yes ] || register
  if [ "$job" = demo ]; then
    say "Claude Code was left alone; $self without --demo registers the plugin."
    say ""
    "$command_link" demo
    exit
  fi
  run_doctor
  tell_path
  conclude
}

# Every place that is written to, and $source_root, which holds this script.
find_places() {
  # Without HOME the home is that of the password file, as everywhere in handoff (plugin/handoff/base/paths.py).
  case ${HOME:-} in /*) ;; *) unset HOME && HOME=~ ;; esac
  case $HOME in /*) export HOME ;; *) die "The home directory is unknown." "Set HOME to your home directory." ;; esac
  prefix=${prefix:-$HOME/.local}
  case $prefix in /*) ;; *) prefix=$PWD/$prefix ;; esac
  prefix=${prefix%/}
  share=$prefix/share/handoff
  command_link=$prefix/bin/handoff
  man_link=$prefix/share/man/man1/handoff.1
  source_root=$(cd "$(dirname "${BASH_SOURCE[0]:-$0}")" && pwd -P)
  [ -e "$source_root/hooks/state.sh" ] || die "$source_root has no hooks." "Run install.sh from a whole checkout of handoff."
  # shellcheck source=hooks/state.sh
  . "$source_root/hooks/state.sh"
  cache=$(base "${XDG_CACHE_HOME:-}" .cache)
  config=$(base "${XDG_CONFIG_HOME:-}" .config)
  log=$state/log/install.log
  terminal= ticker= locked= fixes= steps_left=
  if [ -t 1 ] && [ "${TERM:-dumb}" != dumb ]; then terminal=yes; fi
}

# handoff's folder in the base folder $1 if that is an absolute path, else in $HOME/$2.
base() {
  case $1 in /*) printf '%s/handoff\n' "$1" ;; *) printf '%s/%s/handoff\n' "$HOME" "$2" ;; esac
}

# --- files and environment -----------------------------------------------------------------------

check_source() {
  local part
  for part in $needed; do
    [ -e "$source_root/$part" ] ||
      die "$source_root has no $part." "Run install.sh from a whole checkout of handoff."
  done
}

# Look at everything that can be wrong before anything is written, then take the lock.
prepare() {
  need_python
  refuse_old_git
  writable "$share" "Choose another place with --prefix DIR."
  writable "$prefix/bin" "Choose another place with --prefix DIR."
  writable "$(dirname "$state")" "Fix its permissions, or set HANDOFF_HOME to another directory."
  (umask 077 && writable "$state/log" "Fix its permissions, or set HANDOFF_HOME to another directory.")
  share=$(cd "$share" && pwd -P) # as the client will report it
  if [ -e "$command_link" ] && ! is_our_link && ! is_package_command; then
    die "$(short "$command_link") exists and belongs to another program." "Move it away, or choose another --prefix."
  fi
  lock
  : >"$log"
}

install_files() {
  local part next=$share/plugin.new
  updated=yes
  fix_swap
  if [ "$source_root" = "$share/plugin" ]; then
    next=$share/plugin # started from the installed copy: nothing to copy
  else
    mkdir "$next"
    for part in $needed $optional; do
      [ -e "$source_root/$part" ] || continue
      mkdir -p "$(dirname "$next/$part")"
      cp -R "$source_root/$part" "$next/$part"
    done
    find "$next" -type d -name __pycache__ -prune -exec rm -rf {} +
    if by_python same-files "$next" "$share/plugin"; then
      rm -rf "$next"
      next=$share/plugin
    fi
  fi
  build_environment "$next"
  if [ "$next" != "$share/plugin" ]; then
    # A session may run from there: see `swap_folders` in plugin/handoff/install/script_steps.py.
    by_python swap "$next" "$share/plugin"
    rm -rf "$share/plugin.old"
    step "Plugin files" "$(short "$share/plugin")"
  else
    updated=
    step "Plugin files" "$(short "$share/plugin") (unchanged)"
  fi
  link_command "$share/plugin/bin/handoff"
  link_man_page "$share/plugin/docs/handoff.1"
}

# Leave the plugin where it is, which changes with each update: the link goes by the one that the
# sessions keep up to date (plugin/handoff/install/plugin_link.py).
install_link() {
  if [ -x "$state/env/bin/python" ] && [ -e "$state/env/handoff-ready" ]; then
    step "Python environment" "$(short "$(readlink "$state/env")") (unchanged)"
  else
    build_environment "$source_root"
  fi
  [ -e "$state/plugin/bin/handoff" ] || ln -sfn "$source_root" "$state/plugin"
  link_command "$state/plugin/bin/handoff"
}

link_command() {
  local note=
  if is_package_command; then
    step "Command" "$(short "$command_link") (kept: installed by pipx, uv or pip)"
    return
  fi
  if [ "$(readlink "$command_link" 2>/dev/null || :)" = "$1" ]; then note=" (unchanged)"; else ln -sf "$1" "$command_link"; fi
  step "Command" "$(short "$command_link")$note"
}

link_man_page() {
  if ! [ -e "$1" ] || [ "$(readlink "$man_link" 2>/dev/null || :)" = "$1" ]; then return; fi
  if { [ -e "$man_link" ] || [ -L "$man_link" ]; } && ! is_our_man_page; then return; fi
  if mkdir -p "$(dirname "$man_link")" && ln -sf "$1" "$man_link"; then step "Man page" "$(short "$man_link")"; fi
}

# The Python that runs the steps below. The environment's may be another: install/environment.py looks for it.
need_python() {
  local name
  python=
  for name in ${HANDOFF_PYTHON:+"$HANDOFF_PYTHON"} $pythons; do
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

# As in plugin/handoff/git/version.py. Without any git handoff works, but does not commit: the doctor says so
# at the end.
refuse_old_git() {
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
  local reason before after started=$SECONDS
  before=$(readlink "$state/env" 2>/dev/null || :)
  if [ -n "$before" ]; then
    begin "Python environment" "checking"
  else
    begin "Python environment" "building" "about 20 seconds"
  fi
  reason=$(by_python build "$1" "$share" 2>>"$log") || reason="the builder failed"
  [ -z "$reason" ] || die "The Python environment could not be built: $reason." \
    "Fix this and run it again; nothing that was installed has changed." "$log"
  after=$(readlink "$state/env")
  rm -f "$state/env-failed" "$state/env-message"
  if [ "$before" = "$after" ]; then
    step "Python environment" "$(short "$after") (unchanged)"
  else
    step "Python environment" "$(short "$after"), built in $((SECONDS - started)) s"
  fi
}

# Run a step that is written in Python (plugin/handoff/install/script_steps.py).
by_python() {
  # shellcheck disable=SC2016 # Python, not shell
  "$python" -I -B -c '
import sys
sys.path.insert(0, sys.argv.pop(1))
from handoff.install import script_steps
script_steps.main(*sys.argv[1:])
' "$source_root/plugin" "$@"
}

# What an installation that was killed has left.
fix_swap() {
  if [ -d "$share/plugin.old" ] && ! [ -e "$share/plugin" ]; then
    mv "$share/plugin.old" "$share/plugin"
  fi
  rm -rf "$share/plugin.new" "$share/plugin.old"
}

is_our_link() {
  case $(readlink "$command_link" 2>/dev/null || :) in
    */share/handoff/plugin/bin/handoff | "$state/plugin/bin/handoff") true ;;
    *) false ;;
  esac
}

is_our_man_page() {
  case $(readlink "$man_link" 2>/dev/null || :) in */share/handoff/plugin/docs/handoff.1) true ;; *) false ;; esac
}

# Whether the command is the one that pipx, uv or pip made for handoff's wheel: it is theirs to remove.
is_package_command() { ! is_our_link && grep -qs '^from handoff.cli import main' "$command_link"; }

# One installation at a time. The lock of a process that is gone does not count.
lock() {
  local holder
  if ! mkdir "$share/.lock" 2>/dev/null; then
    holder=$(cat "$share/.lock/pid" 2>/dev/null || :)
    if [ -n "$holder" ] && kill -0 "$holder" 2>/dev/null; then
      die "Another installation (process $holder) is running in $share." "Wait for it and run this again (if there is none: rm -r $share/.lock)."
    fi
    mkdir -p "$share/.lock"
  fi
  echo $$ >"$share/.lock/pid"
  locked=yes
}

# --- the client ----------------------------------------------------------------------------------

# Register marketplace and plugin, by the client's own commands only; a step is left out if the client
# lists its result already.
register() {
  local from
  if ! command -v claude >/dev/null; then
    step "Claude Code" "not found"
    to_fix "No \`claude\` on the PATH, so Claude Code does not have the plugin yet." \
      "Install Claude Code 2.1.197 or later, then run $self again (or use --no-plugin)."
    return
  fi
  begin "Claude Code" "registering the plugin"
  from=$(client_lists "marketplace list" path name=handoff)
  if [ "$from" != "$share/plugin" ]; then
    by_client marketplace add "$share/plugin" || return 0
    if [ -n "$from" ]; then step "Claude Code" "marketplace moved here from $(short "$from")"; fi
  fi
  case $(client_lists list enabled id=handoff@handoff scope=user) in
    True)
      step "Claude Code" "plugin handoff@handoff is registered (unchanged)"
      [ -z "$updated" ] || to_do "In a session that is already open, type /reload-plugins to use this version."
      ;;
    False)
      step "Claude Code" "plugin handoff@handoff is registered, but disabled"
      to_do "You have disabled the plugin. To use it: claude plugin enable handoff@handoff"
      ;;
    *)
      by_client install handoff@handoff || return 0
      step "Claude Code" "plugin handoff@handoff is registered"
      to_do "Start \`claude\` in a git repository and work as usual.
    In a session that is already open, type /reload-plugins."
      ;;
  esac
}

# The field $2 of the first entry of `claude plugin $1 --json` that has all of key=value …, or "".
client_lists() {
  # shellcheck disable=SC2086 # "marketplace list" is two words
  (cd / && claude plugin $1 --json </dev/null 2>>"$log") | by_python field "${@:2}" || :
}

by_client() {
  local output
  if ! output=$(cd / && claude plugin "$@" </dev/null 2>&1); then
    printf '%s\n' "$output" >>"$log"
    step "Claude Code" "\`claude plugin $1\` failed"
    to_fix "Claude Code could not install the plugin: $(reason_of "$output")" "Fix this, then run $self again."
    return 1
  fi
}

# The client's reason: its last line that is not empty, from its mark on.
reason_of() {
  local reason
  reason=$(printf '%s\n' "$1" | sed -e $'s/\e\\[[0-9;]*[A-Za-z]//g' -e 's/.*✘ *//' | grep '[^[:space:]]' | tail -n 1)
  printf '%s\n' "${reason:-it gave no reason (details: $log)}"
}

# --- the end of an installation ------------------------------------------------------------------

# Only what fails: the rest is for those who ask `handoff doctor`.
run_doctor() {
  local results problem hint count=0
  begin "Check" "handoff doctor"
  results=$(cd / && "$command_link" doctor --json 2>>"$log" </dev/null || :)
  while IFS=$'\t' read -r problem hint; do
    count=$((count + 1))
    to_fix "$problem" "$hint"
  done < <(printf '%s' "$results" | by_python failures)
  if [ "$count" = 0 ]; then step "Check" "handoff doctor: passed"; else step "Check" "handoff doctor: $count failed"; fi
}

tell_path() {
  local folder profile
  case :$PATH: in *:"$prefix/bin":*) return ;; esac
  folder=$prefix/bin
  case $folder/ in "$HOME"/*) folder="\$HOME${folder#"$HOME"}" ;; esac
  case ${SHELL:-} in
    */fish) to_do "Add $(short "$prefix/bin") to your PATH: fish_add_path \"$folder\""; return ;;
    */zsh) profile="~/.zshrc" ;;
    */bash) profile="~/.bashrc" ;;
    *) profile="~/.profile" ;;
  esac
  to_do "Add $(short "$prefix/bin") to your PATH, to use \`handoff\` outside of sessions:
    echo 'export PATH=\"$folder:\$PATH\"' >> $profile"
}

conclude() {
  say ""
  if [ -n "$fixes" ]; then
    printf 'Installed, but not complete. To fix:\n%s' "$fixes"
    if [ -n "$steps_left" ]; then printf '\nThen:\n%s' "$steps_left"; fi
    exit 1
  fi
  if [ -n "$steps_left" ]; then printf 'Done. Next:\n%s' "$steps_left"; else say "Done."; fi
}

# --- removal -------------------------------------------------------------------------------------

uninstall() {
  local installer
  state_kept=
  say "Removing handoff from $(short "$prefix")"
  forget_all
  remove_by_command
  if is_our_link; then remove Command "$command_link"; fi
  if is_our_man_page; then remove "Man page" "$man_link"; fi
  remove "Plugin files" "$share/plugin" "$share/plugin.old" "$share/plugin.new" "$share/.lock"
  remove "Python environment" "$share/env" "$share/env.lock"
  remove Cache "$cache"
  rm -rf "/tmp/handoff-locks-$(id -u)" 2>/dev/null || : # as in plugin/handoff/base/local_lock.py
  remove_state
  # Nobody misses what is empty now.
  rmdir "$share" 2>/dev/null || :
  rmdir "$prefix/share/man/man1" "$prefix/share/man" 2>/dev/null || :
  rmdir "$prefix/bin" "$prefix/share" "$(dirname "$state")" "$(dirname "$cache")" 2>/dev/null || :
  rmdir "$HOME/.local" 2>/dev/null || :
  if [ "$prefix" != "$HOME" ]; then rmdir "$prefix" 2>/dev/null || :; fi
  say ""
  say "Done. Kept:"
  if [ -e "$config" ]; then say "  - your configuration: $(short "$config")"; fi
  if [ -n "$state_kept" ]; then say "  - $(short "$state"), which does not look like handoff's state directory"; fi
  say "  - in your repositories: .handoff/ with its briefs, their commits, and refs/handoff/"
  if is_package_command; then
    case $(readlink "$command_link" 2>/dev/null || :) in
      */pipx/*) installer=pipx ;;
      */uv/tools/*) installer="uv tool" ;;
      *) installer=pip ;;
    esac
    say "  - $(short "$command_link"), which belongs to the package: $installer uninstall handoff-briefs"
  fi
}

forget_all() {
  if command -v claude >/dev/null; then
    begin "Claude Code" "removing the plugin"
    forget_by_client "plugin handoff@handoff removed" uninstall handoff@handoff
    forget_by_client "marketplace handoff removed" marketplace remove handoff
    settle
  else
    step "Claude Code" "not found; if it has the plugin:"
    step "" "claude plugin uninstall handoff@handoff; claude plugin marketplace remove handoff"
  fi
}

# forget_by_client WHAT ARGUMENTS...
forget_by_client() {
  local output what=$1
  shift
  if output=$(cd / && claude plugin "$@" </dev/null 2>&1); then
    step "Claude Code" "$what"
  else
    case $output in
      *"not found"*) ;;
      *) step "Claude Code" "\`claude plugin $*\` failed: $(reason_of "$output")" ;;
    esac
  fi
}

# What the command itself has put elsewhere, while the environment is still there.
remove_by_command() {
  local shell file launcher=$share/plugin/bin/handoff
  [ -x "$launcher" ] || launcher=$source_root/bin/handoff
  case $("$launcher" statusline --uninstall --json 2>/dev/null || :) in
    *'"changed": true'*) step "Status line" "removed from Claude Code's settings" ;;
  esac
  for shell in bash zsh fish; do
    file=$("$launcher" completion "$shell" --uninstall --json 2>/dev/null | sed -n 's/^ *"path": "\(.*\)"$/\1/p' || :)
    [ -z "$file" ] || step "Completion" "$(short "$file") removed"
  done
}

# remove WHAT PATH...: say the first path that was there.
remove() {
  local what=$1 path first=
  shift
  for path; do
    if [ -e "$path" ] || [ -L "$path" ]; then first=${first:-$path}; fi
    rm -rf "$path"
  done
  if [ -n "$first" ]; then step "$what" "$(short "$first") removed"; fi
}

# HANDOFF_HOME can name any directory: it is removed only if it is plainly handoff's.
remove_state() {
  case $HOME/ in "${state%/}"/*) state_kept=yes; return ;; esac
  if [ -z "${HANDOFF_HOME:-}" ] || [ -L "$state/env" ] || [ -d "$state/sessions" ]; then
    remove State "$state"
  elif [ -e "$state" ]; then
    state_kept=yes
  fi
}

# --- words ---------------------------------------------------------------------------------------

say() { printf '%s\n' "$1"; }

short() { case $1 in "$HOME"/*) printf '~%s\n' "${1#"$HOME"}" ;; *) printf '%s\n' "$1" ;; esac; }

# step NAME RESULT: one line for a step that is over.
step() {
  settle
  printf '  %-19s %s\n' "$1" "$2"
}

# begin NAME DOING [LASTS]: a terminal shows what runs, with its seconds, until `step`; elsewhere only
# what lasts has a line.
begin() {
  if [ -n "$terminal" ]; then
    tick "$1" "$2" &
    ticker=$!
  elif [ -n "${3:-}" ]; then
    printf '  %-19s %s (%s) ...\n' "$@"
  fi
}

tick() {
  local seconds=0
  while :; do
    printf '\r  %-19s %s ... %s s\033[K' "$1" "$2" "$seconds"
    sleep 1
    seconds=$((seconds + 1))
  done
}

settle() {
  [ -n "$ticker" ] || return 0
  kill "$ticker" 2>/dev/null || :
  wait "$ticker" 2>/dev/null || :
  ticker=
  printf '\r\033[K'
}

clean_up() {
  settle
  if [ -n "$locked" ]; then rm -rf "$share/plugin.new" "$share/.lock"; fi
}

# to_fix WHAT HOW: it makes the exit code 1.
to_fix() { fixes="$fixes  - $1"$'\n'"    $2"$'\n'; }

to_do() { steps_left="$steps_left  - $1"$'\n'; }

# What happened, what to do next, and the log if there is one.
die() {
  if [ -n "${ticker:-}" ]; then settle; fi
  printf '%s: %s\n  %s\n' "${self##*/}" "$1" "$2" >&2
  if [ -n "${3:-}" ]; then printf '  Details: %s\n' "$3" >&2; fi
  exit 1
}

wrong() {
  printf '%s: %s\n\n' "${self##*/}" "$1" >&2
  usage >&2
  exit 2
}

main "$@"
