"""The words of the figures in English and Chinese."""

from __future__ import annotations

_WORDS: dict[str, tuple[str, str]] = {
    "all": ("All goods", "全部货物"),
    "joint": ("Jointly selected goods", "双方均布控的货物"),
    "none": ("Goods that no agency selected", "未被布控的货物"),
    "only": ("{agency} alone", "仅{agency}"),
    "joint goods": ("jointly selected goods", "双方均布控的货物"),
    "all goods": ("all goods", "全部货物"),
    "under": ("{value} under {name}", "{name} {value}"),
    "under others": ("{value} under the other {n}", "其余{n}种方案 {value}"),
    "range": ("{low} to {high}", "{low} 至 {high}"),
    "separator": ("; ", "；"),
    "more than": ("more than {value}", "超过 {value}"),
    "days": ("{value} days", "{value} 天"),
    "replications": ("{n} replications of each scenario.", "每种方案模拟 {n} 次。"),
    "first only": (
        "Only the first {n} scenarios are drawn.",
        "仅画出前 {n} 种方案。",
    ),
    # welch
    "welch title": (
        "Clearance time from the empty port on: MSER leaves out {weeks} weeks",
        "自空港口开始的通关时间：MSER 去掉 {weeks} 周",
    ),
    "welch x": ("Week in which the clock starts", "计时开始所在周"),
    "welch y": ("Mean clearance time, hours", "平均通关时间，小时"),
    "welch weekly": ("weekly mean", "周均值"),
    "welch average": ("moving average", "移动平均"),
    "welch stated": ("the scenario's warm-up ends", "方案设定的预热期结束"),
    "welch suggested": ("MSER's warm-up ends", "MSER 建议的预热期结束"),
    "welch note": (
        "All goods; mean of {n} replications; moving average over {window} weeks. Weeks of public"
        " holidays rise too: they are no part of the start.",
        "全部货物；{n} 次模拟的均值；{window} 周移动平均。"
        "法定节假日所在周也会升高，与起始阶段无关。",
    ),
    # clearance
    "clearance title": (
        "Half of the {goods} are cleared within {states}",
        "{goods}半数在下列时间内放行：{states}",
    ),
    "clearance plain": ("Time to clearance by segment", "各类货物的通关时间"),
    "clearance x": ("Clearance time, days (hours in brackets)", "通关时间，天（括号内为小时）"),
    "clearance y": ("Share cleared", "已放行比例"),
    "clearance key": ("median / 90% cleared", "中位数 / 90% 放行"),
    "clock": (
        "From lodged and discharged to the last agency's release. Marks: median and 90%. Jointly"
        " examined: selected by more than one agency, in every scenario the same goods.",
        "自已申报且已卸船至最后一个机构放行。标记：中位数与 90%。"
        "双方均查验：由一个以上机构布控，各方案相同。",
    ),
    "beyond": (
        "Cut at {edge} days: at most {share} of any line lies beyond (slowest cleared: {slowest}"
        " days); still open when the run ended: {open}.",
        "横轴止于 {edge} 天：任一曲线至多 {share} 在此之外（最慢 {slowest} 天）；"
        "模拟结束时尚未放行：{open}。",
    ),
    "at most": ("at most {value}", "至多 {value}"),
    "nothing": ("none", "无"),
    "no quantiles": (
        "Quantiles are not in summary.json and not marked.",
        "摘要中没有分位数，故未标出。",
    ),
    # cost
    "cost title": (
        "Per TEU of {goods}, the trader bears {states}",
        "{goods}每标准箱由货主承担：{states}",
    ),
    "cost plain": ("Cost by party per TEU", "各方每标准箱的费用"),
    "cost x": ("Net position, {unit} per TEU", "净支出，{unit}/标准箱"),
    "cost of": ("Per TEU of {goods}", "每标准箱（{goods}）"),
    "total": ("Total resource cost", "资源成本合计"),
    "net": (
        "Net position = payments made − payments received + resources borne (labour,"
        " equipment, yard, time of the goods). Below zero: the party"
        " receives more than it bears. Transfers net to zero, so the net positions add up to the"
        " total resource cost (point).",
        "净支出＝支付－收入＋承担的资源成本（人工、设备、场地、货物时间）；小于零表示所得多于所担。转移支付相互抵消，"
        "各方净支出之和等于资源成本合计（点）。",
    ),
    "whiskers": ("Whiskers: {level} intervals.", "须线：{level} 区间。"),
    "trader": ("Trader", "货主"),
    "operator": ("Terminal operator", "码头经营人"),
    "agencies": ("Agencies", "查验机构"),
    "carrier": ("Carrier", "承运人"),
    "agent": ("Agent", "代理"),
    "public": ("Public purse", "财政"),
    "currency": ("currency units", "货币单位"),
    # yard
    "yard title": (
        "Yard area required, of the area given: {states}",
        "所需场地面积（占给定面积）：{states}",
    ),
    "yard state": ("{value} of {size} m²", "{value}/{size} 平方米"),
    "yard plain": ("Yard occupancy over the week", "一周内的场地占用"),
    "yard y": ("Area in use, thousand m²", "占用面积，千平方米"),
    "yard x": ("Hour of the week", "一周中的时刻"),
    "size": ("size {value} m² (input)", "面积 {value} 平方米（给定）"),
    "required": ("required {value} m²", "所需 {value} 平方米"),
    "mean": ("mean of the weeks", "各周平均"),
    "p95": ("95% of the weeks stay below", "95% 的周低于此线"),
    "fixed": ("fixed part (input)", "固定部分（给定）"),
    "size key": ("yard size (input)", "场地面积（给定）"),
    "required key": ("area required", "所需面积"),
    "yard note": (
        "Replication 0, {weeks} measured weeks, peak of each hour. Yard sizes and their fixed"
        " parts are inputs, not results.",
        "第 0 次模拟的 {weeks} 个统计周，取每小时峰值。"
        "场地面积及其固定部分是给定的输入，不是结果。",
    ),
    "required note": (
        "Area required: from a companion run with unlimited places, over {n} replications.",
        "所需面积：来自场地不受限的对照模拟，共 {n} 次。",
    ),
    "no fixed": (
        "The fixed part of a yard is not stored and not included in its curve.",
        "未存储固定部分的场地，其曲线不含固定部分。",
    ),
    "weekdays": ("Mon Tue Wed Thu Fri Sat Sun", "周一 周二 周三 周四 周五 周六 周日"),
    "no weekdays": (
        "day 1,day 2,day 3,day 4,day 5,day 6,day 7",
        "第1天,第2天,第3天,第4天,第5天,第6天,第7天",
    ),
}


def say(lang: str, key: str, **parts: object) -> str:
    """The words for `key` in 'en' or 'zh' with its parts put in. KeyError if there are none."""
    # Parts are names given by users: they are put in once and never read as a template.
    return _WORDS[key][lang == "zh"].format(**parts)


def known(key: str) -> bool:
    """Whether there are words for a key."""
    return key in _WORDS


def number(value: float, digits: int = 0) -> str:
    """A number with thousands set apart and a true minus sign; never '-0'."""
    text = f"{value:,.{digits}f}"
    if not text.strip("-0.,"):
        text = text.lstrip("-")
    return text.replace("-", "−")
