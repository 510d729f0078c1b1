# shellcheck shell=sh
# Sets `state` to the state directory, or to "" if it is unknown. Read by run.sh, bin/handoff and
# install.sh. The rule is that of plugin/handoff/base/paths.py and of `home` in mod.js: the first of
# $HANDOFF_HOME, $XDG_STATE_HOME/handoff, $HOME/.local/state/handoff whose variable is an absolute
# path, else the last with the home directory in the password file.
state=
case ${HANDOFF_HOME-} in
  /*) state=$HANDOFF_HOME ;;
  *)
    case ${XDG_STATE_HOME-} in
      /*) state=$XDG_STATE_HOME/handoff ;;
      *)
        case ${HOME-} in
          /*) state=$HOME/.local/state/handoff ;;
          *)
            # The one way that a shell has to the password file: ~NAME. Only a plain name is tried.
            state=$(command -p id -un 2>/dev/null)
            case $state in
              '' | *[!A-Za-z0-9._-]*) state= ;;
              *) eval "state=~$state/.local/state/handoff" ;;
            esac
            case $state in /*) ;; *) state= ;; esac
            ;;
        esac
        ;;
    esac
    ;;
esac
