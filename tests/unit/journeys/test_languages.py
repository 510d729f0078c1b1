"""A session in a language of two or three bytes a character: its requests reach the next session
whole, where those of the same session in English do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from handoff.base.utf16 import count_units
from support.configuration import configure
from support.session_file import SessionFile

if TYPE_CHECKING:
    from support.program import Program
    from support.repo import Repo

REQUESTS = {
    "en": [
        "Please make the receipt list every price before the total. The change must stay in the "
        "formatter, because the basket module is generated and is overwritten by every build. Do "
        "not add a new dependency, and keep the public function signatures as they are.",
        "The tests must not reach the network, and none may take more than a second.",
        "Also support refunds: show them with a minus sign, below the prices.",
        "Write the release note for users who never read the code.",
    ],
    "ja": [
        "合計の前にすべての価格を一覧表示するようにレシートを変更してください。バスケットのモジュールは自動生成され、"
        "ビルドのたびに上書きされるため、変更はフォーマッターの中だけに留めてください。新しい依存関係は追加せず、"
        "公開関数のシグネチャはそのまま維持してください。",
        "テストはネットワークに接続してはならず、一つも一秒を超えてはいけません。",
        "返金にも対応してください。価格の下にマイナス記号を付けて表示します。",
        "コードを読まない利用者のためにリリースノートを書いてください。",
    ],
    "zh": [
        "请让收据在总价之前列出每一项的价格。修改必须只放在格式化模块里，因为购物篮模块是自动生成的，每次构建都会被覆盖。"
        "不要添加新的依赖，公共函数的签名也要保持不变。",
        "测试不得访问网络，任何一个都不能超过一秒。",
        "还要支持退款：在价格下面用负号显示。",
        "请为从不阅读代码的用户写发布说明。",
    ],
    "ru": [
        "Сделай так, чтобы в чеке перед итогом перечислялись все цены. Изменение должно "
        "оставаться только в модуле форматирования, потому что модуль корзины генерируется "
        "автоматически и перезаписывается при каждой сборке. Не добавляй зависимостей.",
        "Тесты не должны обращаться к сети, и ни один не должен длиться больше секунды.",
        "Поддержи также возвраты: показывай их со знаком минус, под ценами.",
        "Напиши заметку к релизу для тех, кто никогда не читает код.",
    ],
}  # fmt: skip
ANSWERED = {
    "en": ("Shall I keep the old templates, or remove them now?", "remove them"),
    "ja": ("古いテンプレートは今すぐ削除しますか？", "はい"),
    "zh": ("现在要删除旧模板吗？", "好的"),
    "ru": ("Удалить старые шаблоны прямо сейчас?", "да"),
}
# Tokens of a brief, and from which request on all are whole there: the first is the longest.
SIZES = {900: 1, 1500: 1, 2500: 0}


def hold_session(repo: Repo, language: str) -> str:
    """A session that the client wrote down: requests, a question that is answered, many files."""
    folder = repo.state.parent / ".claude" / "projects" / "p"
    folder.mkdir(parents=True)
    file = SessionFile(folder / "s1.jsonl")
    for number, request in enumerate(REQUESTS[language]):
        file.typed(request)
        for place in range(12):
            path = f"/repo/src/module_{number}/part_{place}/receipt_formatter_{place}.py"
            call = {"type": "tool_use", "id": f"t{number}-{place}", "name": "Read"}
            file.answer({**call, "input": {"file_path": path}})
            file.user([{"type": "tool_result", "tool_use_id": call["id"], "content": "x = 1"}])
        file.answer("OK.")
    question, reply = ANSWERED[language]
    file.answer(question)
    file.typed(reply)
    return "s1"


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", REQUESTS)
def test_requests_reach_the_next_session_whole(
    repo: Repo, handoff: Program, language: str, size: int
) -> None:
    """Through transcript, facts, a brief of so many tokens and the injection."""
    configure(repo.state.parent, f"brief: {{max_tokens: {size}}}\n")
    session = hold_session(repo, language)
    brief = handoff.json("write", "--from-facts", "--session", session)["id"]
    handoff("show", brief, "--inject")

    for request in REQUESTS[language][SIZES[size] :]:
        assert request in handoff.out
    question, reply = ANSWERED[language]
    assert f"{reply} (the model asked: “{question}”)" in handoff.out
    assert count_units(handoff.out) <= 9500
