"""Settings files of the client: any that are valid."""

from __future__ import annotations

import json

from hypothesis import strategies as st

KEY = "statusLine"
BLANK = st.text(" \t\n\r", max_size=3)


LEAF = (
    st.none()
    | st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=6)
)


JSON = st.recursive(
    LEAF,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)


KEYS = st.text(max_size=5) | st.sampled_from(["model", "{", "}", '"', "statusline", "\\", "ü😀"])


@st.composite
def texts(draw: st.DrawFn, *, with_key: bool) -> str:
    """Any valid settings file: odd blanks, escapes, line ends, with or without the key."""
    keys = draw(st.lists(KEYS, max_size=4, unique=True))
    if with_key:
        keys.insert(draw(st.integers(0, len(keys))), KEY)
    members = []
    for key in keys:
        name = json.dumps(key, ensure_ascii=draw(st.booleans()))
        if key == KEY and draw(st.booleans()):
            name = '"status\\u004cine"'
        value = json.dumps(
            draw(JSON), ensure_ascii=draw(st.booleans()), indent=draw(st.sampled_from([None, 1]))
        )
        members.append(f"{draw(BLANK)}{name}{draw(BLANK)}:{draw(BLANK)}{value}{draw(BLANK)}")
    inner = ",".join(members) or draw(BLANK)
    return f"{draw(BLANK)}{{{inner}}}{draw(BLANK)}"


def is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
