"""grpc/python, with the types of community/nipunn1313-mypy-grpc: a server and a client."""

from concurrent.futures import ThreadPoolExecutor

import grpc
from acme.money.v1 import money_pb2
from acme.shop.v1 import item_pb2, shop_pb2_grpc


class Till(shop_pb2_grpc.TillServiceServicer):
    def Pay(self, request: money_pb2.Money, context: grpc.ServicerContext) -> money_pb2.Money:
        return request


server = grpc.server(ThreadPoolExecutor(max_workers=1))
shop_pb2_grpc.add_TillServiceServicer_to_server(Till(), server)
port = server.add_insecure_port("127.0.0.1:0")
server.start()
with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
    client = shop_pb2_grpc.TillServiceStub(channel)
    paid = client.Pay(money_pb2.Money(currency=money_pb2.CURRENCY_KRONE, units=12))
item = item_pb2.Item(name="tea", price=paid)
print(item.name, item.price.units)
server.stop(None)


def wrong() -> None:
    client.Pay(item)  # type: ignore[arg-type]
    paid.units = "12"  # type: ignore[assignment]
