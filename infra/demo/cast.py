"""Who can be played in the demo."""

from dataclasses import dataclass

PASSWORD = "waiqin-demo-2026"
"""Of everybody in the demo. Known to all the world, so there is no demo in production."""


@dataclass(frozen=True, slots=True)
class Member:
    """`wecom` is the user id in the simulated WeCom (data/wecom.json)."""

    company: str
    number: str
    name: str
    role: str
    wecom: str = ""


LI = Member("demo", "1002", "李雷 Li Lei", "业务员 rep", "LiLei")
HAN = Member("demo", "1001", "韩梅梅 Han Meimei", "主管 manager", "HanMeimei")
WANG = Member("demo", "1003", "王芳 Wang Fang", "财务 finance", "WangFang")
ZHAO = Member("demo", "1004", "赵强 Zhao Qiang", "其他大区业务员 rep of another region", "ZhaoQiang")
QIAN = Member("demo", "1005", "钱进 Qian Jin", "管理员 administrator", "QianJin")
SUN = Member("acme", "1002", "孙丽 Sun Li", "另一家企业的业务员 rep of another company")
EVERYBODY = (LI, HAN, WANG, ZHAO, QIAN, SUN)
