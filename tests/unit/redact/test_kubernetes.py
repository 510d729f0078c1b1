"""The values of Kubernetes Secrets, as files, listings and commands hold them."""

from __future__ import annotations

import base64

import pytest

from handoff.redact.redact import redact

WORD = base64.b64encode(b"otterotter").decode()  # nothing but its place says what it is


@pytest.mark.parametrize(
    "text",
    [
        f"kind: SecretList\nitems:\n- data:\n    a: {WORD}\n    b: {WORD}\n",
        f'kind: Secret\nstringData:\n  a: "{WORD}"\n',
        f'{{"kind": "Secret", "data": {{"a": "{WORD}"}}}}',
        f'{{"yaml": "kind: Secret\\ndata:\\n  a: {WORD}\\n"}}',
        f"kubectl create secret generic db --from-literal=a={WORD}",
        f"kubectl create secret generic db --from-literal 'a={WORD}'",
        f"$ kubectl get secret db -o jsonpath='{{.data.a}}'\n{WORD}\n",
        f'$ kubectl get secret db -o jsonpath=\'{{.data}}\'\n{{"a":"{WORD}"}}\n',
    ],
)
def test_the_values_go(text: str) -> None:
    """Lists, strings, JSON, YAML in JSON, what kubectl is given and prints."""
    assert WORD not in redact(text)


@pytest.mark.parametrize(
    "text",
    [
        f"kind: ConfigMap\ndata:\n  a: {WORD}\n",
        "$ kubectl get secrets\nNAME  TYPE    DATA  AGE\ndb-credentials-7f9k2t  Opaque  3  12d\n",
        "kubectl create secret generic db --from-literal=a=$A_VALUE",
        "kind: Pod\nspec:\n  secretKeyRef:\n    name: db-credentials-7f9k2t\n    key: password\n",
    ],
)
def test_what_only_refers_to_them_stays(text: str) -> None:
    """Other kinds, tables of names, references."""
    assert redact(text) == text
