"""Secrets in XML: the name can stand in the attribute, the element, or beside the value."""

from __future__ import annotations

import pytest

from handoff.redact.redact import redact

MARK = "[redacted: secret]"


@pytest.mark.parametrize(
    "frame",
    [
        '<add key="DbPassword" value="{}" />',
        '<add value="{}" key="ApiSecret"/>',
        '<user username="admin" password="{}" roles="manager"/>',
        "<password>{}</password>",
        "<Password>\n    {}\n</Password>",
        "<password><![CDATA[{}]]></password>",
        '<property name="connection.password">{}</property>',
        "<property>\n  <name>fs.s3a.secret.key</name>\n  <value>{}</value>\n</property>",
        '<setting name="AdminPassword">\n  <value>{}</value>\n</setting>',
        "<key>ClientSecret</key>\n<string>{}</string>",
        "&lt;password&gt;{}&lt;/password&gt;",
    ],
)
@pytest.mark.parametrize("secret", ["cobalt26297!", "Ridge_Willow-8435", "rJ2qftKCANoJAVXN"])
def test_the_value_goes_and_the_markup_stays(frame: str, secret: str) -> None:
    """Also a password that would be a name of code in a program."""
    redacted = redact(frame.format(secret))

    assert redacted == frame.format(MARK)


@pytest.mark.parametrize(
    "text",
    [
        '<add key="PasswordHashIterations" value="310000" />',
        '<input type="password" name="password2" placeholder="Password" />',
        "<password>${env.MAVEN_PASSWORD}</password>",
        "<password>{{ password2 }}</password>",
        '<label for="password">Password (12 characters)</label>',
        '<assemblyIdentity name="Json" publicKeyToken="30ad4fe6b2a6aeed" />',
        '<bean id="passwordEncoder" class="org.example.BCryptEncoder2"/>',
        "<token>changeme</token>",
        "if token < 10 and secret > limit1: pass",
    ],
)
def test_other_markup_stays(text: str) -> None:
    """Names that end in something else, references, labels, placeholders, comparisons."""
    assert redact(text) == text
