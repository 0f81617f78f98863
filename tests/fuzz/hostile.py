"""Words that a file may hold where a number, a date or a name is expected: a catalogue."""

from __future__ import annotations

RAW_SCALARS = (
    "", "~", "null", ".nan", ".inf", "-.inf", "1e400", "-1e400", "1e-400", "NaN", "Infinity",
    "0", "-0.0", "-1", "1", "2", "0.5", "1.5", "5e-324", "1e-12", "1e9", "1e12", "1e308",
    "999999", "1000000", "123456789012345678901234567890", "0x1F", "0o17", "1_000", "1,5",
    "1.2.3", "true", "yes", "[]", "{}", "[[[]]]", "[{}]", "{a: 1}", "[0, 0]", "{value: 1}",
    "{value: 12 min, range: [9 min]}", "{distribution: gamma}",
    "{distribution: lognormal, mean: 1e9 h, cv: 20}",
    "{distribution: lognormal, median: 1 min, sigma: 5}",
    "{distribution: weibull, mean: 2 h, cv: 20}",
    "{distribution: gamma, shape: 0.05, scale: 1000 h}",
    "{distribution: empirical, values: [0 min, 1e12 min], weights: [1, 0]}",
    "{distribution: uniform, low: 0 min, high: 1e12 weeks}",
    "{distribution: geometric, mean: 1000}", "{distribution: poisson, mean: 1}",
    '"\\0"', '"\\e[31m"', '"\\ud800"', '"\\U0001F600"', '"\\u202e\\u200f"', '"\\ufeff"',
    "'" + "a" * 5000 + "'", "../../../etc/passwd", "library:../../../etc/passwd", "/dev/zero",
    "!!python/object/apply:os.system [ls]", "!!binary aGk=", "!t x", "&a b", "*a", "<<",
    "2015-02-30", "0001-01-01", "9999-12-31", "2100-12-31", "1990-01-01", "2015-06-01T00:00Z",
    "12 min", "-3 min", "0 min", "1 s", "1e-9 s", "1e12 h", "1e11 weeks", "nan min", "12 parsecs",
    "12 m2", "0 m2", "1e12 m2", "-1 m2", "420 CNY", "1e12 CNY", "0 CNY", "420 EUR", "60 CNY/h",
    "520 weeks", "1 week", "0 weeks", "104 weeks", "from-log",
    '"24:00"', '"00:00"', '"25:00"', '"08:30-12:00"', '"00:00-24:00"', "mon-sun", "Asia/Shanghai",
    "'unclosed", '"unclosed', "{a: 1", "[1, 2", "@x", "`x`", "%x", "|", ">-", "? x", "- x", "#",
    "x: y: z", "\tx", "١٢ min", "１２ min", "²", "½ h", "=1+1", "${HOME}", "$(ls)", "C:\\x",
    "joint", "all", "none", "customs", "quarantine", "quarantine+customs", "office",
    "evening-in", "one-stop", "xiamen-2015", "Customs", "a" * 61, "customs.x", "x-", "-x",
    "constant", "suspend", "hand-over", "from-slot", "kept", "simulate", "selected",
    "single", "parallel", "chained", "shared", "per-agency", "serial", "aligned", "own", "pooled",
    "restated", "divided", "on", "off", "chain", "atomic", "session", "US", "CN", "ZZ",
)
"""YAML text put in the place of a value, as it stands."""

CELLS = (
    "", " ", "-", "--", "/", "null", "NaN", "N/A", "无", "=1+1",
    "=cmd|' /C calc'!A0", "+1", "@SUM(1)",
    "0", "-1", "1E+16", "9" * 80, "a" * 300, "0001-01-01 00:00", "9999-12-31 23:59",
    "1970-01-01 00:00", "2099-12-31 23:59:59", "2015-02-30 10:00", "2015-04-15", "2015-04-15 24:00",
    "15/04/2015 10:00", "04/15/2015 10:00", "2015-04-15T10:00:00Z", "2015-04-15 10:00+08:00",
    "42109.4", "1429063200", "2015-04-15 10:00", "2015/4/15 10:00", "2015年4月15日 10:00",
    "20150415 10:00", "2016-04-15 10:00", "是", "否", "yes", "no", "YES ", "TRUE", "0.0", "maybe",
    "全掏", "1/2", "开箱门", "full", "door", "20GP", "22G1", "45G1", "L5G1", "53HC", "ZZ",
    "CSQU3054383", "CSQU3054384", "csqu 305438-3", "CSQU305438", "ABC", "高级认证", "一般信用",
    "失信", "unknown", "\u202eabc", "\u200f", "\ufeff", "\u3000",
    "a\nb", "a\r\nb", 'a"b', "a,b", "a;b",
    "\t", "\x07", "\x1b[31m", "\u2028", "😀", "ＣＳＱＵ３０５４３８３", "line 2", "NONE",
)
"""Texts put into a cell of a log."""

