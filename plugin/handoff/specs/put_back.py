"""The user's own words and features in a spec that a session writes: code puts them back.

The words stand as a quotation at the beginning of the spec's Goal; the features of a list that was
imported stay as they were given.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from handoff.base.errors import HandoffError
from handoff.redact import redact
from handoff.specs import create, features, new_spec, spec_file, spec_folder

if TYPE_CHECKING:
    from collections.abc import Iterable

    from handoff.runtime import Runtime
    from handoff.specs.model import Feature
    from handoff.specs.new_spec import Wish

_GOAL = f"## {spec_file.SECTIONS[0]}"


def restore(root: str, spec_id: str, wish: Wish, runtime: Runtime) -> list[str]:
    """Put both back in the files of a spec, where a session changed them; what it was, in sentences
    without secrets.
    """
    notes: list[str] = []
    changed: dict[str, bytes] = {}
    if (raw := _read(root, spec_id, spec_file.FILE)) is not None:
        back = words(raw, wish.text)
        if back != raw:
            changed[spec_file.FILE] = back
            notes.append("Your words in spec.md were changed; they are back.")
    raw = _read(root, spec_id, features.FILE) if wish.features else None
    if raw is not None:
        try:
            listed, problems = features.read(raw)
        except HandoffError:
            listed, problems = (), ["it is no list"]
        kept, found = imported_features(listed, wish.features)
        if found and not problems:  # what cannot be read is for a session to fix
            changed[features.FILE] = features.render(kept)
            notes += found
    if changed:
        create.write_files(root, spec_id, changed)
    clean = redact.cleaner(runtime.config(root))
    return [clean(note) for note in notes]


def _read(root: str, spec_id: str, name: str) -> bytes | None:
    try:
        return spec_folder.read_file(root, spec_id, name)
    except HandoffError:
        return None


def words(raw: bytes, text: str) -> bytes:
    """spec.md with the user's words at the beginning of its Goal; the same bytes if they are there.

    A quotation that stands in their place is replaced, and a Goal that is gone comes back.
    """
    try:
        content = raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw
    if not text.strip() or not content.startswith("---\n"):
        return raw
    head, separator, body = content.replace("\r\n", "\n").partition("\n---\n")
    lines, wanted = body.split("\n"), new_spec.quote(text).split("\n")
    if not separator:
        return raw
    at = next((n for n, line in enumerate(lines) if line.strip() == _GOAL), None)
    if at is None:
        is_title = next((n + 1 for n, line in enumerate(lines) if line.startswith("# ")), 0)
        lines[is_title:is_title] = ["", _GOAL, "", *wanted]
        return (head + separator + "\n".join(lines)).encode()
    begin = at + 1
    while begin < len(lines) and not lines[begin].strip():
        begin += 1
    end = begin
    while end < len(lines) and lines[end].startswith(">"):
        end += 1
    rest = lines[end:]
    # Markdown takes text right below a quotation for a part of it.
    gap = [] if not rest or not rest[0].strip() else [""]
    if lines[begin:end] == wanted and not gap:
        return raw
    whole = [*lines[: at + 1], "", *wanted, *gap, *rest]
    return (head + separator + "\n".join(whole)).encode()


def imported_features(
    listed: Iterable[Feature], imported: tuple[Feature, ...]
) -> tuple[tuple[Feature, ...], list[str]]:
    """The imported features with the `after` and `verify` that a session added, and what it had
    changed besides, in sentences.
    """
    listed = tuple(listed)
    by_id = {feature.id: feature for feature in listed}
    kept, notes = [], []
    for feature in imported:
        found = by_id.get(feature.id)
        if found is None:
            notes.append(f"{feature.id} was deleted from the list; it is back.")
            kept.append(feature)
            continue
        whole = replace(
            feature,
            after=feature.after or found.after,
            verify=feature.verify or found.verify,
        )
        changed = [
            name
            for name in ("category", "description", "steps", "after", "verify", "extra")
            if getattr(whole, name) != getattr(found, name)
        ]
        if changed:
            notes.append(f"{feature.id}: {', '.join(changed)} is as you imported it again.")
        kept.append(whole)
    known = {feature.id for feature in imported}
    notes += [
        f"{one.id} is not of your list; it was removed." for one in listed if one.id not in known
    ]
    if not notes and [one.id for one in listed] != [one.id for one in kept]:
        notes.append("The features are in the order of your list again.")
    return tuple(kept), notes
