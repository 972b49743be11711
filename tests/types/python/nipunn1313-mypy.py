"""community/nipunn1313-mypy: other types for protocolbuffers/python."""

from acme.money.v1 import money_pb2
from acme.shop.v1 import item_pb2

price = money_pb2.Money(currency=money_pb2.CURRENCY_KRONE, units=12)
item = item_pb2.Item(name="tea", price=price)
read = item_pb2.Item.FromString(item.SerializeToString())
print(read.name, read.price.units)


def wrong() -> None:
    item_pb2.Item(name=7)  # type: ignore[arg-type]
    price.units = "12"  # type: ignore[assignment]