DELIMITERS = (";", "\t", "|", " ", ":", "，")
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "gb18030", "gbk", "big5",
             "latin-1", "cp1252", "shift_jis", "utf-7")
LINE_ENDS = ("\n", "\r\n", "\r", "\n\r", "\x0b", "\u2028", "\n\n")

SETS = (
    "", "=", "a", ".=1", "..=", "a.b", "yard.slot", "yard.slot=", "yard.slot=-1 m2",
    "yard.slot=1e400 m2", "yard=1", "yard={}", "traffic=null", "traffic.log=.", "traffic.log=/",
    "traffic.log=" + "a" * 5000, "traffic.log=../../../etc/passwd", "traffic.log=library:..",
    "traffic.log=library:../../x.csv", "traffic.log=library:port-log.csv", "traffic.log=\0",
    "traffic.log={}", "tariffs.0=1", "tariffs.-1.payer=trader", "tariffs.1e3.payer=x",
    "tariffs.999999999999999999999.payer=x", "tariffs=[]", "tariffs={}", "order=[]",
    "order=[customs, customs]", "order.5=x", "agencies=", "agencies={}", "regime={}",
    "regime.officers=1", "regime.officers=3", "regime.site=shared", "run.start=from-log",
    "run.measured=from-log", "run.measured=520 weeks", "run.drain=104 weeks",
    "run.warmup=1e9 weeks", "run.time_zone=../../etc/passwd", "run.time_zone=UTC",
    "run.time_zone=Africa/Monrovia", "calendars.office.holidays=US", "calendars.office.weekly={}",
    "calendars.office.weekly={sun: ['00:00-24:00']}", "calendars.office.time_zone=America/New_York",
    "calendars.evening-in.weekly={sat: ['23:59-24:00']}", "move.cutoff=24:00",
    "traffic.calls.per_week=1e-9", "traffic.calls.per_week=1e9",
    "traffic.consignments_per_week=1e-9", "traffic.consignments_per_week=1e6",
    "traffic.calls.size_cv=5", "traffic.reefer=1", "selection.simulate=all", "study.level=0.999999",
    "study.primary=[]", "study.primary=[{measure: x}]", "published=[]", "name=../../x",
    "name=" + "a" * 300, "name=a+b", "title={en: '', zh: ''}", "extends=xiamen-2015",
    "schema=onestop.scenario/9", "kind=regime", "joint.call=chain", "yard.return_place=from-slot",
    "traffic.boxes=[{number: 1000}]", "traffic.columns.container=箱号", "traffic.encoding=utf-16",
    "traffic.encoding=rot13", "traffic.encoding=idna", "traffic.encoding=zlib",
    "agencies.customs.officers=17", "layout.shared=null", "a." * 50 + "b=1", "x" * 5000 + "=1",
    "yard.slot={a: {b: [" + "[" * 100 + "]", "yard.slot=&a 1", "yard.slot=!!x 1", "yard.slot=*a",
    "yard.slot=1\nb: 2", "yard.slot=---", "yard.slot=...\nx", "\udcff=1", "yard.slot=\udcff",
)
"""Arguments of --set; a lone surrogate is what Python makes of a byte that is no UTF-8."""

OPTIONS = (
    ("--replications", "0"), ("--replications", "-1"), ("--replications", "1e3"),
    ("--replications", "999999999999"), ("--seed", "-1"), ("--seed", "9" * 40), ("--seed", ""),
    ("--workers", "0"), ("--workers", "x"), ("--workers", "99999"), ("--engine", "x"),
    ("--events", ""), ("--regime", ""), ("--regime", "+"), ("--regime", "one-stop+"),
    ("--regime", "one-stop+one-stop"), ("--regime", "../x"), ("--regime", "port-log"),
    ("--regime", "a\0b"), ("--regime", "separate" + "+separate" * 200), ("--out", ""),
    ("--out", "."), ("--out", ".."), ("--out", "\0"), ("--out", "a" * 300), ("--out", "file.yaml"),
    ("--out", "a/b/c/d"), ("--out", "out.partial"), ("--out", "-x"),
    ("--out", "a b;c"), ("--resume", "."), ("--resume", "file.yaml"), ("--resume", ""),
    ("--resume", "none.partial"), ("--nonsense",), ("--set",), ("--",), ("-",), ("",), ("\0",),
)
"""Options and words of `run`; every place to write to lies inside the case's own folder."""
