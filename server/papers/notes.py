"""The printed law of the proof of service (注).

Sources: Civil Procedure Law (2023) arts. 87-89; Criminal Procedure Law (2018) art. 107; Administrative
Procedure Law (2017) art. 101; Provisions on Enforcement Work (2020) art. 23.
"""

from __future__ import annotations

from server.papers.data import CaseKind

_CPL = "《中华人民共和国民事诉讼法》第八十七条、第八十八条、第八十九条"
_LAW = {
    CaseKind.CIVIL: f"送达民事诉讼文书，依照{_CPL}的规定办理。",
    CaseKind.ADMINISTRATIVE: (
        f"送达行政诉讼文书，依照《中华人民共和国行政诉讼法》第一百零一条，适用{_CPL}的规定办理。"
    ),
    CaseKind.CRIMINAL: "送达刑事诉讼文书，依照《中华人民共和国刑事诉讼法》第一百零七条的规定办理。",
    CaseKind.ENFORCEMENT: f"送达执行法律文书，依照{_CPL}的规定办理。",
}
_RECEIVER = "由他人代收的，代收人签名或者盖章后，应当注明其与受送达人的关系及代收理由。"
_REFUSAL = "拒绝接收的，在备考栏记明拒收事由和日期，由送达人、见证人签名或者盖章，或者以拍照、录像记录送达过程。"


def footnotes(case_kind: CaseKind) -> list[str]:
    """The notes under the table, without their numbers."""
    return [_LAW[case_kind], _RECEIVER, _REFUSAL]
