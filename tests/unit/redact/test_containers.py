"""Secrets in blocks, maps, lists and here-documents that a secret's name introduces."""

from __future__ import annotations

import pytest

from handoff.redact.redact import redact

MARK = "[redacted: secret]"


@pytest.mark.parametrize(
    "frame",
    [
        'variable "db_password" {{\n  type    = string\n  default = "{}"\n}}',
        'passwords = ["{}"]',
        'passwords = [\n  "{}",\n]',
        'secrets = {{\n  SMTP = "{}"\n}}',
        'sensitive = {{ "license" = "{}" }}',
        "secret_string = <<EOT\n{}\nEOT",
        'set_sensitive {{\n  name  = "auth.password"\n  value = "{}"\n}}',
        'shared_secret = tostring("{}")',
        'master_password          = "{}"',
    ],
)
@pytest.mark.parametrize("secret", ["Harbor_Meadow_2387", "otter95051!", "a4y*p-CiUt9#qzF-R9#3"])
def test_the_strings_go_and_the_block_stays(frame: str, secret: str) -> None:
    """Whatever they are called inside."""
    assert redact(frame.format(secret)) == frame.format(MARK)


@pytest.mark.parametrize(
    "text",
    [
        'variable "db_password" {\n  description = "Password of version 16"\n  type = string\n}',
        "password = random_password.db.result",
        'password = "${var.db_password}"',
        'tokens = ["refresh", "access", "id_token"]',
        'secrets = {"inherit": true, "path": "prod/payments/database2"}',
        'tokens = {"input": 1234, "model": "claude-sonnet-4-5-20250929"}',
        'output "db_password" {\n  value     = random_password.db.result\n}',
        "passwords = [\n",
    ],
)
def test_other_blocks_stay(text: str) -> None:
    """References, descriptions, kinds of tokens, counts."""
    assert redact(text) == text
