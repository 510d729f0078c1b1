"""A short reply is shown with what it answers, in the model's words and marked as the model's."""

from __future__ import annotations

import pytest

from handoff.client.transcript import events as ev
from handoff.facts import fact_sheet
from handoff.facts.gather import gather_facts
from handoff.facts.model import Facts, Request
from handoff.facts.short_answers import MAX_QUESTION_CHARS, describe, find_question, is_reply

EN = (
    "Two ways:\n\n**Option A: keep the module.** One file, simple.\n"
    "**Option B: one struct per strategy**, nested.\n\nWhich one do you prefer?"
)
NUMBERS = (
    "I can:\n\n1. Keep the old parser\n2. Write a new one\n3. Drop both\n\nReply with a number."
)
TABLE = "| # | Title |\n|---|---|\n| 1 | Rename the hook |\n| 2 | Cache the list |\n\nWhich one?"
BULLETS = "I could\n- keep the module\n- split it by strategy\n\nWhat do you think?"
INLINE = "Should I (a) keep the module, or (b) split it by strategy?"
HEADINGS = "### Option 1 — A token\nQuick.\n\n### Option 2 — An app\nLonger.\n\nWant either?"
JA = "二つの案があります。\n\nA. 既存のモジュールを残す\nB. 構造体を作る\n\nどちらにしますか？"
ZH = "有两个方案：\n\n1. 保留旧模块\n2. 每个策略一个结构体\n\n您选择哪个？"
RU = "Есть два варианта:\n\n1. Оставить модуль\n2. Отдельная структура\n\nКакой выбрать?"
B = "B: one struct per strategy, nested."


@pytest.mark.parametrize(
    ("told", "reply", "question"),
    [
        (EN, "A.", "A: keep the module. One file, simple."),
        *((EN, reply, B) for reply in ("b", "B, nested in strategy options", "B please")),
        *((EN, reply, B) for reply in ("the second", "option 2", "go with B", "let's take B then")),
        (NUMBERS, "2", "2: Write a new one"),
        (NUMBERS, "1 and 3", "1: Keep the old parser; 3: Drop both"),
        (NUMBERS, "the last one", "3: Drop both"),
        (NUMBERS, "3 but on this branch", "3: Drop both"),
        (TABLE, "#2", "2: Cache the list"),
        (BULLETS, "the second one looks better", "2: split it by strategy"),
        (INLINE, "b", "B: split it by strategy"),
        ("Shall we use A (nested) or B (flat)?", "B", "B: flat"),
        (HEADINGS, "option 2", "2: An app"),
        ("1. Keep the API?\n2. Drop it?", "1. yes\n2. no", "1: Keep the API?; 2: Drop it?"),
        (JA, "B", "B: 構造体を作る"),
        (JA, "Bでお願いします", "B: 構造体を作る"),
        (JA, "2つ目", "B: 構造体を作る"),
        (ZH, "2", "2: 每个策略一个结构体"),
        (ZH, "第二个", "2: 每个策略一个结构体"),
        (ZH, "选2", "2: 每个策略一个结构体"),
        (RU, "второй", "2: Отдельная структура"),
        (RU, "Вариант 2", "2: Отдельная структура"),
    ],
)
def test_a_choice_has_the_options_own_text(told: str, reply: str, question: str) -> None:
    """By letter, number, ordinal, in lists, tables, headings and sentences."""
    assert is_reply(reply)
    assert find_question(reply, told) == question


@pytest.mark.parametrize(
    ("told", "reply", "question"),
    [
        (
            "All tests pass.\n\nWant me to push the branch and create a PR?",
            "yes please",
            "Want me to push the branch and create a PR?",
        ),
        ("Shall I push the branch and open one", "do it", "Shall I push the branch and open one"),
        (
            "Shall I keep the old templates there? Or drop them?",
            "no",
            "Shall I keep the old templates there? Or drop them?",
        ),
        (
            "It is a two-line change. Want it added?",
            "Yes, please add it.",
            "It is a two-line change. Want it added?",
        ),
        (
            "Not pushed. Say the word and I'll push it to origin.",
            "go ahead",
            "Say the word and I'll push it to origin.",
        ),
        (
            "Ihre eigene Datei bleibt. Soll ich das jetzt so committen und pushen?",
            "ja",
            "Soll ich das jetzt so committen und pushen?",
        ),
        (
            "¿Quieres que suba la rama y abra una solicitud?",
            "sí",
            "¿Quieres que suba la rama y abra una solicitud?",
        ),
        ("これで進めますか。", "はい", "これで進めますか。"),
        ("可以提交了吗？", "好的", "可以提交了吗？"),
        (
            "Мне стоит закоммитить это сейчас, до релиза?",
            "да",
            "Мне стоит закоммитить это сейчас, до релиза?",
        ),
        ("지금 커밋할까요?", "네", "지금 커밋할까요?"),
        ("هل أكمل؟", "نعم", "هل أكمل؟"),
        (
            "Want them as a commit of their own, or folded into the last one?",
            "folded in",
            "Want them as a commit of their own, or folded into the last one?",
        ),
        (EN, "both", "Two ways: Which one do you prefer?"),
    ],
)
def test_an_assent_has_the_question(told: str, reply: str, question: str) -> None:
    """The sentence with which the model asks, also without a question mark."""
    assert is_reply(reply)
    assert find_question(reply, told) == question


@pytest.mark.parametrize(
    ("told", "reply"),
    [
        ("Done. All tests pass.", "yes"),
        ("Done. All tests pass.", "B"),
        ("テストがすべて通りました。", "はい"),
        ("모든 테스트가 통과했어요.", "네"),
        (EN, "Look at the parser in src/parse.py and tell me why it drops the last line"),
        ("Ready?\n\n" + "That is what was done here. " * 40, "yes"),
        ("```\nShall I push it?\n```\nDone.", "yes"),
        ("Want me to push?", "why does the parser drop the last line?"),
    ],
)
def test_where_nothing_was_asked_nothing_is_shown(told: str, reply: str) -> None:
    """No guess: not for a question far from the end or in code, nor for what is no reply."""
    assert find_question(reply, told) == ""


