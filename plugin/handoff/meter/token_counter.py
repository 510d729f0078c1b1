"""How long a text is for a model: tiktoken where its vocabulary is on disk, else an estimate.

Both are calibrated on the session's own figures where it has any
(`token_estimate.calibrate_ratio`). tiktoken would fetch a vocabulary that it lacks or finds
damaged; a hook or a command may never wait for a network, so without a whole file the estimate
counts. `handoff doctor --fetch-tokens` fetches it.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from handoff.base import paths
from handoff.base.errors import HandoffError
from handoff.meter import token_estimate

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

VOCABULARY = "o200k_base"
FETCH_SECONDS = 120
_URL = "https://openaipublic.blob.core.windows.net/encodings/o200k_base.tiktoken"
_SHA256 = "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d"
_FETCH = "import sys, tiktoken; tiktoken.get_encoding(sys.argv[1])"


def count_tokens(text: str, env: Mapping[str, str] | None = None) -> int:
    """Tokens in `text`, for a model that nothing is known of."""
    return make_counter(os.environ if env is None else env)(text)


def make_counter(
    env: Mapping[str, str], *, model: str = "", ratio: float | None = None
) -> Callable[[str], int]:
    """What counts tokens for a model. `ratio` is from the session's figures, for `base(env)`."""
    plain = base_ratio(env)
    scale = ratio or token_estimate.model_ratio(
        model, tiktoken=plain is not token_estimate.estimate_tokens
    )
    return lambda text: round(plain(text) * scale)


def base_ratio(env: Mapping[str, str]) -> Callable[[str], float]:
    """The count of tiktoken, else the estimate, as they are."""
    return _encoder(vocabulary_folder(env)) or token_estimate.estimate_tokens


def vocabulary_folder(env: Mapping[str, str]) -> str:
    """Where tiktoken's vocabulary is looked for (`$TIKTOKEN_CACHE_DIR`, else handoff's cache)."""
    return env.get("TIKTOKEN_CACHE_DIR") or str(Path(paths.cache_home(env)) / "tiktoken")


def vocabulary_file(folder: str) -> Path:
    """The vocabulary's file, under the name tiktoken gives it."""
    return Path(folder) / hashlib.sha1(_URL.encode(), usedforsecurity=False).hexdigest()


def has_vocabulary(folder: str) -> bool:
    """Whether the vocabulary is on disk, whole: a damaged one tiktoken would fetch again."""
    try:
        raw = vocabulary_file(folder).read_bytes()
    except OSError:
        return False
    return hashlib.sha256(raw).hexdigest() == _SHA256


def fetch_vocabulary(env: Mapping[str, str], seconds: float = FETCH_SECONDS) -> str:
    """Have tiktoken fetch its vocabulary into the cache; the file. It is the one thing here that
    reaches a network, and only when a person asks for it.

    Raises HandoffError, with what to do by hand, when it does not come in `seconds`.
    """
    folder = vocabulary_folder(env)
    file = vocabulary_file(folder)
    if has_vocabulary(folder):
        return str(file)
    Path(folder).mkdir(parents=True, exist_ok=True)
    # In a process of its own: tiktoken's download knows no time limit.
    try:
        done = subprocess.run(
            [sys.executable, "-c", _FETCH, VOCABULARY],
            env={**env, "TIKTOKEN_CACHE_DIR": folder},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=seconds,
            check=False,
        )
        why = done.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2][:300]
    except subprocess.TimeoutExpired:
        why = f"no answer in {seconds:g} s"
    if has_vocabulary(folder):
        return str(file)
    raise HandoffError(
        f"Could not fetch tiktoken's vocabulary from {_URL}: {why}.",
        "Until it is there, tokens are estimated (docs/brief.md says how well). By hand: put that "
        f"file at {file}",
    )


@cache
def _encoder(folder: str) -> Callable[[str], float] | None:
    if not has_vocabulary(folder):
        return None
    try:
        import tiktoken
    except ImportError:
        return None
    os.environ["TIKTOKEN_CACHE_DIR"] = folder
    encoding = tiktoken.get_encoding(VOCABULARY)
    return lambda text: len(encoding.encode(text, disallowed_special=()))
