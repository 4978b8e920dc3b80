"""The tree of the address form (送达地址确认书): front as the courts' common form, reverse 送达地址有关事项告知书.

Sources: CPL art. 90; INT arts. 135-137; EMS04 arts. 3-5, 11; 法发〔2017〕19号 arts. 1-9.
The version of the notice text is printed on both sides and returned, so that it is known which text was signed.
"""

from __future__ import annotations

from server.papers import rows, wording
from server.papers.forms import AddressForm
from server.papers.payload import Exhibits, Tree
from server.papers.wording import Value, Wording

_WAYS = (
    ("手机号码", "mobile"),
    ("传真号码", "fax"),
    ("电子邮件地址", "email"),
    ("微信号码", "wechat"),
    ("QQ号码", "qq"),
    ("诉讼服务平台账号", "platform"),
)
_LONG = ("电子邮件地址", "诉讼服务平台账号")


def tree(data: AddressForm, exhibits: Exhibits, words: Wording) -> Tree:
    """Everything `address_form.typ` prints."""
    values: dict[str, Value] = {
        "法院名称": data.court_name,
        "案号": data.case_number,
        "案由": data.cause,
        "当事人": data.party_name,
    }
    return rows.head(data, words) | {
        "party": data.party_name,
        "role": data.party_role,
        "notice": wording.fill(words.texts["notice"], values),
        "receiver": data.designated_receiver,
        "relation": data.receiver_relation,
        "id_kind": data.id_kind,
        "id_number": data.id_number,
        "address": data.address,
        "phone": data.phone,
        "postcode": data.postcode,
        "electronic_yes": data.accepts_electronic is True,
        "electronic_no": data.accepts_electronic is False,
        "electronic": [_way(label, getattr(data.electronic, name)) for label, name in _WAYS],
        "other": data.other_contact,
        "confirmation": wording.fill(words.texts["confirmation"], values),
        "signature": rows.signature(data.signature, exhibits, name="受送达人签名"),
        "signer": data.signer_name,
        "note": data.note,
        "staff_name": data.staff.name if data.staff else "",
        "staff_signature": rows.signature(data.staff.signature if data.staff else None, exhibits, name="工作人员签名"),
        "reverse_title": words.texts["reverse_title"],
        "reverse": wording.fill(words.texts["reverse"], values),
    }


def _way(label: str, value: str) -> Tree:
    return {"label": label, "value": value, "ticked": bool(value), "long": label in _LONG}
