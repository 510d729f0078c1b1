"""A new spec's files from the user's words, in the spec's own worktree or in this one.

The user's sentences are put under Goal as a quote by code, word for word but for secrets: what a
session writes never stands there as theirs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from handoff.base.errors import HandoffError
from handoff.git import worktrees
from handoff.git.head import read_head
from handoff.redact import redact
from handoff.specs import create, quickstart, spec_folder, strict_json
from handoff.store import brief_files, places, trusted_prompts

if TYPE_CHECKING:
    from handoff.runtime import Runtime
    from handoff.specs.model import Feature, Spec
    from handoff.store.places import Place

MAX_CHARS = 20_000
_TITLE_CHARS = 60
_UNTITLED = "Imported features"


@dataclass(frozen=True)
class Wish:
    """What the user asks for: their `text`, and `features` of a list that they import."""

    text: str
    features: tuple[Feature, ...] = ()

    @property
    def title(self) -> str:
        """The first sentence, or as many of its words as a title has."""
        sentence = re.split(r"(?<=[.!?])\s|\n", self.text.strip(), maxsplit=1)[0].rstrip(".")
        if len(sentence) > _TITLE_CHARS:
            sentence = sentence[:_TITLE_CHARS].rsplit(" ", 1)[0]
        return sentence.strip() or _UNTITLED


def read_wish(text: str, imported: str) -> Wish:
    """What is asked for, with the features in the quickstart's list at the path `imported`, if that
    is given. Raises HandoffError for nothing, or too much.
    """
    if len(text) > MAX_CHARS:
        raise HandoffError(
            f"The text has {len(text):,} characters; at most {MAX_CHARS:,} are taken.",
            "Say in a few sentences what is to be built. The session can read longer files itself.",
        )
    features: tuple[Feature, ...] = ()
    if imported:
        raw = brief_files.read_regular(imported, imported, strict_json.MAX_BYTES)
        features = quickstart.import_features(raw, imported)
    if not text.strip() and not features:
        raise HandoffError(
            "There is no text to write a spec from.",
            'Say what is to be built: handoff spec new "TEXT", or --import feature_list.json',
        )
    return Wish(text, features)


def prepare(
    wish: Wish, place: Place, runtime: Runtime, *, here: bool, by_model: bool = False
) -> tuple[Spec, Place]:
    """Write the files of a new spec, into the worktree `<repository>.handoff/<id>` made from HEAD,
    or `here`. The spec, and the place that it is in. What a model passed on (`by_model`) is not
    quoted as the user's. Raises HandoffError without a commit.
    """
    checkout = place.need_checkout(
        "cannot hold a spec", "Run `git init` there, commit something, and try again."
    )
    if read_head(checkout).sha is None:
        raise HandoffError(
            f"{checkout.root} has no commit yet, and a spec's worktree begins at one.",
            "Commit something, then try again.",
        )
    clean = redact.cleaner(runtime.config(place.root))
    title = clean(wish.title)
    spec_id = spec_folder.new_id(title, runtime)
    if not here:
        worktree = worktrees.plan_worktree(checkout, spec_id)
        worktrees.add_worktree(checkout, worktree)
        place = places.locate(worktree.path)
    text = clean(wish.text) if by_model else quote(clean(wish.text))
    spec = create.create(title, text, wish.features, place.root, runtime, spec_id=spec_id)
    return spec, place


def quote(text: str) -> str:
    """A text as a quote in Markdown."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").strip().split("\n")
    return "\n".join(f"> {line}".rstrip() for line in lines) if lines != [""] else ""


def describe_format(spec_id: str, root: str, runtime: Runtime) -> str:
    """The format of a spec's files and the rules for who writes it."""
    prompts = trusted_prompts.load(runtime, root)
    folder = spec_folder.relative_path(spec_id)
    return prompts.render("spec_format", folder=folder, id=spec_id, target="{target}")
