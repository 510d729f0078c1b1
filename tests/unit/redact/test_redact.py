"""Secrets go out of a text before it is stored; ordinary words and code stay as they are.

The keys here are made up, and put together from parts so that no scanner takes them for real.
"""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handoff.redact.redact import redact

A = "Ab3dEf6hIj9kLm2nOp5q"  # twenty characters as keys have them
PEM = "PRIVATE KEY"

# Kind, the secret. Each stands in a sentence, in JSON, in an assignment.
SHAPES = [
    ("private key", f"-----BEGIN RSA {PEM}-----\nMIIE{A}\n{A}==\n-----END RSA {PEM}-----"),
    ("private key", f"-----BEGIN OPENSSH {PEM}-----\\n{A}\\n-----END OPENSSH {PEM}-----"),
    ("private key", f"-----BEGIN {PEM}-----\n{A}\n-----END {PEM}-----"),
    ("private key", f"-----BEGIN PGP {PEM} BLOCK-----\n\n{A}\n-----END PGP {PEM} BLOCK-----"),
    ("anthropic key", f"sk-ant-api03-{A}-{A}_{A}"),
    ("openrouter key", f"sk-or-v1-{'0a1b2c3d' * 8}"),
    ("openai key", f"sk-{A}{A}"),
    ("openai key", f"sk-proj-{A}_{A}-{A}"),
    ("openai key", f"sk-svcacct-{A}"),
    ("github token", f"ghp_{A}{A[:16]}"),
    ("github token", f"gho_{A}{A[:16]}"),
    ("github token", f"ghs_{A}{A[:16]}"),
    ("github token", f"github_pat_11{A}_{A}{A}"),
    ("gitlab token", f"glpat-{A}"),
    ("aws key id", "AKIA" + "IOSFODNN7EXAMPLE"),
    ("aws key id", "ASIA" + "Y34FZKBOKMUTVV7A"),
    ("google key", f"AIza{A}{A[:15]}"),
    ("google token", f"ya29.{A}{A}"),
    ("slack token", f"xoxb-123456789012-{A}"),
    ("slack webhook", f"https://hooks.slack.com/services/T0000/B0000/{A}"),
    ("stripe key", f"sk_live_{A}"),
    ("stripe key", f"rk_test_{A}"),
    ("stripe key", f"whsec_{A}"),
    ("npm token", f"npm_{A}{A[:16]}"),
    ("pypi token", f"pypi-AgEIcHlwaS5vcmc{A}{A}"),
    ("hugging face token", f"hf_{A}{A[:14]}"),
    ("sendgrid key", f"SG.{A}.{A}{A}"),
    ("jwt", f"eyJhbGciOiJIUzI1NiJ9.eyJzdWIi{A}.{A}"),
]


@pytest.mark.parametrize(("kind", "secret"), SHAPES)
@pytest.mark.parametrize("around", ["use {} here", '{{"key": "{}"}}', "X={}\nY=1", "<{}>", "`{}`"])
def test_a_known_shape_is_found_anywhere(kind: str, secret: str, around: str) -> None:
    """Each line of the secret becomes a mark with its kind; what stands around it stays."""
    assert redact(around.format(secret)) == around.format(_marks(kind, secret))


def _marks(kind: str, secret: str) -> str:
    return "\n".join(line and f"[redacted: {kind}]" for line in secret.split("\n"))


def test_every_secret_of_a_text_goes() -> None:
    """Many of them, side by side."""
    text = "\n".join(f"{number}: {secret}" for number, (_, secret) in enumerate(SHAPES))

    redacted = redact(text)

    rows = [line for _, secret in SHAPES for line in secret.split("\n") if line]
    assert redacted.count("[redacted: ") == len(rows)
    assert A not in redacted


