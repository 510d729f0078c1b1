"""Shell command lines taken apart: which programs ran, in which folder, on what.

Understands what people and models write for POSIX shells and PowerShell; a line that it cannot
take apart is taken at its words. Nothing is ever run.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from handoff.facts import own_calls

if TYPE_CHECKING:
    from handoff.redact.redact import Clean

# Looking around and moving things: the next session needs no reminder to do it.
_LOOKS = re.compile(
    r"(?:cd|ls|cat|echo|grep|egrep|fgrep|rg|ag|find|fd|head|tail|"
    r"sed|awk|gawk|pwd|wc|sort|uniq|cut|tr|xargs|sleep|true|false"
    r"|test|\[|\[\[|mkdir|rm|rmdir|cp|mv|ln|touch|which|type|"
    r"command|export|set|unset|printf|tee|kill|pkill|pgrep|ps|"
    r"date|source|\.|chmod|chown|jq|yq|diff|cmp|stat|file|basename|"
    r"dirname|realpath|readlink|wait|read|local|return|break|exit|for|"
    r"while|until|if|case|function|select|in|esac|done|fi|tree|du|"
    r"df|env|dir|whoami|id|man|less|more|history|alias|set-location|"
    r"get-content|get-childitem|get-item|select-string|select-object|where-"
    r"object|foreach-object|write-output|write-host|out-null|out-file|out-"
    r"string|test-path|remove-item|copy-item|move-item|new-item|join-path|"
    r"start-sleep|get-process|seq|comm|split|paste|nl|expr|where|"
    r"(?:convertto|convertfrom|tee|sort|group|compare|measure|format)-[a-z]+)\Z"
)
_GIT_LOOKS = re.compile(
    r"(?:status|diff|log|add|show|branch|rev-parse|ls-files|ls-tree|cat-"
    r"file|config|blame|reflog|commit|grep|merge-base|rev-list|check-"
    r"ignore|push|pull|fetch|checkout|switch|stash|restore|reset|rm|mv"
    r"|remote|describe|shortlog|symbolic-ref|for-each-ref|ls-remote)\Z"
)
_WRAPPERS = re.compile(
    r"(?:time|nohup|exec|command|builtin|if|elif|while|until|do|then|else|!|\{|&|env)\Z"
)
# Wrappers with settings of their own, by the settings that a value follows.
_SET_WRAPPERS = {
    "sudo": frozenset({"-u", "-g", "-D", "-p", "--user", "--group"}),
    "timeout": frozenset({"-k", "-s", "--signal", "--kill-after"}),
}
_SHELLS = frozenset({"bash", "sh", "zsh", "dash", "powershell", "powershell.exe", "pwsh", "cmd"})
_SCRIPT_FLAG = re.compile(r"-\w*c|-Command|/c", re.IGNORECASE)
_VALUE_FLAGS = re.compile(
    r"(?:-C|-m|-n|-o|-t|-p|-u|-w|-c|-e|-F|-H|-X|-d|-L|-R|"
    r"-f|-k|-run|-tags|-timeout|-count|-bench|--jq|--json|--author|"
    r"--arg|--title|--body|--limit|--repo|--timeout|"
    r"--output|-Command|-File)\Z"
)
_ENOUGH_ALONE = re.compile(
    r"(?:make|pytest|tox|nox|ctest|ninja|rspec|phpunit|mypy|ruff|tsc|"
    r"jest|vitest|eslint)\Z"
)
_HEREDOC = re.compile(
    r"<<-?\s*(['\"]?)(\w+)\1([^\n]*)\n(.*?)(?:\n[ \t]*\2\b|\Z)",
    re.DOTALL,
)
_HERE_STRING = re.compile(r"@(['\"])\r?\n.*?\n\1@", re.DOTALL)
_TOKEN = re.compile(
    r"""(?P<redirect>\d?&?>{1,2}\s*(?:&\d|[^\s;|&()]+)|<+-?\s*[^\s;|&()]*|\\\r?\n)
      | (?P<word>(?:\[redacted:\ [^\]\n]{1,60}\]
          | [^\s;|&()<>"'\\]|\\.|"(?:[^"\\]|\\.)*"|'[^']*'|["'\\])+)
      | (?P<end>[;|&()\n]+)""",
    re.DOTALL | re.VERBOSE,
)
_QUOTES = re.compile(r"""\\(?=["'\\$ ])|["']""")
_ASSIGNMENT = re.compile(r"\$?[A-Za-z_][\w:.]*=")
_PROGRAM = re.compile(  # no figure, range of revisions or document
    r"(?!\d\w*\Z|\.\.+\w)(?:[\w./~]|[A-Za-z]:)[\w./\\ :+@-]*(?<!\.json)(?<!\.mdx)(?<!\.md)\Z"
)
_SPELT = re.compile(r"[\w.]")
_NO_ARGUMENT = re.compile(r'[\s$`{}*"<>]')
# What stands beside a call of ours without being work itself.
_BESIDE = ("cd", "echo", "head", "tail", "true")
_SUBJECT = re.compile(
    r"""\bcommit\b[^\n]*?\s(?:-\w*m|--message)[=\s]+
        (?: "\$\(cat\s+<<-?\s*['"]?\w+['"]?\s*\n\s*([^\n]+)
          | @['"]\r?\n\s*([^\n]+)
          | (["'])(?!\$\()([^\n]+?)(?:\3|\n|\Z) )""",
    re.VERBOSE,
)
_SUBJECT_HEREDOC = re.compile(r"\bcommit\b[^\n]*<<-?\s*['\"@]?\w*['\"]?[^\n]*\n\s*([^\n]+)")
_COMMITS = re.compile(r"\bgit\b[^\n;|&]*\b(?:commit|cherry-pick|revert|merge)\b")


@dataclass(frozen=True)
class Simple:
    """One program with its words, as run in `folder` (as far as `cd` in the same line tells)."""

    words: tuple[str, ...]
    folder: str

    @property
    def head(self) -> str:
        """What names the command: the program and up to two arguments; "" for a mere look."""
        return _head(self.words)

    @property
    def text(self) -> str:
        """The command as one would type it again."""
        return " ".join(f'"{w}"' if re.search(r"[\s;|&()]", w) else w for w in self.words)


def split(line: Clean) -> list[Simple]:
    """The simple commands in a command line, without redirections and here-documents' bodies."""
    return _split(line)


def _split(line: str) -> list[Simple]:
    commands: list[Simple] = []
    folder = ""
    words: list[str] = []
    for token in _TOKEN.finditer(without_heredocs(line) + "\n"):
        if token["word"]:
            words.append(_unquoted(token["word"]))
        elif token["end"]:
            words = _unwrapped(words)
            if words:
                if len(words) > 1 and words[0].lower() in ("cd", "pushd", "set-location"):
                    folder = _entered(folder, words[-1])
                commands.append(Simple(tuple(words), folder))
                commands += _in_script(words, folder)
            words = []
    return commands


def without_heredocs(line: str) -> str:
    """The line without the bodies of its here-documents and PowerShell here-strings."""
    if "<<" in line:
        line = _HEREDOC.sub(r"\3", line)
    return _HERE_STRING.sub("''", line) if "@'" in line or '@"' in line else line


def command_heads(line: Clean) -> list[str]:
    """The heads of what matters in a command line, each once."""
    return list(dict.fromkeys(head for simple in split(line) if (head := simple.head)))


def is_ours(line: Clean) -> bool:
    """Whether the line does nothing but call our own command line: the bookkeeping of a session,
    never its work.
    """
    if own_calls.NAME not in line:
        return False
    call = own_calls.parse(line)
    if call is not None:
        return own_calls.is_ours((call.program, call.verb))
    ran = [s.words for s in split(line) if s.words[0] not in _BESIDE]
    return bool(ran) and all(map(own_calls.is_ours, ran))


def makes_commit(line: str) -> bool:
    """Whether the line makes a commit."""
    return "git" in line and _COMMITS.search(line) is not None


def commit_subject(line: Clean) -> str:
    """The first line of the message that the line commits with, if the line holds it."""
    match = _SUBJECT.search(line)
    subject = next(filter(None, (match[1], match[2], match[4])), "") if match else ""
    if not subject and (match := _SUBJECT_HEREDOC.search(line)):
        subject = match[1]
    return "" if "$" in subject else subject.strip()


def _unquoted(word: str) -> str:
    if word[0] == "'":
        return word.strip("'")
    return _QUOTES.sub("", word) if '"' in word or "'" in word or "\\" in word else word


def _entered(folder: str, to: str) -> str:
    if to.startswith(("/", "~", "$")) or to[1:2] == ":" or to == "-":
        return to
    return f"{folder}/{to}" if folder else to


def _unwrapped(words: list[str]) -> list[str]:
    while words and (_WRAPPERS.match(words[0]) or _ASSIGNMENT.match(words[0])):
        words = words[1:]
    if not words or words[0] not in _SET_WRAPPERS:
        return words
    valued, at = _SET_WRAPPERS[words[0]], 1
    while at < len(words) and words[at].startswith("-"):
        at += 2 if words[at] in valued else 1
    return _unwrapped(words[at + (words[0] == "timeout") :])


def _in_script(words: list[str], folder: str) -> list[Simple]:
    """The commands in the script that a shell is given in a word, `bash -c '...'`."""
    if words[0].lower() not in _SHELLS:
        return []
    at = next((n for n, w in enumerate(words[1:], 1) if _SCRIPT_FLAG.fullmatch(w)), len(words))
    return [
        Simple(inner.words, f"{folder}/{inner.folder}" if folder and inner.folder else folder)
        for inner in _split("".join(words[at + 1 : at + 2]))
    ]


def _head(words: tuple[str, ...]) -> str:
    if not words or not _PROGRAM.match(words[0]) or own_calls.is_ours(words):
        return ""
    program = words[0].replace("\\", "/").rsplit("/", 1)[-1].lower()
    arguments: list[str] = []
    skip = False
    for word in words[1:]:
        if word == "-m" and program.startswith("py"):
            continue  # the module is the program
        if word == "-File" and program in _SHELLS:
            continue
        if skip or word.startswith("-"):
            skip = not skip and _VALUE_FLAGS.match(word) is not None
        elif len(arguments) == 2 or len(word) > 80 or _NO_ARGUMENT.search(word):
            break
        elif _SPELT.search(word):
            arguments.append(word.rstrip("/") or "/")
        else:
            break
    if _LOOKS.match(program) or (
        program == "git" and (not arguments or _GIT_LOOKS.match(arguments[0]))
    ):
        return ""
    if not arguments and "/" not in words[0] and not _ENOUGH_ALONE.match(program):
        return ""
    return " ".join([program, *arguments])
