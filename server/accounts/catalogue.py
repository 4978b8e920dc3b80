"""Every permission code there is: its Chinese label, its class, and which menu or button it stands for.

Classes keep duties apart (三员分立, GB/T 22239-2019 8.1.5.1): whoever holds a code of class `system`, `security` or
`audit` holds none of the other two and none of class `case`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

CASE, PEOPLE, SYSTEM, SECURITY, AUDIT, COMMON = "case", "people", "system", "security", "audit", "common"
SEPARATED = (SYSTEM, SECURITY, AUDIT)
CLASS_LABELS = {
    CASE: "送达业务",
    PEOPLE: "人员管理",
    SYSTEM: "系统管理",
    SECURITY: "安全管理",
    AUDIT: "安全审计",
    COMMON: "通用",
}


@dataclass(frozen=True, slots=True)
class Code:
    """One permission. `group` is the menu it belongs to."""

    code: str
    label: str
    duty: str
    group: str


_TABLE = (
    # code, label, class, menu
    ("session.finish", "完成登录", COMMON, "账号"),
    ("me.view", "查看和管理本人账号", COMMON, "账号"),
    ("imports.view", "查看导入记录", CASE, "导入"),
    ("imports.create", "导入任务和人员清单", CASE, "导入"),
    ("tasks.view", "查看送达任务", CASE, "任务"),
    ("tasks.review", "审核送达任务", CASE, "任务"),
    ("tasks.edit", "撤回任务、合并拆分受送达人、登记受送达人情况", CASE, "任务"),
    ("attempts.edit", "登记各渠道送达、变更送达方式", CASE, "任务"),
    ("todos.work", "查看和办理待办", CASE, "待办"),
    ("effects.confirm", "确认送达效力（审判人员、书记员）", CASE, "效力"),
    ("effects.decide", "决定送达效力、批准公告（承办法官）", CASE, "效力"),
    ("rules.view", "查看本院送达规则", CASE, "规则"),
    ("rules.edit", "起草本院送达规则", CASE, "规则"),
    ("rules.approve", "批准本院送达规则", CASE, "规则"),
    ("parties.search", "按证件号或电话查找当事人", CASE, "任务"),
    ("personal.unmask", "查看完整的证件号、电话和地址", CASE, "任务"),
    ("privacy.shred", "销毁当事人个人信息", CASE, "任务"),
    ("dispatch.view", "查看派单日程", CASE, "派单"),
    ("dispatch.plan", "筛选和规划派单", CASE, "派单"),
    ("dispatch.publish", "发布派单方案", CASE, "派单"),
    ("dispatch.assign", "调整派单", CASE, "派单"),
    ("roster.view", "查看排班", CASE, "派单"),
    ("roster.edit", "编辑排班", CASE, "派单"),
    ("reviews.view", "查看送达结果审核", CASE, "审核"),
    ("reviews.decide", "审核送达结果", CASE, "审核"),
    ("evidence.view", "查看证据材料", CASE, "审核"),
    ("evidence.decide", "处理迟到证据材料", CASE, "审核"),
    ("evidence.import", "导入手机应急导出包", CASE, "审核"),
    ("evidence.export", "导出证据包、查看存证证明", CASE, "审核"),
    ("watch.view", "查看送达异常提示", CASE, "监督"),
    ("watch.decide", "处理送达异常提示", CASE, "监督"),
    ("papers.view", "查看和下载文书", CASE, "审核"),
    ("papers.make", "制作文书", CASE, "审核"),
    ("papers.seal", "加盖电子印章", CASE, "文书"),
    ("papers.archive", "导出案件送达档案", CASE, "文书"),
    ("wordings.edit", "起草文书用语", CASE, "文书"),
    ("wordings.approve", "批准文书用语", CASE, "文书"),
    ("overview.view", "查看辖区送达概况", CASE, "概况"),
    ("phone.work", "使用送达小程序", CASE, "小程序"),
    ("judge.view", "查看本人案件的送达进度", CASE, "法官端"),
    ("people.view", "查看人员", PEOPLE, "人员"),
    ("people.edit", "登记、修改、停用人员和保密协议", PEOPLE, "人员"),
    ("people.bind", "发放小程序绑定码", PEOPLE, "人员"),
    ("people.grant", "授予和收回角色、用户组、借调", PEOPLE, "人员"),
    ("sessions.end", "结束他人的登录、重置密码和双因素、挂失手机", PEOPLE, "人员"),
    ("groups.view", "查看用户组", PEOPLE, "用户组"),
    ("groups.edit", "编辑用户组", PEOPLE, "用户组"),
    ("roles.view", "查看角色和权限", PEOPLE, "角色"),
    ("roles.edit", "编辑本院角色", PEOPLE, "角色"),
    ("courts.view", "查看法院和庭室", PEOPLE, "法院"),
    ("divisions.edit", "编辑庭室", PEOPLE, "法院"),
    ("courts.edit", "编辑法院目录", SYSTEM, "法院"),
    ("keys.view", "查看加密密钥状态", SYSTEM, "密钥"),
    ("keys.rotate", "轮换加密密钥", SYSTEM, "密钥"),
    ("alerts.view", "查看安全告警", SECURITY, "告警"),
    ("alerts.settle", "处理安全告警", SECURITY, "告警"),
    ("audit.view", "检索操作日志", AUDIT, "日志"),
    ("audit.export", "导出操作日志", AUDIT, "日志"),
    ("audit.verify", "校验操作日志", AUDIT, "日志"),
)

CODES: dict[str, Code] = {row[0]: Code(*row) for row in _TABLE}


def known(codes: Iterable[str]) -> frozenset[str]:
    """Those that exist: a code that a later version dropped gives nothing."""
    return frozenset(code for code in codes if code in CODES)


def conflict(codes: Iterable[str]) -> tuple[str, str] | None:
    """Two classes of these codes that one person may not hold together, as Chinese labels; None when they may."""
    duties = {CODES[code].duty for code in codes if code in CODES}
    separated = [duty for duty in SEPARATED if duty in duties]
    if len(separated) > 1:
        return CLASS_LABELS[separated[0]], CLASS_LABELS[separated[1]]
    if separated and CASE in duties:
        return CLASS_LABELS[separated[0]], CLASS_LABELS[CASE]
    return None
