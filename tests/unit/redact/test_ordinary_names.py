"""Names of keys and secrets, ids, cache keys, calls, hosts and versions stay."""

from __future__ import annotations

import pytest

from handoff.redact.redact import redact
from support.ordinary_names import LINES


@pytest.mark.parametrize("line", list(filter(None, LINES.split("\n"))))
def test_an_ordinary_name_stays(line: str) -> None:
    """Line by line."""
    assert redact(line) == line


def test_ordinary_names_stay_together() -> None:
    """No line becomes a secret by the lines around it."""
    assert redact(LINES) == LINES


def test_a_template_below_a_keys_header_stays() -> None:
    """What is filled in later is no key; the key beside it is one."""
    template = "{{ .Values.tls.key2048Pem9Xk2 | indent 4 }}\n${base64decode(var.tls_key_B64_2048)}"
    text = f"-----BEGIN PRIVATE KEY-----\n{template}\n-----END PRIVATE KEY-----"
    key = text.replace("}}\n", "}}\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj\n")

    assert redact(text) == text
    assert "MIIEvQIB" not in redact(key)


@pytest.mark.parametrize(
    "line",
    [
        "existing_password: Kx7pQ2mV9tRz",
        "vault login password=Kx7pQ2mV9tRz",
        "restored the API key: Kx7pQ2mV9tRzW4sL",
        "kubectl create secret generic db --from-literal=user=Kx7pQ2mV9tRzW4sL",
        "the key is in the cache, the password is Kx7pQ2mV9tRz",
    ],
)
def test_a_secret_beside_such_a_name_goes(line: str) -> None:
    """The names excuse no value that is called a secret itself."""
    assert "Kx7pQ2mV" not in redact(line)