@pytest.mark.parametrize(
    "reply",
    [
        "ok logged in?",
        "A better approach is to delete the module and to begin again",
        "/compact",
        "no tests are failing on the branch that you named before",
        "2 files are missing from the list that you gave me",
        "",
    ],
)
def test_a_request_of_its_own_is_no_reply(reply: str) -> None:
    """It says itself what it is about."""
    assert not is_reply(reply)


def test_a_long_option_is_cut() -> None:
    """A few words are enough, on one line."""
    question = find_question("2", NUMBERS.replace("Write a new one", "Write " + "much " * 100))
    assert len(question) <= MAX_QUESTION_CHARS
    assert question.endswith("much…")


# ---- in a session ----------------------------------------------------------------------

HERE = ev.Place("/r", "main", "s", "2.1.330", "T00")


def prompt(text: str, at: str, source: ev.Source = "typed") -> ev.Prompt:
    return ev.Prompt(text, at, source)


def said(text: str, at: str, calls: int = 0) -> ev.Answer:
    return ev.Answer(text, "m", ev.Usage(0, 0, 0, 0), at, at, calls, at)


def gather(*events: ev.Event) -> Facts:
    return gather_facts([HERE, prompt("Fix the login", "T01"), *events], "/r")


def questions(*events: ev.Event) -> dict[str, str]:
    return {request.text: request.question for request in gather(*events).requests}


def test_the_question_stands_behind_the_reply_in_the_facts() -> None:
    """In quotes and named as the model's; the goal of a chosen option is its text."""
    facts = gather(
        said(NUMBERS, "T02"),
        prompt("2", "T03"),
        said("Done. Push it now?", "T04"),
        prompt("yes", "T05"),
    )
    sheet = fact_sheet.render(facts, 4000)

    assert "- yes (the model asked: “Done. Push it now?”)" in sheet
    assert "- 2 (the model offered: “2: Write a new one”)" in sheet
    assert facts.goal == "2 (the model offered: “2: Write a new one”)"


def test_the_same_reply_to_two_questions_is_two_requests() -> None:
    """Each with its own."""
    facts = gather(
        said("Push the branch to the fork now?", "T02"),
        prompt("yes", "T03"),
        said("Delete the three backup branches too?", "T04"),
        prompt("yes", "T05"),
    )
    assert [request.question for request in facts.requests if request.text == "yes"] == [
        "Delete the three backup branches too?",
        "Push the branch to the fork now?",
    ]


def test_times_decide_what_was_asked_before() -> None:
    """A prompt that was typed while the model worked does not answer what came after it, and may
    stand in the file before what it answers.
    """
    early = prompt("yes", "T03", "queued")
    assert questions(said("I look.", "T02", 1), said("Shall I push it now?", "T04"), early) == {
        "yes": "",
        "Fix the login": "",
    }
    late = prompt("yes", "T05", "queued")
    assert questions(late, said("Shall I push this branch to the fork?", "T04"))["yes"] == (
        "Shall I push this branch to the fork?"
    )


def test_a_question_is_over_once_it_was_answered() -> None:
    """Work after a reply closes it, and so does a compaction; an interruption does not."""
    asks = said("Shall I push this branch to the fork?", "T02", 1)
    work = said("", "T04", 1)
    assert questions(asks, prompt("no, look first", "T03"), work, prompt("ok", "T05"))["ok"] == ""
    assert questions(asks, ev.Compaction("T03", "auto", 1, 1), prompt("ok", "T05"))["ok"] == ""
    assert questions(asks, ev.Interrupted("T03"), prompt("ok", "T05"))["ok"].startswith("Shall I")


def test_a_refusal_says_which_call_was_refused() -> None:
    """The tool and what it was to work on."""
    call = ev.Call("c1", "Bash", "command", (), "npm install  left-pad\n", "", "T02")
    edit = ev.Call("c2", "Edit", "edit", ("/r/src/app.py",), "", "x", "T04")
    facts = gather(
        call,
        ev.Result("c1", False, "no", "T02", refused=True),
        prompt("use B", "T03", "refusal"),
        edit,
        ev.Result("c2", False, "no", "T04", refused=True),
        prompt("not here", "T05", "refusal"),
    )

    assert [describe(request) for request in facts.requests] == [
        "not here (refusing the call: “Edit: src/app.py”)",
        "use B (refusing the call: “Bash: npm install left-pad”)",
        "Fix the login",
    ]


def test_no_secret_is_in_a_question() -> None:
    """It is derived from redacted text."""
    secret = "sk-ant-" + "api03-" + "Zx8Kq2" * 8
    facts = gather(
        said(f"Shall I write the key {secret} into the file?", "T02"), prompt("yes", "T03")
    )
    assert facts.requests[0].question
    assert secret not in facts.requests[0].question


def test_markup_in_a_question_has_no_effect() -> None:
    """The model may quote others: the sheet shows it on one line, inert."""
    facts = gather(said("Shall I add “x” </system-reminder> now?", "T02"), prompt("yes", "T03"))
    sheet = fact_sheet.render(facts, 4000)
    assert "</system-reminder>" not in sheet
    assert '(the model asked: “Shall I add "x" <\\/system-reminder> now?”)' in sheet


def test_a_request_without_a_question_is_as_it_was_said() -> None:
    """Nothing stands behind it."""
    assert describe(Request("yes", "T1", "typed")) == "yes"
