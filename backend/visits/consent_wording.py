"""What the administrator may publish as it stands, or change to what his lawyers say."""

ZH = """\
为核实拜访，外勤仅在您本人点击签到、签退时获取一次位置（最多五个定位样本，含精度、时间与来源），不在后台跟踪。
位置供您本人和负责审核的主管查看；他人每次查看精确位置都会留下记录。精确位置在企业设定的期限后自动模糊。
您可随时在“我的”中撤回同意；撤回后不能签到，此前的记录按上述期限保留。"""
EN = """\
To confirm visits, Waiqin takes your position only when you yourself tap check-in or check-out (up to five samples with
accuracy, time and source). There is no background tracking. You and the managers who review visits can see it; each
look of somebody else at the exact position is recorded. After the period set by your company it is coarsened.
You may withdraw your consent at any time; you cannot check in then, and earlier records are kept for that period."""
