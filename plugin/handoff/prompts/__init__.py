"""Every text that a model reads, one file each, and how they are filled in and overridden.

A *prompt* is a sentence that handoff puts before a model by itself: a hook's context, why a call is
refused, a session's first prompt, what code writes into a brief, the words around another's text.
`<name>.md` is the text; `{field}` in it is where a value goes. Change a text there and nowhere else
(`tests/golden/prompts/` shows each one filled in).

Not here:

- What a person is told, also where a model reads it too: the screen's lines, the errors and answers
  of commands.
- The values of fields: figures, ages, origins, findings. A value is inserted, never parsed.
- What is read back and so is the format of a brief (docs/brief.md): its headings and front matter,
  `sections.NO_TRANSCRIPT`, an Outcome's lines of who carried it on and what it cost.
- The slash commands, which the client reads from `commands/`: `handoff.md` there is made of
  `brief_order.md` and `brief_template.md`, and a test holds it to them.
"""
