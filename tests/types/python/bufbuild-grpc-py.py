"""bufbuild/grpc-py: a server and a client with the messages of bufbuild/py."""

from concurrent.futures import ThreadPoolExecutor

import grpc
from acme.money.v1.money_pb import Currency, Money
from acme.shop.v1.item_pb import Item
from acme.shop.v1.shop_pb_grpc import TillServiceClientSync, TillServiceServiceSync


class Till(TillServiceServiceSync):
    def pay(self, request: Money, context: grpc.ServicerContext) -> Money:
        return request


server = grpc.server(ThreadPoolExecutor(max_workers=1))
Till().add_to_server(server)
port = server.add_insecure_port("127.0.0.1:0")
server.start()
with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
    client = TillServiceClientSync(channel)
    paid = client.pay(Money(currency=Currency.KRONE, units=12))
item = Item(name="tea", price=paid)
print(item.name, paid.units)
server.stop(None)


def wrong() -> None:
    client.pay(item)  # type: ignore[arg-type]
    paid.units = "12"  # type: ignore[assignment]
