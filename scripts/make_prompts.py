"""Make anew what is made of the prompts in plugin/handoff/prompts/: run it after a change of one.

- The text of `commands/handoff.md` below its front matter.
- `tests/golden/prompts/`: each prompt with its fields filled in (`[field]`), and copies of the
  slash commands. Read the difference before you commit it.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
GOLDEN = ROOT / "tests" / "golden" / "prompts"


def make() -> dict[Path, str]:
    """The text of every file that is made of the prompts."""
    from handoff.prompts import texts

    handoff = ROOT / "commands" / "handoff.md"
    front, _, _ = handoff.read_text("utf-8").removeprefix("---\n").partition("\n---\n")
    template = texts.render_prompt("brief_template")
    order = texts.render_prompt("brief_order", goal="$ARGUMENTS", template=template)
    text_by_path = {handoff: f"---\n{front}\n---\n\n{order}\n"}
    for name in texts.names():
        fields = {field: f"[{field}]" for field in texts.fields_of(name)}
        text_by_path[GOLDEN / f"{name}.md"] = texts.render_prompt(name, **fields) + "\n"
    for command in sorted((ROOT / "commands").glob("*.md")):
        text = text_by_path.get(command) or command.read_text("utf-8")
        text_by_path[GOLDEN / "commands" / command.name] = text
    return text_by_path


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT / "plugin"))
    text_by_path = make()
    for path in set(GOLDEN.rglob("*.md")) - text_by_path.keys():
        path.unlink()
    for path, text in text_by_path.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
