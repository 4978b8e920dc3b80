"""Why an item is what it is: one code, one sentence in Chinese, one in English."""

from __future__ import annotations

from dataclasses import dataclass

OK, UNPROVEN, MISSING, ALTERED = "OK", "UNPROVEN", "MISSING", "ALTERED"
VERDICTS = (OK, UNPROVEN, MISSING, ALTERED)  # mildest first
VERDICT_ZH = {OK: "完好", UNPROVEN: "无法证明", MISSING: "缺失", ALTERED: "被改动"}

# code → (verdict, Chinese, English); a verdict of OK is a remark: true, worth knowing, no fault.
WORDS: dict[str, tuple[str, str, str]] = {
    "file.missing": (MISSING, "缺少文件 {what}", "the file {what} is not there"),
    "file.altered": (ALTERED, "文件 {what} 与清单登记的摘要或大小不符", "the file {what} is not the one listed"),
    "listing.bad": (ALTERED, "清单中的这一项格式不正确", "this row of the listing is malformed"),
    "listing.differs": (
        ALTERED, "清单与登记清单不一致：{what}", "the listing and the manifest disagree: {what}"),
    "listing.doubled": (ALTERED, "清单中编号重复：{what}", "listed twice: {what}"),
    "manifest.missing": (
        UNPROVEN, "接收时没有形成登记清单", "no manifest was made when it was received"),
    "manifest.bad": (ALTERED, "登记清单不是规范格式", "the manifest is not in canonical form"),
    "original.differs": (
        ALTERED, "原始文件的摘要与登记清单不符", "the original is not the one in the manifest"),
    "entry.missing": (
        UNPROVEN, "尚未登记入法院日志", "not in the court's log yet"),
    "entry.bad": (ALTERED, "法院日志记录不是规范格式", "the log row is not in canonical form"),
    "entry.differs": (
        ALTERED, "法院日志记录与登记清单不符：{what}", "the log row and the manifest disagree: {what}"),
    "proof.bad": (ALTERED, "包含证明格式不正确", "the inclusion proof is malformed"),
    "proof.fails": (
        ALTERED, "包含证明不能推出检查点的根：该记录不在法院日志中",
        "the inclusion proof does not lead to the checkpoint's root: the row is not in the log"),
    "checkpoint.missing": (UNPROVEN, "证据包中没有检查点", "there is no checkpoint in the bundle"),
    "checkpoint.bad": (
        ALTERED, "检查点格式或签名不正确", "the checkpoint is malformed or its signature is wrong"),
    "envelope.differs": (
        ALTERED, "拍摄时的签名内容与登记清单不符", "the signed capture is not the one in the manifest"),
    "envelope.lost": (
        MISSING, "登记清单载有拍摄时签名，包内却没有", "the manifest names a signed capture that is not there"),
    "envelope.added": (
        ALTERED, "登记清单没有拍摄时签名，包内却有", "there is a signed capture the manifest does not name"),
    "envelope.unsigned": (
        UNPROVEN, "拍摄时的签名与设备公钥不符", "the capture is not signed with the device's key"),
    "envelope.bad": (UNPROVEN, "拍摄时的签名内容无法读取", "the signed capture cannot be read"),
    "envelope.other": (
        UNPROVEN, "拍摄时签名的不是这份材料：{what}", "what was signed is another item: {what}"),
    "ticket.missing": (
        UNPROVEN, "没有法院签发的取证凭证", "there is no ticket issued by the court"),
    "ticket.bad": (
        UNPROVEN, "取证凭证不是法院签发，或者已被改动", "the ticket is not the court's, or was changed"),
    "ticket.differs": (
        UNPROVEN, "取证凭证与拍摄时的签名内容不符：{what}", "the ticket does not fit the signed capture: {what}"),
    "chain.broken": (
        ALTERED, "拍摄次序的链条断开：前一份材料的签名内容不符",
        "the chain of captures is broken: the one before is not the one named"),
    "chain.doubled": (
        UNPROVEN, "同一取证凭证下拍摄序号重复", "two captures have the same number under one ticket"),
    "late.stamp": (
        UNPROVEN, "清单所称的收到时间晚于检查点的时间戳",
        "it is said to have come after the time-stamp of the checkpoint that holds it"),
    "key.untrusted": (
        UNPROVEN, "签名公钥不在所给的可信公钥之中", "signed with a key that is not among the trusted ones"),
    "signature.bad": (
        UNPROVEN, "证据包清单的法院签名无效，无法担保此文件",
        "the court's signature over the listing does not hold, nothing vouches for this file"),
    # the bundle itself
    "bundle.note": (
        ALTERED, "法院对证据包清单的签名缺失、无效，或清单已被改动（可能有材料被删去、加入或替换）",
        "the court's signature over the listing is missing or wrong: items may have been dropped, added or replaced"),
    "bundle.listing": (ALTERED, "清单 bundle.json 无法读取", "bundle.json cannot be read"),
    "bundle.key": (
        ALTERED, "包内公钥与法院名称不符或格式不正确", "the key in the bundle is malformed or not of this court"),
    "bundle.container": (
        ALTERED, "压缩包不是法院制作的原样（自第{what}字节起）：可能被重新压缩、截断、追加或改动",
        "the zip is not in the form the court wrote (from byte {what} on): packed anew, cut, appended to or changed"),
    "bundle.unsafe": (
        ALTERED, "压缩包结构不安全：{what}", "the zip is built in an unsafe way: {what}"),
    "bundle.extra": (ALTERED, "压缩包中有清单之外的文件：{what}", "a file that is not listed: {what}"),
    "bundle.order": (ALTERED, "压缩包中文件的次序被调换", "the files of the zip are not in the listed order"),
    "bundle.crc": (ALTERED, "压缩包中的校验码与内容不符：{what}", "a checksum of the zip does not fit: {what}"),
    "bundle.sums": (ALTERED, "SHA256SUMS 与清单不符", "SHA256SUMS does not agree with the listing"),
    "stamp.wrong": (
        ALTERED, "时间戳不是这个检查点的，或者已被改动", "the time-stamp is not of this checkpoint, or was changed"),
    "stamp.untrusted": (
        UNPROVEN, "时间戳证书不能追溯到所给的可信根证书", "the time-stamp does not chain to a trusted root"),
    # remarks
    "remark.no_envelope": (
        OK, "没有拍摄时签名：只能证明法院收到之后未被改动", "no signed capture: proven unaltered since receipt only"),
    "remark.gallery": (OK, "取自相册，并非当场拍摄", "taken from the gallery, not shot on the spot"),
    "remark.chain_gap": (
        OK, "同一取证凭证下的前一份材料不在包内", "the capture before it under the same ticket is not in this bundle"),
    "remark.own_key": (
        OK, "未给出可信公钥：以下结论以包内公钥为准，请通过其他途径核对公钥指纹",
        "no trusted key was given: all of this rests on the key in the bundle; compare its fingerprint by other means"),
    "remark.no_stamp": (
        OK, "检查点没有时间戳：时间只由法院自己说明", "the checkpoint has no time-stamp: only the court says when"),
    "remark.court_stamp": (
        OK, "时间戳由法院自己的系统签发，不是第三方时间戳",
        "the time-stamp was issued by the court's own system, not by a third party"),
    "remark.own_roots": (
        OK, "未给出可信根证书：时间戳以包内证书为准",
        "no trusted roots were given: the time-stamp rests on the bundle's"),
    "remark.absent": (
        OK, "手机登记过、但不在本包内的材料{what}件（见 index.html）",
        "{what} item(s) the phones reported are not in this bundle (see index.html)"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that was found; `what` fills the sentence."""

    code: str
    what: str = ""

    @property
    def verdict(self) -> str:
        return WORDS[self.code][0]

    @property
    def zh(self) -> str:
        return WORDS[self.code][1].format(what=self.what)

    @property
    def en(self) -> str:
        return WORDS[self.code][2].format(what=self.what)

    def document(self) -> dict[str, str]:
        """For JSON."""
        return {"code": self.code, "verdict": self.verdict, "zh": self.zh, "en": self.en}


def worst(reasons: list[Reason]) -> str:
    """The gravest verdict among them, OK when there is none."""
    return max((one.verdict for one in reasons), key=VERDICTS.index, default=OK)
