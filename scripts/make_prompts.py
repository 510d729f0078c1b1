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
    made = {handoff: f"---\n{front}\n---\n\n{order}\n"}
    for name in texts.names():
        fields = {field: f"[{field}]" for field in texts.fields_of(name)}
        made[GOLDEN / f"{name}.md"] = texts.render_prompt(name, **fields) + "\n"
    for command in sorted((ROOT / "commands").glob("*.md")):
        text = made.get(command) or command.read_text("utf-8")
        made[GOLDEN / "commands" / command.name] = text
    return made


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT / "plugin"))
    made = make()
    for path in set(GOLDEN.rglob("*.md")) - made.keys():
        path.unlink()
    for path, text in made.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
