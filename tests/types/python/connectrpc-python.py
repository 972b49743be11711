"""connectrpc/python: a server and a client with the messages of protocolbuffers/python."""

from threading import Thread
from wsgiref.simple_server import make_server

from acme.money.v1.money_pb2 import CURRENCY_KRONE, Money
from acme.shop.v1.item_pb2 import Item
from acme.shop.v1.shop_connect import TillServiceClientSync, TillServiceSync, TillServiceWSGIApplication
from connectrpc.request import RequestContext


class Till(TillServiceSync):
    def pay(self, request: Money, ctx: RequestContext[Money, Money]) -> Money:
        return request


server = make_server("127.0.0.1", 0, TillServiceWSGIApplication(Till()))
Thread(target=server.serve_forever, daemon=True).start()
with TillServiceClientSync(f"http://127.0.0.1:{server.server_port}") as client:
    paid = client.pay(Money(currency=CURRENCY_KRONE, units=12))
item = Item(name="tea", price=paid)
print(item.name, paid.units)


def wrong() -> None:
    client.pay(item)  # type: ignore[arg-type]
    paid.units = "12"  # type: ignore[assignment]
