"""The launcher of every hook: `python -I -S hook.py EVENT [CLIENT]`, the event's JSON on stdin.

CLIENT is the client's process id: between it and this process is the shell that reads run.sh.
EVENT may also be `statusline`: then stdin is what the client gives a status line command; or
`doctor`: then the answer is which Python this is.
Whatever happens: exit 0, and valid JSON or nothing on stdout. What is done: handoff/hooks/start.py.

Short, since Python compiles it at every start; and made for Pythons older than 3.10 too.
"""

import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LIBRARY = os.path.join(ROOT, "plugin")


class Finder:
    """Finds the modules of `handoff` by their names alone.

    Python's own finder lists the folder of each package and runs its `__init__`, which is empty
    but for `handoff` itself: that is a tenth of a hook's time.
    """

    @staticmethod
    def find_spec(name: str, path: object = None, _: object = None) -> "ModuleSpec | None":
        """Where a module of ours is, None for any other."""
        if name.partition(".")[0] != "handoff":
            return None
        base = LIBRARY + "/" + name.replace(".", "/")
        file = base + ".py"
        if os.path.exists(file):
            return module_at(name, file)
        if path is None:
            return module_at(name, base + "/__init__.py", base)
        return module_at(name, "", base) if os.path.isdir(base) else None


def module_at(name: str, file: str, package: str = "") -> "ModuleSpec":
    """How to load a module from its `file`, or a `package` from its folder."""
    loader = SourceFileLoader(name, file) if file else None
    spec = ModuleSpec(name, loader, origin=file or None)
    spec.has_location = bool(file)
    spec.submodule_search_locations = [package] if package else None
    return spec


if __name__ == "__main__":
    try:
        try:
            from _frozen_importlib import ModuleSpec
            from _frozen_importlib_external import SourceFileLoader

            sys.meta_path.insert(0, Finder)
        except ImportError:
            sys.path.insert(0, LIBRARY)
        from handoff.hooks import start

        start.main(ROOT, *sys.argv[1:3])
    except BrokenPipeError:
        pass  # the client has stopped listening: the session is over
    except BaseException:
        try:
            from handoff.base import log, paths

            log.note_bug(paths.state_home(os.environ), "hook.py")
        except BaseException:  # noqa: S110 - nowhere left to tell
            pass
    os._exit(0)  # nothing that runs at exit may change the answer
