"""Texts in every encoding that teams still have lying about, and some in two at once."""

from __future__ import annotations

from .expected import Readable

GERMAN = "Größe und Maße: die Straßenbahn fährt über die Brücke."
FRENCH = "Le café était fermé à côté de l'hôtel où les élèves déjeunaient."
RUSSIAN = "Отпуск предоставляется сотрудникам после шести месяцев работы."
CHINESE = "员工入职满一年后可以享受带薪年假，请提前两周申请。"
TAIWANESE = "員工入職滿一年後可以享受帶薪年假，請提前兩週申請。"
JAPANESE = "社員は入社一年後に有給休暇を取得できます。二週間前に申請してください。"
KOREAN = "직원은 입사 1년 후 유급 휴가를 사용할 수 있습니다. 2주 전에 신청하십시오."


def encoded(name: str, text: str, encoding: str) -> Readable:
    return Readable(name, lambda: text.encode(encoding), text)


READABLE = [
    encoded("utf-16.txt", GERMAN, "utf-16"),
    encoded("utf-16-be.md", GERMAN, "utf-16-be"),
    encoded("utf-16-le.md", GERMAN, "utf-16-le"),
    encoded("utf-32.txt", CHINESE, "utf-32"),
    encoded("utf-8-with-mark.md", GERMAN, "utf-8-sig"),
    encoded("latin-1.txt", FRENCH, "latin-1"),
    encoded("shift-jis.txt", JAPANESE, "shift_jis"),
    encoded("euc-jp.txt", JAPANESE, "euc-jp"),
    encoded("gb18030.txt", CHINESE, "gb18030"),
    encoded("big5.txt", TAIWANESE, "big5"),
    encoded("koi8-r.txt", RUSSIAN, "koi8-r"),
    encoded("cp1251.txt", RUSSIAN, "cp1251"),
    encoded("euc-kr.txt", KOREAN, "euc-kr"),
    Readable("two-encodings.txt", lambda: b"plain caf\xe9 " + "Größe".encode(), "plain caf"),
    Readable("half-a-character.txt", lambda: "é".encode("utf-16")[:-1] + b"a" * 101),
    Readable("broken-utf-8.txt", lambda: b"caf\xe9 \xc0\x80 \xed\xa0\x80 " * 100, "caf"),
]
REFUSED: list[Readable] = []
