"""The papers a person may ask for, and what they are asked to type for each."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Field:
    """One thing to type. `kind`: text, long, day, number, choice, lines (a list of texts)."""

    name: str
    label: str
    kind: str = "text"
    required: bool = False
    choices: tuple[tuple[str, str], ...] = ()  # (code, Chinese)
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """How a kind of paper is asked for. `about`: task, recipient or attempt (of the recipient that must be named)."""

    kind: str
    about: str
    fields: tuple[Field, ...] = ()


_ATTEMPT = Field("attempt_id", "哪一次送达", hint="不填时取最近一次")
_REGION = Field(
    "region",
    "受送达人所在地",
    "choice",
    choices=(("domestic", "境内"), ("abroad", "境内无住所"), ("hkmo", "香港、澳门"), ("taiwan", "台湾")),
    hint="不填时按登记的受送达人情况",
)
_CONTACT = (
    Field("contact_name", "法院联系人", hint="不填时为书记员"),
    Field("contact_phone", "联系电话"),
    Field("court_address", "法院地址"),
    Field("court_postcode", "邮编"),
)
_SCENE = (
    _ATTEMPT,
    Field("present", "在场人及关系", "lines", hint="一行一人，例如：李某乙（配偶）"),
    Field("course", "经过", "long", hint="不填时取登记的情况说明"),
    Field("witness_name", "见证人", hint="手工登记的送达填写；上门送达取自送达结果"),
    Field("witness_organisation", "见证人单位、职务"),
    Field("court_staff", "在场的审判人员、书记员", "lines"),
    Field("witness_declined", "见证人不愿到场或者见证的情形", "long"),
)
_FORMS = (
    Form("report", "task"),
    Form(
        "address_form",
        "recipient",
        (
            Field("designated_receiver", "指定签收人"),
            Field("receiver_relation", "与当事人关系"),
            Field("accepts_electronic", "是否接受电子送达", "choice", choices=(("yes", "是"), ("no", "否"))),
            Field("mobile", "接收电子送达的手机号码"),
            Field("email", "电子邮件地址"),
            Field("wechat", "微信号码"),
            Field("other_contact", "其他联系方式"),
            Field("note", "备注", "long"),
        ),
    ),
    Form("leaving_record", "attempt", _SCENE),
    Form("work_record", "attempt", _SCENE),
    Form(
        "statement",
        "recipient",
        (
            Field("explanation", "需要说明的情况", "long", required=True),
            Field("addressee", "致送", hint="不填时为承办法官"),
            Field("attachments", "附件", "lines"),
        ),
    ),
    Form(
        "announcement",
        "recipient",
        (
            Field(
                "about",
                "公告内容",
                "choice",
                required=True,
                choices=(
                    ("complaint", "起诉状副本"),
                    ("summons", "开庭传票"),
                    ("complaint_summons", "起诉状副本及开庭传票"),
                    ("third_party", "通知第三人参加诉讼"),
                    ("appeal", "上诉状副本"),
                    ("judgment", "裁判文书"),
                ),
            ),
            Field("reason", "公告送达的原因", "long", required=True, hint="民诉法解释第一百三十九条要求写明"),
            Field("gist", "起诉（上诉）要点或者裁判主要内容", "long", required=True),
            Field("plaintiff", "原告（上诉人）", hint="不填时取案件当事人"),
            Field("defendant", "被告（被上诉人）", hint="不填时取案件当事人"),
            Field("third_party", "第三人"),
            _REGION,
            Field("evidence_days", "举证期限（公告期满后几日内）", "number"),
            Field("hearing_days", "公告期满后第几日开庭", "number"),
            Field("hearing_time", "开庭时间", hint="例如 09:30"),
            Field("hearing_place", "开庭地点"),
            Field("decision_number", "裁判文书案号", hint="不填时为本案案号"),
            Field("decision_title", "裁判文书名称", hint="例如 民事判决书"),
            Field("appeal_court", "上诉法院", hint="可以上诉的裁判文书须填写"),
            Field("final", "是否终审", "choice", choices=(("yes", "是，不得上诉"), ("no", "否，可以上诉"))),
            *_CONTACT,
        ),
    ),
    Form(
        "entrust_letter",
        "recipient",
        (
            Field("to_court", "受托法院", required=True),
            Field("reason", "委托的原因", "long", required=True),
            Field("decision", "所送裁判文书的日期和案号"),
            _REGION,
            *_CONTACT,
        ),
    ),
    Form(
        "assist_letter",
        "recipient",
        (
            Field("to_organisation", "协助单位", required=True),
            Field("items", "请求查明的事项", "lines", required=True, hint="一行一项，例如：户籍地址"),
            Field("reason", "协查的原因", "long", required=True),
            Field("reply_within_days", "请在几日内回复", "number"),
            *_CONTACT,
        ),
    ),
    Form(
        "notice",
        "recipient",
        (
            Field("url", "二维码网址", hint="不填时为当事人门户"),
            Field("collect_at", "领取地点"),
            Field("collect_hours", "领取时间"),
            Field("collect_until", "领取截止日期", "day"),
            *_CONTACT,
        ),
    ),
    Form("e_voucher", "attempt", (_ATTEMPT,)),
    Form("exhaustion", "recipient"),
)
FORMS: dict[str, Form] = {one.kind: one for one in _FORMS}
