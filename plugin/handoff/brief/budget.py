"""How long a text is for a model: tiktoken where its vocabulary is on disk, else an estimate.

tiktoken would fetch a vocabulary that it lacks; a hook or a command may never wait for a network,
so without the file the estimate counts.
"""

from __future__ import annotations

import hashlib
import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from handoff import paths

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

VOCABULARY = "o200k_base"
_URL = "https://openaipublic.blob.core.windows.net/encodings/o200k_base.tiktoken"
CHARS_PER_TOKEN = 3.6  # English prose with code and paths


def count(text: str, env: Mapping[str, str] | None = None) -> int:
    """Tokens in `text`."""
    encode = _encoder(vocabulary_folder(os.environ if env is None else env))
    return encode(text) if encode else round(len(text) / CHARS_PER_TOKEN)


def vocabulary_folder(env: Mapping[str, str]) -> str:
    """Where tiktoken's vocabulary is looked for (`$TIKTOKEN_CACHE_DIR`, else handoff's cache)."""
    return env.get("TIKTOKEN_CACHE_DIR") or str(Path(paths.cache_home(env)) / "tiktoken")


def has_vocabulary(folder: str) -> bool:
    """Whether the vocabulary is on disk, under the name tiktoken gives it."""
    name = hashlib.sha1(_URL.encode(), usedforsecurity=False).hexdigest()
    return (Path(folder) / name).is_file()


@cache
def _encoder(folder: str) -> Callable[[str], int] | None:
    if not has_vocabulary(folder):
        return None
    import tiktoken

    os.environ["TIKTOKEN_CACHE_DIR"] = folder
    encoding = tiktoken.get_encoding(VOCABULARY)
    return lambda text: len(encoding.encode(text, disallowed_special=()))