def test_a_private_key_that_is_cut_off_goes_to_the_end() -> None:
    """A key whose end is missing leaves nothing behind."""
    assert redact(f"x\n-----BEGIN {PEM}-----\n{A}\n{A}") == "x\n" + "\n".join(
        ["[redacted: private key]"] * 3
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "postgres://app:s3cr3t-pw@db:5432/x",
            "postgres://[redacted: password in a url]@db:5432/x",
        ),
        ("redis://:hunter22@host", "redis://[redacted: password in a url]@host"),
        ("https://u:p@ss@word@h/x", "https://[redacted: password in a url]@h/x"),
        (f"Authorization: Bearer {A}", "Authorization: [redacted: authorization]"),
        (f"Authorization: Basic {A}", "Authorization: [redacted: authorization]"),
        (f"authorization: token {A}", "authorization: [redacted: authorization]"),
        (
            f'{{"Authorization": "Bearer {A}"}}',
            '{"Authorization": "[redacted: authorization]"}',
        ),
        (f"AccountKey={A}{A}{A}==;End", "AccountKey=[redacted: azure key];End"),
        (f"API_KEY={A}", "API_KEY=[redacted: secret]"),
        (f"api-key: {A}", "api-key: [redacted: secret]"),
        (f'"client_secret": "{A}"', '"client_secret": "[redacted: secret]"'),
        (f"password = '{A}'", "password = '[redacted: secret]'"),
        ("DB_PASSWORD=s3cr3t-pw1", "DB_PASSWORD=[redacted: secret]"),
        ("passwd: Tr0ub4dor&3", "passwd: [redacted: secret]"),
        ("PASSWORD=Xk9.2jfLq81", "PASSWORD=[redacted: secret]"),
        (
            "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCY" + "EXAMPLEKEY",
            "aws_secret_access_key = [redacted: secret]",
        ),
        (f"secret => {A}", "secret => [redacted: secret]"),
        (f"token := {A}", "token := [redacted: secret]"),
        (f"export GITHUB_TOKEN={A} && run", "export GITHUB_TOKEN=[redacted: secret] && run"),
        (f"deploy --token {A} now", "deploy --token [redacted: secret] now"),
        (f"deploy --api-key='{A}'", "deploy --api-key='[redacted: secret]'"),
        (f'login --password "{A}"', 'login --password "[redacted: secret]"'),
    ],
)
def test_a_secret_is_known_by_the_word_beside_it(text: str, expected: str) -> None:
    """Where the shape says nothing, the name, the URL or the header does."""
    assert redact(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "The token refresh race is in auth/token.py.",
        "token = self.next_token()",
        "token: str | None = None",
        "tokens: 182340, window: 1000000",
        "max_tokens=20000",
        "TOKEN_LIMIT = 200_000",
        "token_count: 1234567890",
        "password = getpass.getpass()",
        'password: os.environ["DB_PASSWORD"]',
        "password: process.env.DB_PASSWORD2",
        "secret = settings.SECRET_KEY_2",
        "secret: ${{ secrets.DEPLOY_KEY_01 }}",
        "API_KEY=$API_KEY_FROM_ENV_01",
        "api_key=<your-api-key-01>",
        "token=[redacted: secret]",
        "password_file: /run/secrets/db_password_01",
        "token_url: https://example.com/oauth2/token1",
        "private_key = ~/.ssh/id_ed25519",
        "password: changeme",
        "if password == expected_password:",
        "def test_password_reset_token_2() -> None:",
        "handoff write --for claude-opus-5-5 --label tokens",
        "cmd --token-limit 20000",
        "cmd --password-file ./x/db_pass_01",
        "9f3a1c5b7d9e0f2a4c6b8d0e1f3a5c7b9d1e3f5a",
        "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "0f1e2d3c-aaaa-4bbb-8ccc-1234567890ab",
        "20261122-073812-fix-auth-race-9f3a",
        "git@github.com:owner/project.git",
        "https://github.com/owner/project/pull/12",
        "https://example.com:8080/a@2x.png",
        "http://127.0.0.1:8080/v1/messages",
        "user@example.com",
        ".sk-folding-cube-container { color: red }",
        '<div class="sk-fading-circle-with-dots">',
        "risk-based-authentication-with-many-words",
        "the sk_buff_head_init function",
        "npm_config_registry and npm_lifecycle_event",
        "pypi-publish-action-for-releases",
        "hf_hub_download(repo_id)",
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ user@host",
        "the bearer of this letter, and the bearer token",
        "import secrets; secrets.token_hex(16)",
        "| token | kind |\n|---|---|",
        "Basic usage: run it",
    ],
)
def test_ordinary_text_and_code_stay(text: str) -> None:
    """References, names, paths, hashes, ids and prose are not secrets."""
    assert redact(text) == text


PIECES = st.one_of(
    st.sampled_from([secret for _, secret in SHAPES]),
    st.sampled_from(["password", "token", "API_KEY", "secret", "=", ": ", " => ", '"', "'", "\n",
                     " ", "://", "@", "--token ", "Bearer ", "authorization: ", A,
                     "-----BEGIN ", "[redacted: secret]", A[:9], "x.y", "sk-", "eyJ", ".", "/"]),
    st.text(max_size=8),
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.lists(PIECES, max_size=12).map("".join))
def test_redacting_twice_is_redacting_once(text: str) -> None:
    """A text that was redacted holds nothing more to redact: every step may do it again."""
    once = redact(text)

    assert redact(once) == once


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(SHAPES),
    st.text(alphabet=" \n.,;:()<>é日", max_size=20),
    st.text(alphabet=" \n,;()<>é日", max_size=20),
)
def test_no_surroundings_hide_a_shape(shape: tuple[str, str], before: str, behind: str) -> None:
    """Whatever stands around it, the secret's own characters are gone."""
    kind, secret = shape

    assert redact(f"{before} {secret} {behind}") == f"{before} {_marks(kind, secret)} {behind}"


@pytest.mark.parametrize(
    "piece",
    ["a", "-a", "token", "token=", "://a:", f"-----BEGIN {PEM}-----", "eyJaaaaaaaa.", "sk-", "SG.",
     "token:   ", "_", "--token ", "bearer ", " ", "=", "\n"],
)  # fmt: skip
def test_no_text_takes_long(piece: str) -> None:
    """The time grows with the length and not with its square."""
    text = piece * (200_000 // len(piece))
    began = time.process_time()
    redact(text)

    assert time.process_time() - began < 8
