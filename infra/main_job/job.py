"""The six steps of the main job and a look over the fence, each with what must be true after it."""

import random
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from infra.demo import cast, notes
from infra.demo.own import read_own
from infra.main_job.caller import Caller, Phone, Reply
from infra.main_job.erp import Erp, life_of
from infra.main_job.rep import Rep
from infra.main_job.track import Fix
from infra.main_job.transcript import Transcript, until

TEA, CAKE, WAREHOUSE = "CN001", "CN006", "BJ"
FAR_CUSTOMER = "BJ003"
SAMPLES = 4
ANOTHER_SECRET = "whsec_" + "QUJD" * 8
ERP_CARDS = ("已确认", "已发货", "已开票", "已收款")


class MainJob:
    """One run against the server at `url`; every run makes documents of its own, so it may be repeated.

    `run_dir` is the server's: there the seed left what the ERP must know. FileNotFoundError where it did not.
    """

    def __init__(self, url: str, *, run_dir: Path, track: Sequence[Fix], transcript: Transcript) -> None:
        left = notes.read(run_dir)
        self.transcript, self.check = transcript, transcript.check
        self.li = Rep(url, transcript, track[:SAMPLES])
        self.han, self.zhao, self.sun = (Phone(url, member, transcript) for member in (cast.HAN, cast.ZHAO, cast.SUN))
        self.erp = Erp(url, left, transcript, run_dir=run_dir)
        self.wecom = Caller(left.wecom, "WeCom", transcript)
        self.goods = {product.code: product for product in read_own("demo").products}
        self.made: dict[str, str] = {}
        """Paths of what only Li Lei's line may see."""

    def run(self) -> None:
        plans = self.morning()
        visit, customer = self.visits(plans)
        self.expense(visit)
        self.order(visit, customer)
        self.stock()
        self.told()
        self.over_the_fence()

    def morning(self) -> list[dict[str, Any]]:
        self.transcript.step("1  李雷登录，看今天 · Li Lei logs in and looks at his day")
        first = self.li.log_in()
        self.check(first.status == 200 and first["expires_in"] == 900, "访问令牌 15 分钟 · an access token, 15 minutes")
        renewed = self.li.refresh()
        self.check(renewed["refresh_token"] != first["refresh_token"], "刷新令牌一次一换 · a new refresh token")
        today = self.li.get("/me/today")
        if today["open_visit"]:  # an earlier run was interrupted
            self.li.finish(today["open_visit"]["id"])
        self.check(len(today["plans"]) == 2, "今天两个拜访计划 · two visits are planned")
        self.check(isinstance(today["open_tasks"], int), "待办数 · a count of open tasks")
        self.check(isinstance(today["unread_notifications"], int), "未读数 · a count of unread notifications")
        for phone in (self.han, self.zhao, self.sun):
            phone.log_in()
        self.check(self.han.get("/me/today")["open_tasks"] >= 1, "韩梅梅有待办 · something waits for Han Meimei")
        plans: list[dict[str, Any]] = today["plans"]
        return plans

    def visits(self, plans: list[dict[str, Any]]) -> tuple[str, str]:
        """The first visit and its customer."""
        self.transcript.step("2  拜访：签到、照片、小结、签退 · Visits: check-in, photo, summary, check-out")
        first, second = plans
        visit = self.li.new_visit(plan=first)
        there = self.li.check_in(visit)
        self.check(there["verdict"] == "verified", f"距客户 {there['distance_m']:.0f} 米，已核实 · verified")
        photo = self.li.add_photo(visit)
        next_on = (datetime.now(UTC) + timedelta(days=7)).date().isoformat()
        written = {"summary": "新品试饮反响好，老板同意上架", "next_step": "送样品", "next_on": next_on}
        kept = self.li.post(f"/visits/{visit}/summary", written)
        self.check({name: kept[name] for name in written} == written, "小结已保存 · the summary is kept")
        self.li.answer(visit)
        self.li.check_out(visit)

        self.transcript.say("第二家：手机报 GCJ-02 坐标 · At the second the phone reports GCJ-02")
        other = self.li.new_visit(plan=second)
        there = self.li.check_in(other, crs="gcj02")
        converted = f"服务器换算后距客户 {there['distance_m']:.0f} 米，已核实 · converted on the server: verified"
        self.check(there["verdict"] == "verified", converted)
        self.li.check_out(other)

        self.transcript.say("人在原地，客户在 3 公里外 · He stays where he is; the customer is 3 km away")
        (far,) = self.li.get("/customers", q=FAR_CUSTOMER)["items"]
        distant = self.li.new_visit(customer_id=far["id"])
        self.li.check_in(distant)
        stored = self.li.get(f"/visits/{distant}")
        outcome = stored["status"], stored["verdict"]
        self.check(outcome == ("open", "out_of_range"), "存下并判为超出范围 · stored and judged out of range")
        measured = next((row for row in stored["reasons"] if row["code"] == "out_of_range"), {"value": 0, "limit": 0})
        self.check(measured["value"] > 2_900 > measured["limit"], f"原因：{measured['value']:.0f} 米 · with the reason")
        self.li.answer(distant)
        self.li.check_out(distant)
        self.made |= {"visit": f"/visits/{visit}", "photo": photo, "distant visit": f"/visits/{distant}"}
        return visit, first["customer"]["id"]

    def expense(self, visit: str) -> None:
        self.transcript.step("3  费用申请与审批 · An expense, asked for and approved")
        categories = {row["code"]: row["id"] for row in self.li.get("/expense-categories")["items"]}
        asked = {
            "id": str(uuid4()),
            "category_id": categories["sample"],
            "visit_id": visit,
            "purpose": "新品试饮样品",
            "amount": {"amount": "286.00", "currency": "CNY"},
        }
        request, again = self.li.post("/expense-requests", asked), self.li.post("/expense-requests", asked)
        self.check((request.status, again.status) == (201, 200), "提交两次只有一份 · sent twice, there once")
        self.check(request["customer"] is not None, "拜访带出客户 · the visit brings its customer along")
        path = f"/expense-requests/{asked['id']}"
        self.check(self.li.post(f"{path}/submit")["status"] == "in_approval", "进入审批 · in approval")
        waiting = self.han.get("/approvals", box="todo")["items"]
        found = [item for item in waiting if item["document_id"] == asked["id"]]
        self.check(len(found) == 1, "在韩梅梅的待办里 · it is in Han Meimei's to-do box")
        approval = f"/approvals/{found[0]['id']}"
        screen = self.han.get(approval)
        self.check(screen["blocks"]["visit"]["id"] == visit, "审批页带拜访证据 · the screen shows the visit")
        self.check("approve" in screen["actions"], "可以同意 · and lets her approve")
        decided = [self.han.post(f"{approval}/approve", {"opinion": "同意"})["status"] for _ in range(2)]
        self.check(decided == ["approved", "approved"], "已同意，重复无影响 · approved; twice is once")
        self.check(self.li.get(path)["status"] == "approved", "李雷的申请已通过 · so is Li Lei's request")
        self.made |= {"expense request": path, "approval": approval}

    def order(self, visit: str, customer: str) -> None:
        self.transcript.step("4  订单与 ERP · An order and what the ERP says of it")
        basket = [
            {"product_id": self._scan(TEA)["product"]["id"], "quantity": "20"},
            {"product_id": self._scan(CAKE)["product"]["id"], "quantity": "6"},
        ]
        quoted = self.li.post("/orders/price", {"customer_id": customer, "lines": basket})
        entered = {"id": str(uuid4()), "customer_id": customer, "visit_id": visit, "lines": basket}
        order, again = self.li.post("/orders", entered), self.li.post("/orders", entered)
        self.check((order.status, again.status) == (201, 200), "录入两次只有一单 · entered twice, there once")
        agreed = [(code, str(dict(self.goods[code].level_prices)["A"])) for code in (TEA, CAKE)]
        self.check(_prices(order) == _prices(quoted) == agreed, "服务器给出 A 级价 · at the server's price for level A")
        path = f"/orders/{entered['id']}"
        submitted, repeated = self.li.post(f"{path}/submit"), self.li.post(f"{path}/submit")
        number, total = submitted["number"], submitted["total"]["amount"]
        self.check(bool(number) and repeated["number"] == number, f"单号 {number}，重复无影响 · twice is once")
        self.made |= {"order": path, "timeline": f"{path}/timeline"}

        since = datetime.fromisoformat(submitted["submitted_at"])
        life = life_of(number, total, since=since, now=datetime.now(UTC))
        self._tell_in_disorder(life)
        told = [event["id"] for event in life]
        until(lambda: _erp_events(self.li.peek(f"{path}/timeline")), lambda seen: seen == told)
        timeline = self.li.get(f"{path}/timeline")
        self.check(_erp_events(timeline) == told, "确认、发货、开票、收款依次排列 · confirmed, shipped, invoiced, paid")
        self.check(_same_moment(timeline["as_of"], life[-1]["as_of"]), "数据截至 ERP 最新消息 · as of the newest word")
        self.check(timeline["label"] == "paid", "订单已收款 · the order is paid")
        shipped = [(shipment["carrier"], shipment["tracking_number"]) for shipment in timeline["shipments"]]
        self.check(shipped == [("顺丰速运", "SF1029384756")], "一次发货，有运单号 · one shipment, with its number")
        amounts = {timeline["invoiced"]["amount"], timeline["paid"]["amount"]}
        self.check(amounts == {total}, "开票与收款不重复计算 · invoiced and paid in full, counted once")

    def stock(self) -> None:
        self.transcript.step("5  查库存：扫码、拼音首字母 · Stock by barcode and by pinyin initials")
        as_of = datetime.now(UTC).isoformat()
        figures = {"on_hand": "320", "reserved": "60", "as_of": as_of}
        self.erp.tell({"stock": [{"product_code": TEA, "warehouse_code": WAREHOUSE, **figures}]})
        lookup = f"/products/lookup?barcode={self.goods[TEA].barcode}"
        until(lambda: self.li.peek(lookup)["stock"], lambda rows: _same_moment(rows[0]["as_of"], as_of))
        scanned = self.li.get(lookup)
        (here,) = scanned["stock"]
        self.check(scanned["product"]["name"] == "乌龙茶", "扫码查到乌龙茶 · the scan finds oolong")
        found = [here[name] for name in ("on_hand", "reserved", "available")]
        self.check(found == ["320", "60", "260"], "现存、占用、可用 · on hand, reserved, available")
        self.check([goods["quantity"] for goods in here["incoming"]] == ["100"], "在途 · incoming")
        fresh = _same_moment(here["as_of"], as_of) and here["stale"] is False
        self.check(fresh, "截至刚才，未过期 · as of just now, not stale")
        typed = self.li.get("/stock", q="wlc")["items"]
        self.check([item["product"]["code"] for item in typed][:1] == [TEA], "输入 wlc 也查到 · wlc finds it too")
        theirs = [row["on_hand"] for row in self.sun.get(lookup)["stock"]]
        self.check(theirs == ["12"], "同一条码在甲公司是另一份库存 · in the other company the stock is another")

    def told(self) -> None:
        self.transcript.step("6  通知与推送 · Who was told")
        kinds = ("confirmed", "shipped", "invoiced", "paid")
        self._has_been_told(self.li, {"approval.approved": "approval", **{f"order.{kind}": "order" for kind in kinds}})
        hers = {"visit.checked_in": "distant visit", "visit.checked_out": "visit", "order.submitted": "order"}
        self._has_been_told(self.han, {**hers, "approval.requested": "approval"})
        number = self.li.peek(self.made["order"])["number"]
        self._has_been_pushed(cast.LI, number, ERP_CARDS)
        self._has_been_pushed(cast.HAN, self.li.peek(self.made["expense request"])["number"], ("待您审批",))

    def over_the_fence(self) -> None:
        self.transcript.step("孙丽（甲公司）和赵强（另一大区）看不到 · Sun Li and Zhao Qiang see none of it")
        ids = {_id_of(path) for path in self.made.values()}
        for phone in (self.sun, self.zhao):
            statuses = {what: phone.get(path).status for what, path in self.made.items()}
            self.check(set(statuses.values()) == {404}, f"{phone.name}: 404 {', '.join(statuses)}")
            for path in ("/visits", "/expense-requests", "/orders", "/approvals?box=done", "/notifications"):
                listed = phone.peek(f"{path}{'&' if '?' in path else '?'}limit=100")
                nothing = listed.status == 200 and not any(own in str(listed.body) for own in ids)
                self.check(nothing, f"{phone.name}: {path} 里没有 · not in the list")
        hers = {customer["id"] for customer in self.sun.get("/customers")["items"]}
        his = {customer["id"] for customer in self.li.get("/customers", limit="100")["items"]}
        self.check(bool(hers) and hers.isdisjoint(his), "孙丽只有自己的客户 · Sun Li has customers of her own")

    def _scan(self, code: str) -> Reply:
        return self.li.get("/products/lookup", barcode=self.goods[code].barcode)

    def _tell_in_disorder(self, life: list[dict[str, Any]]) -> None:
        self.transcript.say("ERP 倒序、重复、经两条通道 · The ERP speaks backwards, twice, through both channels")
        paid, name = life[-1], f"msg_{uuid4().hex}"
        forged = self.erp.tell({"events": [paid]}, secret=ANOTHER_SECRET)
        self.check(forged.status == 401, "伪造签名被拒 · a forged signature is refused")
        answers = [self.erp.tell({"events": [paid]}, message_id=name).status for _ in range(2)]
        self.check(answers == [202, 200], "重复消息只收一次 · the same message again is only acknowledged")
        with tempfile.TemporaryDirectory() as folder:
            for attempt in ("orders.csv", "orders-again.csv"):
                words = self.erp.hand_over(random.sample(life, len(life)), Path(folder) / attempt)
        self.check("applied 0, unchanged 4" in words, "再次导入无变化 · the second import changes nothing")
        for event in reversed(life):
            self.erp.tell({"events": [event]})

    def _has_been_told(self, phone: Phone, subjects: dict[str, str]) -> None:
        """In the inbox: one notification of each kind about the document made in this run."""
        wanted = sorted((kind, _id_of(self.made[what])) for kind, what in subjects.items())

        def found() -> list[tuple[str, str]]:
            items = phone.peek("/notifications?limit=100")["items"]
            return sorted(row for row in ((item["kind"], item["subject_id"]) for item in items) if row in wanted)

        until(found, lambda seen: len(seen) >= len(wanted))
        phone.get("/notifications", limit="3")
        self.check(found() == wanted, f"{phone.name}: {', '.join(subjects)} 各一条 · one each")

    def _has_been_pushed(self, member: cast.Member, about: str, words: tuple[str, ...]) -> None:
        """On the member's phone in the stand-in for WeCom: one card about this with each of the words."""

        def cards() -> list[str]:
            messages = self.wecom.peek(f"{self.wecom.url}/__sim/messages?user={member.wecom}")["messages"]
            texts = [str(message["content"]) for message in messages]
            return [text for text in texts if about in text and any(word in text for word in words)]

        arrived = until(cards, lambda seen: len(seen) >= len(words))
        for card in arrived:
            self.transcript.say(f"企业微信 → {member.name}: {card[:100]}…")
        once = len(arrived) == len(words) and all(any(word in card for card in arrived) for word in words)
        self.check(once, f"企业微信推送给 {member.name}，各一次 · pushed, once each")


def _id_of(path: str) -> str:
    return path.split("/")[2]


def _prices(reply: Reply) -> list[tuple[str, str]]:
    return [(line["product_code"], line["unit_price"]) for line in reply["lines"]]


def _erp_events(timeline: Reply) -> list[str]:
    return [event["id"] for event in timeline["events"] if event["source"] == "erp"]


def _same_moment(one: str | None, other: str) -> bool:
    return one is not None and datetime.fromisoformat(one) == datetime.fromisoformat(other)
