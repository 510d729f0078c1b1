"""Run a Python program as it was asked for, and write down what it did: `journeys.py` counts so.

    python [-I] [-S] probe.py REPORTS LIBRARY STATE PROGRAM [ARGUMENT …]

It stands where the plugin's interpreter would, so the program knows nothing of it. At the end, also
at `os._exit` and at an exec, one file in the folder REPORTS holds a dictionary's literal: `pid`,
`argv`, `calls` of functions in LIBRARY, `modules` there in which one was called, `fsyncs`, and
`reads`, what was opened for reading in the state directory STATE, and every config.yaml. The
imports here are those that a hook has anyway, and `threading`.
"""

import os
import sys
import threading
import time

COMPREHENSIONS = ("<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>")  # no call in each Python
OF_A_FUNCTION = 1  # CO_OPTIMIZED: not a module's or a class's body


class Probe:
    """What this process does, until it is written down."""

    def __init__(self, reports, library, state):
        self.reports, self.library, self.state = reports, library + os.sep, state + os.sep
        self.pid = os.getpid()
        self.calls, self.reads, self.fsyncs = {}, [], 0

    def start(self):
        """Count from here on."""
        os.fsync, os.fdatasync = self.counting(os.fsync), self.counting(os.fdatasync)
        os._exit = self.ending(os._exit)
        os.execv, os.execve = self.ending(os.execv), self.ending(os.execve)
        sys.addaudithook(self.audit)
        threading.setprofile(self.profile)
        sys.setprofile(self.profile)

    def profile(self, frame, event, _):
        """Called at every call and return."""
        if event == "call":
            code = frame.f_code
            self.calls[code] = self.calls.get(code, 0) + 1

    def audit(self, event, arguments):
        """Called at what Python audits; `open` is one such event."""
        if event != "open":
            return
        path, _, flags = arguments
        writes = flags & (os.O_WRONLY | os.O_RDWR)
        if isinstance(path, int) or writes or flags & os.O_DIRECTORY:
            return
        name = os.path.abspath(os.fsdecode(path))
        if name.startswith(self.state):
            self.reads.append(name[len(self.state) :])
        elif os.path.basename(name) == "config.yaml":
            self.reads.append("config.yaml")

    def counting(self, sync):
        """`sync`, counted."""

        def counted(descriptor):
            self.fsyncs += 1
            return sync(descriptor)

        return counted

    def ending(self, end):
        """`end`, before which all is written down."""

        def ended(*arguments):
            self.write()
            return end(*arguments)

        return ended

    def write(self):
        """Write the report; not in a process that was forked off."""
        sys.setprofile(None)
        if os.getpid() != self.pid:
            return
        ours = {
            code: count
            for code, count in self.calls.items()
            if code.co_filename.startswith(self.library)
            and code.co_flags & OF_A_FUNCTION
            and code.co_name not in COMPREHENSIONS
        }
        report = {
            "pid": self.pid,
            "argv": sys.argv,
            "calls": sum(ours.values()),
            "modules": sorted({code.co_filename[len(self.library) :] for code in ours}),
            "fsyncs": self.fsyncs,
            "reads": list(self.reads),
        }
        self.calls, self.reads, self.fsyncs = {}, [], 0
        name = os.path.join(self.reports, f"{self.pid}-{time.time_ns()}")
        descriptor = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        os.write(descriptor, repr(report).encode())
        os.close(descriptor)


def run(program):
    """Be the program: a script, or a folder with a `__main__.py`."""
    if os.path.isdir(program):
        sys.path.insert(0, program)
        program = os.path.join(program, "__main__.py")
    with open(program, "rb") as file:
        code = compile(file.read(), program, "exec")
    exec(code, {"__name__": "__main__", "__file__": program})


def main():
    """Start counting, run the program, write down what it did."""
    probe = Probe(*sys.argv[1:4])
    sys.argv = sys.argv[4:]
    if not sys.flags.isolated:
        sys.path[0] = os.path.dirname(os.path.abspath(sys.argv[0]))
    probe.start()
    try:
        run(sys.argv[0])
    finally:
        probe.write()


if __name__ == "__main__":
    main()
