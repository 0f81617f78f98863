"""What ports call things: headers, activities and values, in Chinese and English."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from calibration.records import PLAIN, STAGES
from scenarios.ids import DEPTHS

AGENCIES = {
    "customs": "海关 customs cus hg",
    "quarantine": "检验检疫局 检验检疫 出入境检验检疫 国检 商检 检疫 quarantine ciq iq aqsiq",
    "maritime": "海事局 海事 maritime msa",
    "border-inspection": "边检 border_inspection",
    "border": "边检 border",
    "health": "卫生检疫 卫检 health",
    "agriculture": "动植检 agriculture",
}
_IDENTITY = {
    "container": "集装箱号 集装箱编号 箱号 柜号 container cntr ctr box unit equipment",
    "declaration": "报关单 报检单 申报单 报关号 报检号 申报号 单号 票号 declaration decl entry "
                   "consignment shipment",
}
_SIZE = "箱型尺寸 箱型 柜型 尺寸 箱类 箱种 尺码 size type iso_code iso_type feet"
_SELECTED = "布控 选查 抽中 抽查 抽检 命中 是否查验 selected selection targeted target flagged hold"
_DEPTH = "查验深度 深度 查验方式 查验程度 查验要求 掏箱比例 depth extent exam_level"
_ATTRIBUTES = {
    "grade": "企业信用等级 企业信用 信用等级 信用 企业类别 企业等级 aeo grade trader trader_grade "
             "credit_rating",
    "licensed": "涉证 许可证 监管证件 licensed licence license permit",
    "taxable": "涉税 应税 征税 taxable tax dutiable",
    "risk": "风险等级 风险 risk risk_level",
    "goods": "货物类别 商品类别 货类 品类 货物 商品 goods commodity cargo",
    "reefer": "冷藏 冷箱 冻柜 reefer refrigerated",
}

# (field or stage, side that the words say themselves, words). The first that fits is taken, so what
# is named by more comes first.
_TIMES: tuple[tuple[str, str, str], ...] = (
    ("clearance-form", "end", "通关单 出单 clearance_form clearance_certificate form_issued "
                              "clearance"),
    ("gate-out", "", "提离 提箱 提柜 提货 出闸 出卡口 出场 离场 离港 出港 gate_out gateout "
                     "out_gate gate_exit pick_up pickup picked_up departed departure exit left"),
    ("move-back", "", "移箱返回 移回 返堆 返场 回场 归位 回堆 move_back moved_back return "
                      "returned"),
    ("move-in", "end", "到场 进场 入场 到位 抵达查验场 进查验场 进入查验场 in_the_yard in_yard "
                       "yard_in yard_arrival arrived_at_yard arrived_in_yard arrived_yard "
                       "at_yard "
                       "on_site move_in_done"),
    ("move-in", "", "移箱 移柜 调箱 调柜 转场 吊柜 move_in moved_in move moved transfer shift"),
    ("devanning", "", "掏箱 拆箱 掏柜 掏货 devanning devan devanned unstuffing unstuff unstuffed "
                      "destuffing destuff destuffed stripping unpacking unpack unpacked"),
    ("restuffing", "", "复原 回装 装回 复箱 重装 恢复 restuffing restuff restuffed repacking "
                       "repack repacked restored"),
    ("papers", "start", "单证受理 受理 接单 taken_up accepted acceptance received docs_received"),
    ("papers", "end", "审结 审毕 审单通过 settled approved concluded"),
    ("papers", "", "审单 审核 单证 papers paper documents document documentary docs paperwork"),
    ("discharged", "", "卸船 卸箱 卸货 卸下 discharged discharge unloaded unload unloading landed"),
    ("examination", "", "查验 检查 验货 验箱 examination exam examined examine inspection "
                        "inspected inspect check checked"),
    ("release", "end", "放行 released release cleared"),
    ("lodged", "", "申报 报关 报检 递单 lodged lodgement lodging lodge declared declaration "
                   "submitted submission filed filing"),
    ("arrival", "", "到港 抵港 靠泊 靠港 船到 进港 抵达 到达 arrival arrived ata berthed berthing"),
)
_SIDES = (("start", "开始 起始 始 起 start started starting begin begun began from"),
          ("end", "结束 完成 完毕 终 止 毕 end ended finish finished complete completed done to"))
_USUAL_SIDE = {"papers": "start", "clearance-form": "end", "move-in": "start", "devanning": "start",
               "examination": "start", "restuffing": "end", "move-back": "start", "release": "end"}
_NUMBERED = "编号 号码 号 number no nr id code num"
_TIMED = "时间 日期 时刻 time date datetime timestamp at on when"
_LONG = {
    "activity": "环节 作业 操作 活动 动作 节点 事件 状态 工序 业务 activity event task step stage "
                "action milestone status",
    "agency": "部门 机构 单位 监管部门 口岸部门 agency authority department",
    "lifecycle": "生命周期 事件类型 lifecycle transition phase lifecycle_transition",
    "start": "开始时间 起始时间 开始 start_time start begin started start_timestamp begin_time",
    "end": "结束时间 完成时间 结束 end_time end finish finished complete end_timestamp finish_time "
           "complete_time completed",
    "time": "时间 发生时间 时刻 操作时间 timestamp time datetime date event_time time_stamp",
    "case": "case case_id caseid trace",
}

YES = frozenset("是 有 选中 已布控 布控 命中 查 查验 需查验 y yes true t 1 √ ✓ x selected".split())
NO = frozenset("否 无 未 未选中 未布控 不布控 未命中 不查 免查 n no false f 0 × - none".split())
_DEPTH_WORDS = {
    "scan": "机检 机检查验 扫描 过机 h986 scan scanned x-ray xray scanning nii",
    "door": "开箱门 开门 门检 箱门 外观 外形 表层 door doors tailgate open_door",
    "one-third": "1/3 三分之一 1/3掏箱 掏1/3 三一 one-third third 33% 1月3日 01-03 3-jan jan-03 "
                 "0.33 0.3333 1/3掏 掏箱1/3 one_third",
    "half": "1/2 二分之一 一半 半掏 半箱 掏1/2 1/2掏箱 half 50% 1月2日 01-02 2-jan jan-02 0.5 "
            "1/2掏 掏箱1/2",
    "full": "全掏 全部 全箱 彻底 彻底查验 掏空 全拆 full complete 100% 全掏箱 掏箱100% 1.0",
}
_VALUE_WORDS = {
    "advanced": "高级认证 高级认证企业 高级 aeo高级 aa aa类 advanced",
    "certified": "一般认证 一般认证企业 a a类 certified general_certified",
    "credit": "一般信用 一般信用企业 注册登记和备案企业 b b类 credit ordinary",
    "discredited": "失信 失信企业 c d c类 d类 discredited dishonest",
    "low": "低 低风险 l low", "medium": "中 中风险 m medium", "high": "高 高风险 h high",
    "general": "一般 一般货物 普通 普通货物 general ordinary other",
    "listed": "清单内 目录内 名录内 listed", "yes": " ".join(YES), "no": " ".join(NO),
}


@dataclass(frozen=True)
class Named:
    """What a header or an activity was taken for.

    field   canonical name; '' if none. For an agency's stage it has the side: start.STAGE.AGENCY
    stage, agency, side   its parts ('' where there are none); the side as the words say it
    part    of the header, how much the words account for: 1 all of it
    unsure  why the name may mean something else, or nothing
    """

    field: str = ""
    stage: str = ""
    agency: str = ""
    side: str = ""
    part: float = 0.0
    unsure: str = ""


def fold(text: str) -> str:
    """Without regard to case, width, outer space and quotes."""
    return unicodedata.normalize("NFKC", text[:200]).strip(" \t\r\n\ufeff\"'").casefold()


def plain_words(header: str) -> str:
    """A header as words apart from each other by single spaces, without what stands in brackets."""
    text = unicodedata.normalize("NFKC", header[:200]).replace("\ufeff", "")
    text = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", text).casefold()
    text = re.sub(r"[(\[【{][^)\]】}]*[)\]】}]", " ", text)
    text = re.sub(r"(?<=[^\x00-\x7f])(?=[\x00-\x7f])|(?<=[\x00-\x7f])(?=[^\x00-\x7f])", " ", text)
    return " ".join(re.findall(r"[a-z0-9]+|[^\W_a-z0-9]+", text))


def field_of(header: str, agencies: Sequence[str], attributes: Iterable[str]) -> Named:
    """What a header of a wide log, or an activity of a long one, stands for."""
    return _field_of(header, tuple(agencies), tuple(attributes))


@lru_cache(maxsize=5000)
def _field_of(header: str, agencies: tuple[str, ...], attributes: tuple[str, ...]) -> Named:
    exact = header.strip().casefold()
    if exact in fields_of(agencies, attributes):
        parts = exact.split(".")
        staged = len(parts) == 3
        return Named(exact, parts[1] if staged else "", parts[-1] if staged else "",
                     parts[0] if staged else "", 1.0)
    text = plain_words(header)
    if not text:
        return Named()
    agency, rest = _agency(text, agencies)
    numbered, timed = bool(_find(rest, _NUMBERED)), bool(_find(rest, _TIMED))
    if not timed:
        for name in attributes:
            if word := _find(text, f"{_ATTRIBUTES.get(name, '')} {name.replace('-', '_')}"):
                return Named(f"attribute.{name}", part=_part(word, text))
        if word := _find(rest, _SIZE) if not numbered else "":
            return Named("size", part=_part(word, text))
        for name, words in _IDENTITY.items():
            word = _find(rest, words)
            staged = bool(_time(rest)[0]) and not numbered and name == "container"
            if word and not staged:
                return Named(name, part=_part(word, text), agency=agency)
        if word := _find(rest, _DEPTH):
            return _of_agency("depth", agency, agencies, _part(word, text))
        if word := _find(rest, _SELECTED):
            return _of_agency("selected", agency, agencies, _part(word, text))
    return _stamp(text, rest, agency, agencies)


def fields_of(agencies: Iterable[str], attributes: Iterable[str]) -> list[str]:
    """Every canonical name of a wide log."""
    agencies = list(agencies)
    return ["container", "declaration", "size", *(f"attribute.{a}" for a in attributes),
            *(f"selected.{a}" for a in agencies), *(f"depth.{a}" for a in agencies), *PLAIN[:3],
            *(f"{side}.{stage}.{agency}" for agency in agencies for stage in STAGES
              for side in ("start", "end")), *PLAIN[3:]]


def long_field(header: str) -> str:
    """What a header of a long log stands for beside the fields of a wide one: '' nothing."""
    text = plain_words(header)
    for name, words in _LONG.items():
        if any(text == word.replace("_", " ") for word in words.split()):
            return name
    return ""


def _stamp(text: str, rest: str, agency: str, agencies: Sequence[str]) -> Named:
    name, side, word = _time(rest)
    if not name:
        return Named()
    left = rest.replace(word, " ", 1)
    for where, words in _SIDES:
        if said := _find(left, words):
            side, left = where, left.replace(said, " ", 1)
            break
    left = left.replace(_find(left, _TIMED) or "\0", " ", 1)
    part = 1.0 - _part(left, text)
    if name == "release" and not agency:
        name = "released"
    if name in PLAIN:
        return Named(name, "", agency, side, part)
    unsure = ""
    if not agency:
        if len(agencies) == 1 or name == "clearance-form":
            agency = "quarantine" if "quarantine" in agencies else agencies[0]
        else:
            unsure = "names no agency"
    where = side or _USUAL_SIDE[name]
    return Named(f"{where}.{name}.{agency}" if agency else "", name, agency, side,
                 part, unsure)


def _time(rest: str) -> tuple[str, str, str]:
    for name, side, words in _TIMES:
        if word := _find(rest, words):
            return name, side, word
    return "", "", ""


def _agency(text: str, agencies: Sequence[str]) -> tuple[str, str]:
    """The agency that a header names, and the header without it."""
    best = ("", "")
    for agency in agencies:
        word = _find(text, f"{AGENCIES.get(agency, '')} {agency.replace('-', '_')}")
        if len(word) > len(best[1]):
            best = agency, word
    return best[0], " ".join(text.replace(best[1], " ", 1).split()) if best[1] else text


def _of_agency(group: str, agency: str, agencies: Sequence[str], part: float) -> Named:
    if not agency and len(agencies) != 1:
        return Named(unsure="names no agency", part=part)
    return Named(f"{group}.{agency or agencies[0]}", agency=agency, part=part)


def _find(text: str, words: str) -> str:
    """The longest of the words that the text holds; English ones stand alone."""
    padded = f" {text} "
    return next((word.strip() for word in _longest_first(words) if word in padded), "")


@lru_cache(maxsize=200)
def _longest_first(words: str) -> tuple[str, ...]:
    """The words as they are looked for: English ones between spaces."""
    found = [word.replace("_", " ") for word in words.split()]
    return tuple(f" {w} " if w.isascii() else w for w in sorted(found, key=len, reverse=True))


def _part(word: str, text: str) -> float:
    return len(word.replace(" ", "")) / max(len(text.replace(" ", "")), 1)


def depth_of(text: str) -> str:
    """A depth as written -> its name, '' if it is none."""
    folded = fold(text).replace(" ", "")
    return _depths().get(folded, "")


def yes_no(text: str) -> str:
    """'yes', 'no' or ''."""
    folded = fold(text)
    return "yes" if folded in YES else "no" if folded in NO else ""


def value_of(text: str, known: Sequence[str]) -> str:
    """The one of the base's values that a text stands for, '' if none."""
    folded = fold(text)
    for value in known:
        words = _VALUE_WORDS.get(value, "").split()
        if folded == fold(value) or folded in (word.replace("_", " ") for word in words):
            return value
    return ""


@lru_cache(maxsize=1)
def _depths() -> Mapping[str, str]:
    table = {depth: depth for depth in DEPTHS}
    for depth, words in _DEPTH_WORDS.items():
        table |= dict.fromkeys(words.replace("_", " ").split(), depth)
    return table
